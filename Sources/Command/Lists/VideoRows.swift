/// Collects the videos of a list: finds their labels among the classes, and refuses a video that is there twice.
struct VideoRows {
  private let multiLabel: Bool
  /// The classes to find labels in; nil until they are known.
  private(set) var classes: ClassList?
  /// Classes that the list's own are added to.
  private let base: ClassList?
  private(set) var rows: [VideoList.Row] = []
  /// Videos that wait for the classes.
  private var waiting: [ListedVideo] = []
  private var numbers: [Key: Int] = [:]
  private let split: Split?
  /// The parts of the data set that the list has videos of.
  private var parts: Set<Split.Part> = []
  /// Labels of all parts, which are the classes if the list names them by its videos alone.
  private var labels: Set<String> = []

  /// The number that videos of the list are known by in messages and results.
  var numbering = VideoList.Numbering.line
  /// Whether a part of a video may be there again with another label, as among annotations of time.
  var allowsRepeats = false
  /// Turns a label of the list, such as the name of a folder, into words; it is looked for in both forms.
  var words: (String) -> String = { $0 }

  private struct Key: Hashable {
    let path: [UInt8]
    let span: TimeSpan?
    let frames: ListedFrames?
  }

  /// - Parameters:
  ///   - classes: nil: the list names them itself.
  ///   - extends: whether labels of the list that `classes` lack are added to them.
  init(classes: ClassList?, extends: Bool, multiLabel: Bool, split: Split?) {
    self.classes = extends ? nil : classes
    base = extends ? classes : nil
    self.multiLabel = multiLabel
    self.split = split
  }

  /// Whether every video is one item with any number of labels, instead of one item for each of its labels.
  var takesSeveralLabels: Bool { multiLabel }

  /// States the classes that the list has, unless others are asked for.
  mutating func declare(_ entries: [LabelList.Entry], source: String) throws(CommandError) {
    if classes != nil { return }
    classes = try joined(entries.map { .init(label: words($0.label), id: $0.id) }, source: source)
  }

  /// The list's own classes, added to others where that was asked for.
  private func joined(_ entries: [LabelList.Entry], source: String) throws(CommandError) -> ClassList {
    guard let base else { return try ClassList(entries, source: source) }
    return try base.adding(entries.map(\.label))
  }

  /// Whether videos of this part of the data set are wanted. It is asked for every video of a list that has parts.
  mutating func takes(_ part: Split.Part?, label: String) -> Bool {
    if let part { parts.insert(part) }
    labels.insert(label)
    return split == nil || split?.part == part
  }

  mutating func add(_ video: ListedVideo) throws(CommandError) {
    guard let classes else {
      labels.formUnion(video.labels)
      return waiting.append(video)
    }
    var found: [Int] = []
    for label in video.labels {
      let written = words(label)
      let place = try classes.find(written != label && classes.has(written) ? written : label)
      if found.contains(place) { throw CommandError("the label \(label) is there twice") }
      found.append(place)
    }
    let before = numbers.updateValue(
      video.number, forKey: Key(path: video.path.bytes, span: video.span, frames: video.frames))
    if let before, !allowsRepeats {
      let place = numbering == .line ? "on line \(before) already" : "there already, as item \(before)"
      throw CommandError(
        "\(video.path.shown) is \(place)"
          + (video.span == nil ? "" : " with the same start and end")
          + (multiLabel ? "; all labels of a video go on one line" : ""))
    }
    rows.append(
      VideoList.Row(
        number: video.number, path: video.path, span: video.span, frames: video.frames,
        classes: found.sorted()))
  }

  /// Adds the videos that wait. The list's labels are the classes, in alphabetical order.
  mutating func finish(source: String) throws(CommandError) -> ClassList {
    try checkSplit(source)
    if let classes { return classes }
    let labels = Set(labels.map(words)).filter { base?.knows($0) != true }.sorted()
    let numbers = labels.filter { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    if let number = numbers.first, base != nil {
      throw CommandError(
        "\(source): there is no label with the id \(number): give --labels FILE with its name")
    }
    if !labels.isEmpty, numbers.count == labels.count {
      throw CommandError(
        "\(source): its labels are numbers, and no file of labels was given: --labels FILE gives their names")
    }
    let found = try joined(labels.enumerated().map { .init(label: $1, id: $0) }, source: source)
    classes = found
    for video in waiting { try add(video) }
    waiting = []
    return found
  }

  private func checkSplit(_ source: String) throws(CommandError) {
    let found = Split.Part.allCases.filter(parts.contains).map(\.rawValue)
    guard let split else {
      guard found.count < 2 else {
        throw CommandError(
          "\(source): it has \(found.joined(separator: ", ")) videos: say which with "
            + found.map { "--split \($0)" }.joined(separator: " or "))
      }
      return
    }
    guard !found.isEmpty else {
      throw CommandError("\(source): it is not divided into splits: leave --split \(split) out")
    }
    guard !rows.isEmpty || !waiting.isEmpty else {
      throw CommandError("\(source): there is no video of the split \(split) in it")
    }
  }
}
