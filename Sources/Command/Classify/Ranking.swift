/// The labels of one video, the most probable first.
struct Ranking {
  struct Entry {
    let label: String
    let probability: Float
  }
  let entries: [Entry]
  /// Whether even the most probable label stays below its threshold.
  let isNone: Bool

  /// Keeps the `top` most probable labels, or all for 0. Equal ones stay in the order of the labels.
  init(labels: [String], probabilities: [Float], top: Int, thresholds: [Float]) {
    let order = probabilities.indices.sorted {
      (probabilities[$0], $1) > (probabilities[$1], $0)
    }
    isNone = order.first.map { probabilities[$0] < thresholds[$0] } ?? false
    let kept = top == 0 ? order[...] : order.prefix(top)
    entries = kept.map { Entry(label: labels[$0], probability: probabilities[$0]) }
  }

  /// Lines for a person: label, bar, percentage, as wide as the terminal has room.
  func lines(on terminal: Terminal) -> [String] {
    let labels = entries.map { printable($0.label) }
    let shares = entries.map { formatted("%6.2f %%", Double($0.probability) * 100) }
    // Two columns in front, two between the parts, eight for the percentage, and the last one stays free.
    let room = terminal.columns - 15
    let longest = labels.map(Columns.of).max() ?? 0
    let beside = min(longest, room * 3 / 5)
    let barWidth = room - beside >= 8 ? min(40, room - beside) : 0
    let labelWidth = barWidth > 0 ? beside : min(longest, max(1, room + 2))
    let none = isNone ? ["  \(noneOfThese); the nearest:"] : []
    return none
      + zip(entries, zip(labels, shares)).map { entry, shown in
        let label = Columns.fit(shown.0, labelWidth)
        guard barWidth > 0 else { return "  \(label)  \(shown.1)" }
        let bar = terminal.bar(Double(entry.probability), width: barWidth)
        let gap = String(repeating: " ", count: barWidth - Columns.of(bar))
        return "  \(label)  \(terminal.accent(bar))\(gap)  \(shown.1)"
      }
  }

  var json: JSONValue {
    .array(entries.map { ["label": .string($0.label), "probability": .float($0.probability)] })
  }
}
