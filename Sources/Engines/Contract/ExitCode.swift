/// What a trainer says by the code that it ends with. All others mean that the attempt was lost, and is made again.
package enum TrainerExit {
  /// The result is in `result.json`.
  package static let finished: Int32 = 0
  /// It saved itself and stopped: another attempt is to go on from its checkpoint.
  package static let resumable: Int32 = 85
  /// The run diverged, and would again; no `result.json` is needed.
  package static let diverged: Int32 = 86
  /// What another attempt would not mend: usage, configuration (sysexits.h), a command that is not there.
  package static let hopeless: [Int32] = [64, 78, 126, 127]
}
