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
  let isTold: Bool

  init(_ text: [UInt8]) {
    let key = Array(OpenVCLIPSettings.key.utf8)
    var place = 0
    while place + key.count < text.count {
      // As a key: nothing of a word before it, a colon after it.
      let isKey =
        text[place] == key[0] && text[place..<place + key.count].elementsEqual(key)
        && (place == 0 || !OpenVCLIPSettings.isWord(text[place - 1]))
      var end = place + key.count
      if isKey, text[end] == UInt8(ascii: "'") || text[end] == UInt8(ascii: "\"") { end += 1 }
      if isKey, end < text.count, text[end] == UInt8(ascii: ":") {
        let value = text[(end + 1)...].drop {
          $0 == 0x20 || $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"")
        }
        .prefix(while: OpenVCLIPSettings.isWord)
        let isOff = ["", "null", "None", "none", "Null", "NULL"].contains { $0.utf8.elementsEqual(value) }
        (temporalModeling, isTold) = (isOff ? nil : Array(value), true)
        return
      }
      place += 1
    }
    (temporalModeling, isTold) = (nil, false)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "_")
  }

  func check() throws(WeightsError) {
    guard let temporalModeling else { return }
    throw .unsupported(
      "an Open-VCLIP trained with \(OpenVCLIPSettings.key) \(quoted(temporalModeling)), as its 'cfg' says: the frames "
        + "of a video see each other, which is not computed here; weights that were trained without it are read"
    )
  }
}
