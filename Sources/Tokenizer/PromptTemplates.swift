import System
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

  /// Where the template's one "{}" begins. Bytes, so that no text is altered.
  public static func place(in template: UnsafeBufferPointer<UInt8>) throws(Failure) -> Int {
    var places = 0
    var first = 0
    var index = 0
    while index + 1 < template.count, places < 2 {
      if template[index] == UInt8(ascii: "{"), template[index + 1] == UInt8(ascii: "}") {
        if places == 0 { first = index }
        places += 1
        index += 1
      }
      index += 1
    }
    guard places == 1 else {
      throw Failure(
        .invalidArgument,
        "the template \(quoted(template)) has \(places == 0 ? "no" : "more than one") \"{}\" for the "
          + "label; it needs exactly one")
    }
    return first
  }

  /// Writes the template with its one "{}" replaced by the label to `prompt`; a "{}" in the label stays.
  public static func fill(
    _ template: UnsafeBufferPointer<UInt8>, label: UnsafeBufferPointer<UInt8>,
    into prompt: inout GrowingArray<UInt8>
  ) throws(Failure) {
    let place = try place(in: template)
    prompt.removeAll()
    try prompt.append(contentsOf: UnsafeBufferPointer(rebasing: template[..<place]))
    try prompt.append(contentsOf: label)
    try prompt.append(contentsOf: UnsafeBufferPointer(rebasing: template[(place + 2)...]))
  }
}
