import ArgumentParser

/// The label that stands for nothing in particular.
struct NoneLabel: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The label, among the others, for nothing in particular: it makes no event, and its moments show no label.",
      valueName: "text"), transform: Arguments.text)
  var none: String?

  /// The options that were given, with their values.
  var given: [GivenOption] { [GivenOption("--none", none)].compactMap { $0 } }

  /// The place of the label among `labels`; -1 where none was given.
  func place(among labels: [String]) throws(CommandError) -> Int32 {
    guard let none else { return -1 }
    return Int32(clamping: try Spelling.place(of: none, among: labels, source: "--none"))
  }
}
