import ArgumentParser

/// Checks the name of a subcommand before the parser does. For an unknown name the parser shows the help page or
/// counts arguments; this error names it, and the subcommand that was probably meant.
enum CommandName {
  /// - Throws: `ValidationError` where a name is given that no subcommand has.
  static func check(_ arguments: [String], known: [String]) throws {
    let asksForHelp = arguments.first == "help"
    guard let given = arguments.dropFirst(asksForHelp ? 1 : 0).first, !given.hasPrefix("-"),
      !known.contains(given), given != "help"
    else { return }
    let path = FilePath(argument: given)
    if let nearest = nearest(to: given, among: known) {
      throw ValidationError("unknown command '\(path.shown)'; did you mean '\(nearest)'?")
    }
    if !asksForHelp, path.exists {
      throw ValidationError(
        "unknown command '\(path.shown)'; for a video: actionclip classify '\(path.shown)', for a model: "
          + "actionclip info '\(path.shown)'")
    }
    throw ValidationError("unknown command '\(path.shown)'; there are \(known.joined(separator: ", "))")
  }

  /// The known name nearest to `given`: one that begins with it, or one that differs by few typing errors. Nil where
  /// none is near.
  static func nearest(to given: String, among names: [String]) -> String? {
    let given = given.lowercased()
    if given.count >= 3, let longer = names.first(where: { $0.hasPrefix(given) }) { return longer }
    let near = names.map { (name: $0, slips: slips(from: given, to: $0)) }
      .filter { $0.slips <= max(1, $0.name.count / 3) }
    return near.min { $0.slips < $1.slips }?.name
  }

  /// The edit distance with swapped neighbours (Damerau-Levenshtein, restricted) between two names.
  private static func slips(from one: String, to other: String) -> Int {
    let (one, other) = (Array(one.unicodeScalars.prefix(64)), Array(other.unicodeScalars))
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
}
