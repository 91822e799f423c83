import ArgumentParser
import CActionCLIP
import Glibc

/// The command `actionclip`. It uses the C API, which shows that the API is enough; for gradients alone `parity` has a
/// room of its own.
@main
struct ActionCLIPCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "actionclip",
    abstract: "Recognise actions in video by matching it against words.",
    discussion: """
      Exit status: 0 everything went well, 1 something failed, 3 videos failed under embed --strict, 64 wrong usage.
      Environment: ACTIONCLIP_MODEL is the default model's file, ACTIONCLIP_THREADS the default of --threads, and \
      ACTIONCLIP_INSTRUCTIONS a limit beside --instructions.
      """,
    version: CommandLine.arguments.contains("--version") ? Version.all : Version.description,
    subcommands: [
      Classify.self, Timeline.self, Watch.self, Eval.self, Thresholds.self, List.self, Adapt.self, Tune.self,
      Mix.self, Embed.self, Search.self, Merge.self, Prompts.self, Info.self, Convert.self, Tokenize.self,
      Parity.self,
    ])

  static func main() {
    // `actionclip … | head` ends silently, even under a parent that ignores the signal.
    signal(SIGPIPE, SIG_DFL)
    // Only the character type, which gives the width of characters and whether the terminal takes UTF-8.
    setlocale(LC_CTYPE, "")
    do {
      try Version.requireMatchingLibrary()
      let arguments = Arguments.all()
      try CommandName.check(arguments, known: names)
      try OptionName.check(arguments)
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch {
      Glibc.exit(conclude(error))
    }
  }

  /// Reports an error in one line and returns the exit status. Requests for help and for the version arrive here too:
  /// the parser throws them as errors.
  private static func conclude(_ error: any Error) -> Int32 {
    switch error {
    case let error as AlreadyReported: return error.exitStatus
    case let error as CommandError:
      Diagnostics.error(error.message)
      return 1
    case let error as LibraryError:
      Diagnostics.error(error.message)
      return 1
    default: break
    }
    let code = exitCode(for: error)
    guard code.isSuccess else {
      let hint = OptionName.fileHint(Arguments.all())
      Diagnostics.error("\(onOneLine(message(for: error)))\(hint) (see: \(helpInvocation) --help)")
      return code.rawValue
    }
    do {
      try Output().line(fullMessage(for: error))
      return code.rawValue
    } catch {
      return conclude(error)
    }
  }

  /// The parser's list of the values that an option takes, which has a line for each, in one line.
  private static func onOneLine(_ message: String) -> String {
    message.replacing("following:\n  - ", with: "following: ").replacing("\n  - ", with: ", ")
  }

  private static var names: [String] { configuration.subcommands.compactMap { $0.configuration.commandName } }

  /// "actionclip classify" where that subcommand was named, else "actionclip": the command whose help page fits.
  private static var helpInvocation: String {
    guard let named = CommandLine.arguments.dropFirst().first,
      names.contains(named)
    else { return "actionclip" }
    return "actionclip \(named)"
  }
}
