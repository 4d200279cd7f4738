import Mixtures

/// What can be wrong with a study or a transfer check, besides the disk.
package enum StudyError: Error, Equatable, CustomStringConvertible {
  /// The folder is there, but holds no such file.
  case notAStudy(folder: String, file: String)
  /// The folder's study began with another configuration.
  case differs(path: String, field: String, found: String, expected: String)
  /// The folder's study was trained in another way than this program trains now.
  case otherTrainer(path: String, field: String, found: String, now: String)
  /// Written by another version of this program.
  case unsupportedVersion(path: String, found: Int, expected: Int)
  case invalid(field: String, found: String, expected: String)
  /// Its constraints leave no mixture, or name a domain that is not there.
  case infeasible(ConstraintError)

  package var description: String {
    switch self {
    case .notAStudy(let folder, let file):
      "\(folder): found no \(file), expected the folder of a study; check the path"
    case .differs(let path, let field, let found, let expected):
      "\(path): found \(field) \(found), but now it is \(expected); "
        + "choose another folder, drop the option that changes it, or use the mixpipe that began it"
    case .otherTrainer(let path, let field, let found, let now):
      "\(path): its runs were trained with \(field) \(found), but this mixpipe trains with \(now); "
        + "use the mixpipe that made them, or make the study anew in another folder"
    case .unsupportedVersion(let path, let found, let expected):
      "\(path): found layout version \(found), expected \(expected); "
        + "use the version of mixpipe that wrote it, or another folder"
    case .invalid(let field, let found, let expected):
      "\(field): found \(found), expected \(expected)"
    case .infeasible(let error):
      error.description
    }
  }
}
