import FoundationEssentials

/// Reads lists of JSON lines: an object on each line with a video's path, its label or labels, and, for a part of a
/// video, start and end in seconds.
enum JSONLinesList {
  static func read(_ source: ListSource, into rows: inout VideoRows) throws(CommandError) {
    try source.forEachLine { (line, number) throws(CommandError) in
      let text = ListFields.trim(line)
      if !text.isEmpty { try rows.add(video(text, number: number, multiLabel: rows.takesSeveralLabels)) }
    }
  }

  private static func video(
    _ line: ArraySlice<UInt8>, number: Int, multiLabel: Bool
  ) throws(CommandError) -> ListedVideo {
    guard String(validating: line, as: UTF8.self) != nil else {
      throw CommandError("it is not UTF-8; save the file as UTF-8")
    }
    let entry: Entry
    do { entry = try JSONDecoder().decode(Entry.self, from: Data(line)) } catch {
      throw error as? CommandError
        ?? CommandError(
          "it is not a JSON object; expected one like {\"path\": \"a.mp4\", \"label\": \"waving\"}")
    }
    guard multiLabel || entry.labels.count == 1 else {
      throw CommandError(
        entry.labels.isEmpty
          ? "there is no label" : "it has \(entry.labels.count) labels; several labels need --multi-label")
    }
    return ListedVideo(
      number: number, path: FilePath(bytes: Array(entry.path.utf8)), span: entry.span, frames: entry.frames,
      labels: entry.labels)
  }
}

/// A line's object. Members with other names are passed over.
private struct Entry: Decodable {
  let path: String
  let labels: [String]
  let span: TimeSpan?
  let frames: ListedFrames?

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    let members = try decoder.container(keyedBy: Key.self)
    func member<Value: Decodable>(_ names: [String], _ expected: String, _ type: Value.Type) throws -> Value?
    {
      for name in names.map(Key.init(stringValue:)) where members.contains(name) {
        do { if let value = try members.decodeIfPresent(type, forKey: name) { return value } } catch {
          throw CommandError("\(name.stringValue) is not \(expected)")
        }
      }
      return nil
    }
    guard let path = try member(ListHeader.pathNames, "a text", String.self), !path.isEmpty else {
      throw CommandError("there is no path; expected {\"path\": \"a.mp4\", \"label\": \"waving\"}")
    }
    if path.utf8.contains(0) { throw CommandError("there is a NUL in the path") }
    self.path = path
    labels = try member(ListHeader.labelNames, "a label, nor a list of labels", Labels.self)?.texts ?? []
    frames = try .stated(
      member(ListHeader.frameNames, "a whole number", Int.self),
      from: member(ListHeader.offsetNames, "a whole number", Int.self))
    let ends = try member(["segment"], "[start, end] in seconds", [Double].self)
    if let ends {
      guard ends.count == 2 else { throw CommandError("segment is not [start, end] in seconds") }
      span = try .between(ends[0], ends[1])
    } else {
      span = try .between(
        member(ListHeader.startNames, "a number of seconds", Double.self),
        member(ListHeader.endNames, "a number of seconds", Double.self))
    }
  }
}

/// A label, a number that is a label's id, or a list of them.
private struct Labels: Decodable {
  let texts: [String]

  private struct Label: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let id = try? value.decode(Int.self) {
        text = String(id)
      } else {
        text = try value.decode(String.self)
      }
    }
  }

  init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if let label = try? value.decode(Label.self) {
      texts = [label.text]
    } else {
      texts = try value.decode([Label].self).map(\.text)
    }
  }
}
