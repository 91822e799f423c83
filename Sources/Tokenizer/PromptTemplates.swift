import Text

/// Prompts made from labels: prefix, suffix and cloze templates (ActionCLIP, section 3.2).
public enum PromptTemplates {
  /// The reference's 16, in its order. Source: reference `utils/Text_Prompt.py`.
  public static let reference: [String] = [
    "a photo of action {}",
    "a picture of action {}",
    "Human action of {}",
    "{}, an action",
    "{} this is an action",
    "{}, a video of action",
    "Playing action of {}",
    "{}",
    "Playing a kind of action, {}",
    "Doing a kind of action, {}",
    "Look, the human is {}",
    "Can you recognize the action of {}?",
    "Video classification of {}",
    "A video of {}",
    "The man is {}",
    "The woman is {}",
  ]

  /// What stands before and after the template's one "{}". Bytes, so that no text is altered.
  public static func split(
    _ template: UnsafeBufferPointer<UInt8>
  ) throws(TokenizerError) -> (prefix: [UInt8], suffix: [UInt8]) {
    var places: [Int] = []
    var index = 0
    while index + 1 < template.count, places.count < 2 {
      if template[index] == UInt8(ascii: "{"), template[index + 1] == UInt8(ascii: "}") {
        places.append(index)
        index += 1
      }
      index += 1
    }
    guard let place = places.first, places.count == 1 else {
      throw TokenizerError(
        .invalidTemplate,
        "the template \(quoted(template)) has \(places.isEmpty ? "no" : "more than one") \"{}\" for the "
          + "label; it needs exactly one")
    }
    return (Array(template[..<place]), Array(template[(place + 2)...]))
  }

  /// The template with its one "{}" replaced by the label; a "{}" in the label stays.
  public static func fill(_ template: String, label: String) throws(TokenizerError) -> String {
    let bytes = Array(template.utf8)
    let (prefix, suffix) = try bytes.withUnsafeBufferPointer { bytes throws(TokenizerError) in
      try split(bytes)
    }
    return String(decoding: prefix + Array(label.utf8) + suffix, as: UTF8.self)
  }
}
