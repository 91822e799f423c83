/// Thresholds of labels for a tracker, from a CSV file: a header with the columns label, on and off, and a row for each
/// label. Other columns are passed over.
struct ThresholdFile {
  private let path: FilePath
  private let rows: [(label: String, on: Double, off: Double)]

  init(_ path: FilePath) throws(CommandError) {
    self.path = path
    var rows: [(label: String, on: Double, off: Double)] = []
    var known = Set<String>()
    try ListTable.read(Files.read(path), path.shown, columns: ["label", "on", "off"]) {
      (row) throws(CommandError) in
      let label = row["label"]
      let (on, off) = (try ThresholdFile.score(row["on"], "on"), try ThresholdFile.score(row["off"], "off"))
      guard !label.isEmpty else { throw CommandError("there is no label") }
      guard off <= on else { throw CommandError("off is \(row["off"]), more than on, \(row["on"])") }
      guard known.insert(label).inserted else { throw CommandError("the label '\(label)' is there twice") }
      rows.append((label, on, off))
    }
    guard !rows.isEmpty else {
      throw CommandError(
        "\(path.shown): there are no thresholds in it: after the header label,on,off a row for each label")
    }
    self.rows = rows
  }

  private static func score(_ field: String, _ name: String) throws(CommandError) -> Double {
    guard let value = Double(field), (0...1).contains(value) else {
      throw CommandError("\(name) is '\(field)'; expected a number from 0 to 1")
    }
    return value
  }

  /// The thresholds of each label. The label `none` makes no event, so it may be missing, and then has `usual`.
  func thresholds(
    of labels: [String], none: String?, usual: (on: Double, off: Double)
  ) throws(CommandError) -> (on: [Double], off: [Double]) {
    let places = Dictionary(rows.enumerated().map { ($1.label, $0) }, uniquingKeysWith: { first, _ in first })
    let missing = labels.filter { places[$0] == nil && $0 != none }
    if let first = missing.first {
      let more = missing.count > 1 ? " (and \(missing.count - 1) more)" : ""
      let near = Spelling.advice(on: first, among: rows.map(\.label))
      throw CommandError("\(path.shown): there are no thresholds for the label '\(first)'\(more)\(near)")
    }
    var (on, off): ([Double], [Double]) = ([], [])
    for label in labels {
      let row = places[label].map { rows[$0] }
      on.append(row?.on ?? usual.on)
      off.append(row?.off ?? usual.off)
    }
    return (on, off)
  }

  /// A note on rows of labels that are not among `labels`; nil without any.
  func note(on labels: [String]) -> String? {
    let wanted = Set(labels)
    let others = rows.map(\.label).filter { !wanted.contains($0) }
    guard let first = others.first else { return nil }
    let more = others.count > 1 ? " (and \(others.count - 1) more)" : ""
    return "\(path.shown): '\(first)'\(more) is not among the labels; these thresholds are not used"
  }
}
