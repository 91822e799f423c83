import System
import Text

/// Templates that make prompts from labels: a text with one "{}" for the label. Source: ActionCLIP, section 3.2.
public enum PromptTemplates {
  /// The 16 templates of the reference, in its order. Source: reference `utils/Text_Prompt.py`.
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

  /// Whether a text has a "{}", in whose place a label is put.
  public static func hasPlaceholder(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    zip(text, text.dropFirst()).contains { $0 == UInt8(ascii: "{") && $1 == UInt8(ascii: "}") }
  }

  /// The byte offset of the one "{}" in a template; fails if it has none or several. Bytes are compared, since a
  /// Swift character may join the "}" with a combining mark after it.
  public static func placeholderOffset(in template: UnsafeBufferPointer<UInt8>) throws(Failure) -> Int {
    var count = 0
    var first = 0
    var index = 0
    while index + 1 < template.count, count < 2 {
      if template[index] == UInt8(ascii: "{"), template[index + 1] == UInt8(ascii: "}") {
        if count == 0 { first = index }
        count += 1
        index += 1
      }
      index += 1
    }
    guard count == 1 else {
      throw Failure(
        .invalidArgument,
        "the template \(quoted(template)) has \(count == 0 ? "no" : "more than one") \"{}\" for the "
          + "label; it needs exactly one")
    }
    return first
  }

  /// Replaces the contents of `prompt` by the template with the label in place of its one "{}"; a "{}" in the label
  /// is kept.
  public static func fill(
    _ template: UnsafeBufferPointer<UInt8>, label: UnsafeBufferPointer<UInt8>,
    into prompt: inout GrowingArray<UInt8>
  ) throws(Failure) {
    let placeholder = try placeholderOffset(in: template)
    prompt.removeAll()
    try prompt.append(contentsOf: UnsafeBufferPointer(rebasing: template[..<placeholder]))
    try prompt.append(contentsOf: label)
    try prompt.append(contentsOf: UnsafeBufferPointer(rebasing: template[(placeholder + 2)...]))
  }
}
