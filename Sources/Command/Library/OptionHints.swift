/// Puts the command's flags into the library's messages, which name options as its C structs do: "(option base_path)"
/// becomes "(--base)". A hint about an option that the command does not have is left out.
enum OptionHints {
  /// Flags by the names of options in actionclip.h.
  private static let flags: [Substring: String] = [
    "activation": "--activation", "base_path": "--base", "open_clip_name": "--open-clip-name",
    "temporal_view": "--temporal-view", "tokenizer_path": "--tokenizer",
  ]

  static func withFlags(_ message: String) -> String {
    message.replacing(/\ \(option ([a-z0-9_]+)\)/) { hint in flags[hint.1].map { " (\($0))" } ?? "" }
  }
}
