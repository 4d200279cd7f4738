import Foundation
import Storage

/// Puts `source` where `folder` is or shall be. What was there before is removed at the end, so that
/// it is there in whole until its successor is.
func replaceFolder(at folder: String, by source: String) throws {
  let old = folder + ".old"
  try removeTree(old)
  if fileExists(folder) { try renameItem(folder, to: old) }
  try renameItem(source, to: folder)
  try syncFolder(of: folder)
  try removeTree(old)
}

func removeFile(_ path: String) throws {
  guard unlink(path) == 0 || errno == ENOENT else {
    throw StorageError.system(action: "remove", path: path, code: errno)
  }
}

func isEmptyFolder(_ path: String) -> Bool {
  isFolder(path) && (try? FileManager.default.contentsOfDirectory(atPath: path))?.isEmpty == true
}

private func renameItem(_ path: String, to target: String) throws {
  guard rename(path, target) == 0 else {
    throw StorageError.system(action: "rename", path: path, code: errno)
  }
}

private func removeTree(_ path: String) throws {
  guard fileExists(path) else { return }
  try FileManager.default.removeItem(atPath: path)
}
