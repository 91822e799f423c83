/// The classes that a list's labels are found in: those of a label file, each with its id, the model's own, or the
/// list's.
struct ClassList {
  let labels: [String]
  let ids: [Int]
  /// The name of the labels' source in messages.
  private let source: String
  private let byID: [Int: Int]
  private let byLabel: [String: Int]

  init(_ path: FilePath) throws(CommandError) {
    try self.init(LabelList.entries(path), source: path.shown)
  }

  /// Takes the labels that the model's file names, with ids from 0.
  init(of model: Model?) throws(CommandError) { try self.init(ofModel: model?.labels ?? []) }

  /// Takes a model's own labels, with ids from 0.
  /// - Parameter source: words for them in errors.
  init(ofModel labels: [String], source: String = "the model's own labels") throws(CommandError) {
    guard !labels.isEmpty else {
      throw CommandError("the model names no labels of its own: give --labels FILE")
    }
    try self.init(
      labels.enumerated().map { LabelList.Entry(label: $1, id: $0) }, source: source)
  }

  /// Takes the labels of a classifier, with ids from 0.
  init(of classifier: Classifier) throws {
    try self.init(
      classifier.labels.enumerated().map { LabelList.Entry(label: $1, id: $0) }, source: "the classifier")
  }

  /// - Parameter source: the name of the labels' source in messages.
  init(_ entries: [LabelList.Entry], source: String) throws(CommandError) {
    var byID: [Int: Int] = [:]
    var byLabel: [String: Int] = [:]
    for (index, entry) in entries.enumerated() {
      if byID.updateValue(index, forKey: entry.id) != nil {
        throw CommandError("\(source): the id \(entry.id) is there twice")
      }
      if byLabel.updateValue(index, forKey: entry.label) != nil {
        throw CommandError(
          "\(source): the label \(entry.label) is there twice; no answer could be told right or wrong"
        )
      }
    }
    labels = entries.map(\.label)
    ids = entries.map(\.id)
    self.source = source
    self.byID = byID
    self.byLabel = byLabel
  }

  var count: Int { labels.count }

  /// Whether a class has this label.
  func has(_ label: String) -> Bool { byLabel[label] != nil }

  /// These classes, and after them those of `labels` that are not there, with the ids that follow.
  func adding(_ labels: [String]) throws(CommandError) -> ClassList {
    let highest = ids.max() ?? -1
    guard highest < Int.max - labels.count else {
      throw CommandError("\(source): the id \(highest) is too large for others to follow")
    }
    let new = labels.filter { !has($0) }.enumerated().map {
      LabelList.Entry(label: $1, id: highest + 1 + $0)
    }
    return try ClassList(zip(self.labels, ids).map { .init(label: $0, id: $1) } + new, source: source)
  }

  /// Whether `text` is the label or the id of a class.
  func knows(_ text: String) -> Bool { has(text) || Int(text).map { byID[$0] != nil } ?? false }

  /// The index of the class that `text` names by its id or its label.
  func find(_ text: String) throws(CommandError) -> Int {
    let digits =
      !text.isEmpty && text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    let numbered = digits ? Int(text).flatMap { byID[$0] } : nil
    let named = byLabel[text]
    switch (numbered, named) {
    case (let index?, nil), (nil, let index?): return index
    case (let index?, let other?):
      if index == other { return index }
      throw CommandError(
        "\(text) is the id of \(labels[index]) and the label with the id \(ids[other]) in \(source)")
    case (nil, nil):
      guard digits, let first = ids.min(), let last = ids.max() else {
        throw CommandError("there is no label \(text) in \(source)")
      }
      throw CommandError("there is no id \(text) in \(source), whose ids are \(first) to \(last)")
    }
  }
}
