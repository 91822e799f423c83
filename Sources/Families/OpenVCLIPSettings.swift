import System
import Text
import Weights

/// The settings that an Open-VCLIP was trained with, which its program keeps as text (YAML) under 'cfg'. One of them
/// changes what the weights compute without leaving a tensor: how the frames of a video see each other. Source:
/// Open-VCLIP slowfast/models/customize_visiontransformer.py, slowfast/utils/checkpoint.py.
struct OpenVCLIPSettings {
  private static let key = "TEMPORAL_MODELING_TYPE"

  /// "expand_temporal_view", "channel_shift"; nil where each frame is encoded by itself.
  let temporalModeling: [UInt8]?
  /// Whether the settings say anything about it.
  let isKnown: Bool
  /// Frames of one video.
  let frames: Int?

  init(_ text: [UInt8]) {
    let modeling = OpenVCLIPSettings.value(of: OpenVCLIPSettings.key, in: text)
    let isOff = ["", "null", "None", "none", "Null", "NULL"].contains { off in
      modeling.map { off.utf8.elementsEqual($0) } == true
    }
    temporalModeling = isOff ? nil : modeling
    isKnown = modeling != nil
    frames = OpenVCLIPSettings.value(of: "NUM_FRAMES", in: text)
      .flatMap { $0.count <= 9 ? Int(String(decoding: $0, as: UTF8.self)) : nil }
  }

  /// The word after a key and its colon, of the first such key; quotes are left out.
  private static func value(of key: String, in text: [UInt8]) -> [UInt8]? {
    let key = Array(key.utf8)
    var place = 0
    while place + key.count < text.count {
      // As a key: nothing of a word before it, a colon after it.
      let isKey =
        text[place] == key[0] && text[place..<place + key.count].elementsEqual(key)
        && (place == 0 || !isWord(text[place - 1]))
      var end = place + key.count
      if isKey, text[end] == UInt8(ascii: "'") || text[end] == UInt8(ascii: "\"") { end += 1 }
      if isKey, end < text.count, text[end] == UInt8(ascii: ":") {
        return Array(
          text[(end + 1)...].drop { $0 == 0x20 || $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") }
            .prefix(while: isWord))
      }
      place += 1
    }
    return nil
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
  }

  /// How many frames on each side a frame's tokens see besides their own; nil for none.
  func view() throws(Failure) -> Int? {
    guard let temporalModeling else { return nil }
    let views = ["expand_temporal_view", "expand_temporal_view_step2", "expand_temporal_view_step3"]
    if let place = views.firstIndex(where: { $0.utf8.elementsEqual(temporalModeling) }) { return place + 1 }
    throw .unsupported(
      "an Open-VCLIP trained with \(OpenVCLIPSettings.key) \(quoted(temporalModeling)), as its 'cfg' says: of the ways "
        + "in which the frames of a video see each other 'expand_temporal_view' alone is computed here")
  }
}
