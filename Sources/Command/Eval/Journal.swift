import FoundationEssentials
import Glibc

/// The results of an evaluation as JSON lines: a header with the settings, then a line for each video as soon as it
/// is done. An interrupted evaluation resumes from the file.
final class Journal {
  /// The settings of the evaluation, all as text. A file with other settings is not resumed.
  struct Header {
    let members: [(key: String, value: String)]

    var json: JSONValue {
      .object(members.map { JSONValue.Member(key: $0.key, value: .string($0.value)) })
    }
  }

  private struct Line: Decodable {
    let line: Int?
    let item: Int?
    let scores: [Float]?
    let damagedFrames: Int64?
    let error: String?
  }

  private let path: FilePath
  private let descriptor: Int32
  /// Results that the file already held, by the video's number in the list.
  private(set) var known: [Int: VideoOutcome<[Float]>] = [:]

  /// The number of videos with scores. One that failed is tried again.
  var finished: Int {
    known.values.count { if case .read = $0 { true } else { false } }
  }

  /// - Parameter resume: continue the file if it exists; otherwise the file must not exist.
  init(_ path: FilePath, header: Header, classes: Int, resume: Bool) throws(CommandError) {
    self.path = path
    let exclusive = resume ? 0 : O_EXCL
    descriptor = open(path.cString, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | exclusive, 0o666)
    guard descriptor >= 0 else {
      let code = errno
      throw code == EEXIST ? Journal.exists(path) : CommandError.system(path.shown, code: code)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw CommandError("\(path.shown) is in use by another process")
    }
    let bytes = resume ? try Files.read(descriptor, name: path.shown) : []
    // An incomplete last line was interrupted while it was written, and is dropped.
    let whole = (bytes.lastIndex(of: 0x0A) ?? -1) + 1
    let lines = bytes[..<whole].split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
    if let first = lines.first {
      try check(first, header)
      for (index, line) in lines.enumerated().dropFirst() {
        try take(line, number: index + 1, classes: classes)
      }
      if whole < bytes.count, ftruncate(descriptor, off_t(whole)) != 0 {
        throw CommandError.system(path.shown)
      }
    } else {
      // An incomplete header may be replaced, but not somebody else's only line.
      guard header.json.text.utf8.starts(with: bytes) else { throw stranger }
      guard ftruncate(descriptor, 0) == 0 else { throw CommandError.system(path.shown) }
      try write(header.json)
    }
  }

  deinit { close(descriptor) }

  /// Checks early what `init` would refuse only after minutes of encoding prompts.
  static func require(_ path: FilePath, resume: Bool) throws(CommandError) {
    if !resume, access(path.cString, F_OK) == 0 { throw exists(path) }
    try Files.requireWritable(path)
  }

  private static func exists(_ path: FilePath) -> CommandError {
    CommandError("\(path.shown) is there already; --resume goes on with it")
  }

  private var stranger: CommandError {
    CommandError("\(path.shown) does not begin like a file of predictions; name another file")
  }

  private func check(_ line: ArraySlice<UInt8>, _ header: Header) throws(CommandError) {
    guard let found = try? JSONDecoder().decode([String: String].self, from: Data(line)) else {
      throw stranger
    }
    guard let (key, _) = header.members.first(where: { found[$0.key] != $0.value }) else { return }
    guard found["format"] == header.members.first?.value else { throw stranger }
    throw CommandError(
      "\(path.shown) was begun with another \(key) "
        + "(\(found[key] ?? "none"), now \(header.members.first { $0.key == key }?.value ?? "none")); "
        + "go on with the same, or name another file")
  }

  private func take(_ line: ArraySlice<UInt8>, number: Int, classes: Int) throws(CommandError) {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    guard let entry = try? decoder.decode(Line.self, from: Data(line)), let video = entry.line ?? entry.item
    else {
      throw CommandError("\(path.shown): line \(number) is damaged; take it out to have that video again")
    }
    guard let scores = entry.scores else {
      known[video] = .failed(entry.error ?? "")
      return
    }
    guard scores.count == classes, scores.allSatisfy(\.isFinite) else {
      throw CommandError("\(path.shown): line \(number) has no score for each class; take it out")
    }
    known[video] = .read(scores, damaged: entry.damagedFrames ?? 0)
  }

  func append(_ row: VideoList.Row, _ outcome: VideoOutcome<[Float]>, of videos: VideoList)
    throws(CommandError)
  {
    func ids(_ places: some Sequence<Int>) -> JSONValue {
      .array(places.map { .int(Int64(videos.classes.ids[$0])) })
    }
    let start = row.members(videos.numbering) + [.init(key: "labels", value: ids(row.classes))]
    switch outcome {
    case .read(let scores, let damaged):
      let best = Scored(classes: row.classes, scores: scores).best(5)
      try write(
        .object(
          start + [
            .init(key: "predicted", value: ids(best)), .init(key: "damaged_frames", value: .int(damaged)),
            .init(key: "scores", value: .array(scores.map { .float($0) })),
          ]))
    case .failed(let error):
      // The file has this error already.
      if case .failed(error)? = known[row.number] { return }
      try write(.object(start + [.init(key: "error", value: .string(error))]))
    }
  }

  /// Writes a line in one system call: readers see it whole or not at all, even if the process is killed.
  private func write(_ value: JSONValue) throws(CommandError) {
    try Files.write(Array((value.text + "\n").utf8)[...], to: descriptor, name: path.shown)
  }
}
