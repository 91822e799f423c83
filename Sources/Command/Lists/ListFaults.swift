import Glibc

/// Sentences on lists that would spoil what is learned or measured: files that are there twice, videos that are trained
/// on and measured too, labels without a clip.
struct ListFaults {
  private(set) var sentences: [String] = []

  /// Clips that measure, with the name that they have in messages.
  struct Measured {
    let name: String
    let rows: [VideoList.Row]
    let root: FilePath
  }

  /// - Parameters:
  ///   - use: the use of the clips in messages, such as "to train on"; may be empty.
  ///   - expected: the labels that should have clips among `trained`.
  init(
    trained: [VideoList.Row], use: String, of list: VideoList, expected: Range<Int>, measured: [Measured]
  ) {
    var files = DistinctFiles()
    var copies: [(copy: FilePath, first: FilePath)] = []
    for path in ListFaults.files(of: trained, in: list.root) {
      if let first = files.add(path) { copies.append((path, first)) }
    }
    if let (copy, first) = copies.first {
      sentences.append(
        "\(copy.shown) has the same bytes as \(first.shown)\(ListFaults.more(copies.count)): it counts twice")
    }
    for other in measured {
      var (shared, apart) = ([FilePath](), [FilePath]())
      for path in ListFaults.files(of: other.rows, in: other.root) {
        guard let same = files.first(like: path) else { continue }
        // With copies, parts of one film are under several names.
        let isApart =
          copies.isEmpty
          && ListFaults.areApart(
            ListFaults.spans(of: same, trained, in: list.root),
            ListFaults.spans(of: path, other.rows, in: other.root))
        if isApart { apart.append(path) } else { shared.append(path) }
      }
      if let first = apart.first {
        sentences.append(
          "parts of \(first.shown)\(ListFaults.more(apart.count)) are trained on and other parts are in "
            + "\(other.name), so the result on these may look better than it is")
      }
      guard let first = shared.first else { continue }
      sentences.append(
        "\(first.shown)\(ListFaults.more(shared.count)) is trained on and is in \(other.name) too, which then "
          + "promises too much: take it out of one of them")
    }
    let shown = Set(trained.flatMap(\.classes))
    let empty = expected.filter { !shown.contains($0) }
    if let first = empty.first {
      let clip = use.isEmpty ? "clip" : "clip \(use)"
      sentences.append("no \(clip) shows '\(list.classes.labels[first])'\(ListFaults.more(empty.count))")
    }
  }

  /// The parts of a file that rows have; nil for all of it.
  private static func spans(
    of path: FilePath, _ rows: [VideoList.Row], in root: FilePath
  ) -> [TimeSpan?] {
    rows.filter { $0.path.inside(root).plain.bytes == path.plain.bytes }.map(\.span)
  }

  /// Whether no part overlaps one of the others.
  private static func areApart(_ parts: [TimeSpan?], _ others: [TimeSpan?]) -> Bool {
    parts.allSatisfy { part in
      others.allSatisfy { other in
        guard let part, let other else { return false }
        return part.end <= other.start || other.end <= part.start
      }
    }
  }

  /// The files of some rows, each name once.
  private static func files(of rows: [VideoList.Row], in root: FilePath) -> [FilePath] {
    var known = Set<[UInt8]>()
    return rows.map { $0.path.inside(root) }.filter { known.insert($0.plain.bytes).inserted }
  }

  private static func more(_ count: Int) -> String { count > 1 ? " (and \(count - 1) more)" : "" }
}

/// Files told apart by their bytes, and folders of frames by their number and by three of them. Only those of one size
/// are read.
private struct DistinctFiles {
  private var bySize: [Int: [FilePath]] = [:]
  private var fingerprints: [[UInt8]: String] = [:]

  /// Adds a file. If it is a copy of one that was added, returns that one instead.
  mutating func add(_ path: FilePath) -> FilePath? {
    if let first = first(like: path) { return first }
    if let size = DistinctFiles.size(of: path) { bySize[size, default: []].append(path) }
    return nil
  }

  /// The file with the same bytes that was added; nil if there is none, or if `path` is no file that can be read.
  mutating func first(like path: FilePath) -> FilePath? {
    guard let size = DistinctFiles.size(of: path), let others = bySize[size] else { return nil }
    let own = Files.resolved(path).bytes
    for other in others {
      if Files.resolved(other).bytes == own { return other }
      if let wanted = fingerprint(of: path), fingerprint(of: other) == wanted { return other }
    }
    return nil
  }

  private mutating func fingerprint(of path: FilePath) -> String? {
    if let known = fingerprints[path.bytes] { return known }
    let found =
      try? path.isFolder ? DistinctFiles.fingerprint(ofFolder: path) : Fingerprint.of(file: path)
    fingerprints[path.bytes] = found
    return found
  }

  /// A hash of the first, the middle and the last file of a folder.
  private static func fingerprint(ofFolder path: FilePath) throws(CommandError) -> String {
    let entries = try FolderList.entries(of: path)
    var texts: [String] = []
    for place in [0, entries.count / 2, entries.count - 1] where entries.indices.contains(place) {
      texts.append(try Fingerprint.of(file: entries[place].path))
    }
    return Fingerprint.of(texts)
  }

  /// The size of a regular file; of a folder the number of its entries, below 0.
  private static func size(of path: FilePath) -> Int? {
    if path.isFolder { return (try? FolderList.entries(of: path)).map { -$0.count } }
    var status = stat()
    guard stat(path.cString, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }
}
