/// Puts the command's flags into the library's messages, which name options as its C structs do: "(option base_path)"
/// becomes "(--base)". Functions that a message advises become the options that do the same. A hint about an
/// option that the command does not have is left out; other words in that form, which may be a part of a file's name,
/// stay.
enum OptionHints {
  /// Flags by the names of options in actionclip.h that messages hint at; nil: the command has no flag for it.
  private static let flags: [Substring: String?] = [
    "activation": "--activation", "base_path": "--base", "frame_rate": "--frame-rate",
    "max_milliseconds": nil, "max_pixels_per_byte": nil,
    "open_clip_name": "--open-clip-name",
    "temporal_view": "--temporal-view", "threads": "--threads", "tokenizer_path": "--tokenizer",
  ]

  static func withFlags(_ message: String) -> String {
    let message = message.replacing(
      "load it with actionclip_classifier_load", with: "give it as --classifier, or to adapt as --add-to"
    )
    .replacing(
      "score videos instead, or fit the classifier to examples",
      with: "give --clip, --image, or as --classifier one that clips have taught"
    )
    .replacing(/min_duration_ns ([0-9]+)/) { found in
      "\(FrameInterval.text(Int64(found.1) ?? 0)) seconds (--min-duration)"
    }
    return message.replacing(/\ \(option ([a-z0-9_]+)\)/) { hint in
      guard let flag = flags[hint.1] else { return String(hint.0) }
      return flag.map { " (\($0))" } ?? ""
    }
  }
}
