import Storage

extension ExtractionRule {
  /// Takes each document out of the files of a package, not cleaned yet.
  ///
  /// - Parameter emit: gets the key that decides the document's side of the held-out split, and the
  ///   text.
  func extract(
    _ files: [PackageFile], _ emit: (_ key: String, _ text: [UInt8]) throws -> Void
  ) throws {
    switch self {
    case .sword: try extractSword(files, emit)
    default:
      for file in files {
        do {
          try extract(file, emit)
        } catch let error as InflateError {
          throw TextSourceError.damaged(path: file.name, reason: error.description)
        } catch let error as CSVReader.Problem {
          throw TextSourceError.malformedLine(
            path: file.name, line: error.line, reason: error.reason)
        } catch let error as JSONScanner.Problem {
          throw TextSourceError.damaged(
            path: file.name, reason: "\(error.reason) at byte \(error.offset)")
        }
      }
    }
  }

  private func extract(_ file: PackageFile, _ emit: (String, [UInt8]) throws -> Void) throws {
    // A file that is one document is its own key; where one packs many, each has its own.
    var count = 0
    func emitOneOfMany(_ text: [UInt8]) throws {
      count += 1
      try emit("\(file.name)#\(count)", text)
    }
    switch self {
    case .markdown: try emit(file.name, markdownText(try file.contents()))
    case .html: try emit(file.name, HTMLText.text(of: try file.contents()))
    case .roff: try emit(file.name, RoffText.text(of: try file.contents()))
    case .code:
      if let text = SourceCode.text(of: try file.contents()) { try emit(file.name, text) }
    case .rData:
      for lines in try RData.characterVectors(try file.contents()) {
        for chapter in chapters(ofNovel: lines) { try emitOneOfMany(chapter) }
      }
    case .dict:
      for piece in piecesAtBlankLines(dictionaryText(try file.contents()), size: 4000) {
        try emitOneOfMany(piece)
      }
    case .metamath:
      for piece in piecesAtBlankLines(metamathText(try file.contents()), size: 6000) {
        try emitOneOfMany(piece)
      }
    case .medline: try extractMedline(try file.read(), emitOneOfMany)
    case .chitchat: try extractChitchat(try file.contents(), emitOneOfMany)
    case .newsTable: try extractNews(try file.contents(), emitOneOfMany)
    case .reviewTable: try extractReviews(try file.contents(), emitOneOfMany)
    case .sword: preconditionFailure("expected a rule for single files, found \(self)")
    }
  }
}
