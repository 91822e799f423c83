import Glibc

/// The states of a model's files, by which a change of one is noticed: of a file, or of all files in a folder.
struct SourceState {
  private var files: [String: FileState] = [:]

  init(_ path: FilePath) {
    if let state = try? FileState(path) { files[path.name] = state }
    guard let folder = opendir(path.cString) else { return }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      let file = FilePath(bytes: path.bytes + [UInt8(ascii: "/")] + name)
      if let state = try? FileState(file) { files[file.name] = state }
    }
  }

  /// Whether every file that is there later too has this state then. Files that come and go are others'.
  func isKept(in later: SourceState) -> Bool {
    files.allSatisfy { name, state in later.files[name].map { $0 == state } ?? true }
  }
}
