import FoundationEssentials

/// Reads data sets' annotation files that are one JSON value: ActivityNet's and Something-Something's.
enum JSONLists {
  static func read(_ source: ListSource, root: FilePath, into rows: inout VideoRows) throws(CommandError)
    -> String?
  {
    let data = Data(source.bytes ?? [])
    rows.numbering = .item
    do throws(CommandError) {
      if let list = try? JSONDecoder().decode(ActivityNet.self, from: data) {
        return try list.read(root: root, into: &rows)
      }
      if let list = try? JSONDecoder().decode([SomethingSomething].self, from: data) {
        try SomethingSomething.read(list, root: root, into: &rows)
        return nil
      }
      throw CommandError(
        "expected ActivityNet's {\"database\": …} or Something-Something's [{\"id\": …, \"template\": …}, …]; "
          + "lists of one's own are JSON lines, in a file called .jsonl")
    } catch { throw CommandError("\(source.path.shown): \(error.message)") }
  }
}

/// ActivityNet's annotations: for each video its subset and its actions with their times, in seconds. With several
/// labels a video is an item with all of its actions; otherwise each action is an item, the part of the video between
/// its times.
private struct ActivityNet: Decodable {
  struct Video: Decodable {
    let subset: String
    let annotations: [Annotation]
  }
  struct Annotation: Decodable {
    let label: String
    let segment: [Double]
  }

  let database: [String: Video]

  func read(root: FilePath, into rows: inout VideoRows) throws(CommandError) -> String? {
    rows.allowsRepeats = true
    var finder = VideoFinder(root: root)
    var (count, empty) = (0, 0)
    for (id, video) in database.sorted(by: { $0.key < $1.key }) {
      let part = Split.Part(name: video.subset)
      // Test videos have no published labels.
      let taken = video.annotations.filter { rows.takes(part, label: $0.label) }
      if taken.isEmpty { continue }
      let path =
        finder.find(["v_" + id, id], in: ["", video.subset])?.path ?? finder.missing("v_" + id)
      if rows.takesSeveralLabels {
        count += 1
        try rows.add(
          ListedVideo(number: count, path: path, span: nil, labels: Set(taken.map(\.label)).sorted()))
        continue
      }
      for action in taken {
        guard action.segment.count == 2, action.segment[1] > action.segment[0] else {
          empty += 1
          continue
        }
        count += 1
        let span = try TimeSpan.between(max(0, action.segment[0]), action.segment[1])
        try rows.add(ListedVideo(number: count, path: path, span: span, labels: [action.label]))
      }
    }
    return empty == 0
      ? nil : "\(empty) action\(empty == 1 ? "" : "s") left out, with no time between start and end"
  }
}

/// A video of Something-Something's annotations. Its class is the template without brackets: "Holding something".
private struct SomethingSomething: Decodable {
  let id: String
  let template: String

  static func read(_ list: [SomethingSomething], root: FilePath, into rows: inout VideoRows)
    throws(CommandError)
  {
    var finder = VideoFinder(root: root)
    for (index, video) in list.enumerated() {
      let path = finder.find([video.id], in: ["", "20bn-something-something-v2"])?.path
      let label = video.template.filter { $0 != "[" && $0 != "]" }
      try rows.add(
        ListedVideo(
          number: index + 1, path: path ?? FilePath(bytes: Array("\(video.id).webm".utf8)), span: nil,
          labels: [label]))
    }
  }
}
