/// The lists of a run of `tune`: clips to train on, clips held out, and clips of old words.
struct TuneLists {
  /// The list to train on, with the labels that the tuned model knows.
  let videos: VideoList
  let trained: [VideoList.Row]
  let heldOut: [VideoList.Row]
  /// The list that the held-out clips are of.
  let heldOutList: VideoList
  let oldWords: VideoList?
  /// Labels that were known before, the first ones.
  let known: Int
  /// Faults of the lists that do not end the run, in sentences.
  let faults: [String]

  init(_ command: Tune, _ source: ListSource, for model: Model) throws {
    let given = try command.listed.labels.map { try ClassList($0) }
    let classes = try command.knowing.classes(given, of: model)
    let reading = command.listed.reading
    videos = try reading.videos(source, classes: classes, extends: true, multiLabel: command.multiLabel)
    known = classes?.count ?? 0
    switch command.heldOut {
    case .share(let share):
      let divided = DividedClips(videos, share: share)
      (trained, heldOut, heldOutList) = (divided.trained, divided.heldOut, videos)
    case .list(let path):
      let classes = videos.classes
      heldOutList = try TuneLists.naming("--held-out") {
        try reading.others(ListSource(path), classes: classes, multiLabel: command.multiLabel)
      }
      (trained, heldOut) = (videos.rows, heldOutList.rows)
    case .split(let split):
      heldOutList = try reading.others(
        source, classes: videos.classes, multiLabel: command.multiLabel, split: split)
      (trained, heldOut) = (videos.rows, heldOutList.rows)
    }
    oldWords = try TuneLists.oldWords(command, model)
    var measured: [ListFaults.Measured] = []
    // Where a share is held out, only copies of a file can be on both sides.
    measured.append(
      .init(
        name: command.heldOutFile?.shown ?? "the held-out clips", rows: heldOut, root: heldOutList.root))
    if let oldWords, let path = command.oldWords {
      measured.append(.init(name: path.shown, rows: oldWords.rows, root: oldWords.root))
    }
    faults =
      ListFaults(
        trained: trained, use: "to train on", of: videos, expected: known..<videos.classes.count,
        measured: measured
      ).sentences
  }

  /// The list of old words, with its own labels to choose among.
  private static func oldWords(_ command: Tune, _ model: Model) throws -> VideoList? {
    guard let path = command.oldWords else { return nil }
    return try naming("--old-words") {
      let source = try ListSource(path)
      let classes: ClassList?
      if let labels = command.oldLabels {
        classes = try ClassList(labels)
      } else if source.namesClasses {
        classes = nil
      } else {
        guard !model.labels.isEmpty else {
          throw CommandError(
            "\(path.shown): the model names no labels of its own: give --old-labels FILE with those of this list"
          )
        }
        classes = try ClassList(
          ofModel: model.labels, source: "the model's own labels (--old-labels FILE has others)")
      }
      return try command.listed.reading.others(source, classes: classes, multiLabel: command.multiLabel)
    }
  }

  /// Runs `body`, whose errors begin with a list's path, and puts the option that named the list before them.
  private static func naming<Result>(_ option: String, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as CommandError {
      throw CommandError("\(option) \(error.message)")
    }
  }

  /// Labels that clips to train on show.
  var shownLabels: Set<Int> { Set(trained.flatMap(\.classes)) }

  /// Whether clips to train on show every label that the tuned model knows.
  var showAllLabels: Bool { shownLabels.count == videos.classes.count }

  /// A label that the model did not know, and the known one that may have been meant by it.
  struct NewLabel {
    let name: String
    let clips: Int
    let near: String?
  }

  /// Labels of some clips that are not among those known before; none where the list's are alone.
  func newLabels(of clips: [VideoList.Row]) -> [NewLabel] {
    guard known > 0 else { return [] }
    let labels = videos.classes.labels
    let before = Array(labels.prefix(known))
    var counts = [Int](repeating: 0, count: labels.count)
    for label in clips.flatMap(\.classes) { counts[label] += 1 }
    return (known..<labels.count).filter { counts[$0] > 0 }.map {
      NewLabel(
        name: labels[$0], clips: counts[$0], near: Spelling.label(near: labels[$0], among: before))
    }
  }

  /// "96 clips of 80 videos".
  static func counted(_ rows: [VideoList.Row]) -> String {
    let videos = Set(rows.map(\.path.plain.bytes)).count
    return numbered(rows.count, "clip") + (videos == rows.count ? "" : " of \(numbered(videos, "video"))")
  }
}
