/// Finds names that were probably meant by a misspelt one.
enum Spelling {
  /// The number of typing errors between two texts: characters added, left out, changed, or swapped with their
  /// neighbour (the restricted Damerau-Levenshtein distance).
  static func slips(from one: String, to other: String) -> Int {
    let (one, other) = (Array(one.unicodeScalars.prefix(64)), Array(other.unicodeScalars.prefix(64)))
    guard !one.isEmpty, !other.isEmpty else { return max(one.count, other.count) }
    var rows = [Array(0...other.count)]
    for i in 1..<(one.count + 1) {
      var row = [i]
      for j in 1..<(other.count + 1) {
        let changed = rows[i - 1][j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1)
        var least = min(rows[i - 1][j] + 1, row[j - 1] + 1, changed)
        if i > 1, j > 1, one[i - 1] == other[j - 2], one[i - 2] == other[j - 1] {
          least = min(least, rows[i - 2][j - 2] + 1)
        }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[one.count][other.count]
  }

  /// Another label that `label` may be a misspelling of: it differs by case alone, or by few slips, one in six
  /// characters and one at least. Nil where there is none.
  static func label(near label: String, among labels: [String]) -> String? {
    let given = label.lowercased()
    let most = max(1, given.count / 6)
    var nearest: (label: String, slips: Int)?
    for other in labels where other != label && abs(other.count - label.count) <= most {
      let slips = slips(from: given, to: other.lowercased())
      if slips <= most, slips < nearest?.slips ?? Int.max { nearest = (other, slips) }
    }
    return nearest?.label
  }

  /// Advice after a label that is not among others, "; did you mean 'walking'?"; empty where none is near.
  static func advice(on label: String, among labels: [String]) -> String {
    self.label(near: label, among: labels).map { "; did you mean '\($0)'?" } ?? ""
  }

  /// The place of a label among others.
  /// - Parameter source: the option or file that names the label, for the error where it is not among them.
  static func place(of label: String, among labels: [String], source: String) throws(CommandError) -> Int {
    guard let place = labels.firstIndex(of: label) else {
      throw CommandError(
        "\(source): '\(label)' is not among the labels\(advice(on: label, among: labels))")
    }
    return place
  }
}
