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
    let near = names.map { (name: $0, slips: Spelling.slips(from: given, to: $0)) }
      .filter { $0.slips <= max(1, $0.name.count / 3) }
    return near.min { $0.slips < $1.slips }?.name
  }
}
