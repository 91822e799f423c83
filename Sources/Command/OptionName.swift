import ArgumentParser

/// Checks the names of options that other programs have, before the parser does: it would suggest the option with the
/// most similar spelling, which does something else.
enum OptionName {
  /// The command's option by a name that it has in other programs.
  private static let meant: [String: [String: String]] = [
    "watch": [
      "--fps": "--rate", "--framerate": "--rate", "--frame-rate": "--rate", "--resolution": "--size",
      "--video-size": "--size", "--threshold": "--on",
    ],
    "timeline": ["--fps": "--window", "--rate": "--window", "--interval": "--window", "--hop": "--step"],
  ]

  /// - Throws: `ValidationError` where such a name is given.
  static func check(_ arguments: [String]) throws {
    guard let command = arguments.first else { return }
    if command == "search" { try checkSigns(arguments) }
    guard let names = meant[command] else { return }
    for argument in arguments.dropFirst().prefix(while: { $0 != "--" }) {
      let given = String(argument.prefix { $0 != "=" })
      if let name = names[given] {
        throw ValidationError("unknown option '\(given)'; did you mean '\(name)'?")
      }
    }
  }

  /// A hint for an error of usage where the name of a file was taken for an option; "" where none was.
  static func fileHint(_ arguments: [String]) -> String {
    let taken = arguments.prefix { $0 != "--" }.first {
      $0.hasPrefix("-") && $0 != "-" && FilePath(bytes: Arguments.bytes($0)).exists
    }
    return taken.map { "; the file of that name is ./\($0)" } ?? ""
  }

  /// Explains a word of a query that begins with a minus, as in "moving -left". Options of one letter pass, and the
  /// values of options.
  private static func checkSigns(_ arguments: [String]) throws {
    let ours = arguments.prefix { $0 != "--" }
    for (before, argument) in zip(ours, ours.dropFirst())
    where !before.hasPrefix("--") && argument.wholeMatch(of: /-[^\-n].+/) != nil {
      throw ValidationError("a sign stands alone: - \(argument.dropFirst())")
    }
  }
}
