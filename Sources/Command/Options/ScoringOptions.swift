import ArgumentParser
import CActionCLIP

/// How a video is scored against labels; the defaults are the reference's evaluation.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A prompt with one {} for the label; repeat it for more (default: the model's own, else the reference's 16).",
      valueName: "text"), transform: Arguments.text)
  var template: [String] = []

  @Option(
    help: ArgumentHelp(
      "How pictures are resized before the crop to S: bicubic to a short side of S*256/224 (actionclip) or S (clip), or mmaction2's bilinear to S*256/224 (default: the model's own)."
    ))
  var resize: Resize?

  @Option(
    help: ArgumentHelp(
      "Which frames are decoded: needed (the wanted ones and those they are made from), all (finds all damage), or key-frames (an approximation: in place of each frame the nearest key frame)."
    ))
  var decode = Decode.needed

  @Option(help: "What cosines are multiplied with before the softmax.")
  var scale: Float = 100
}

enum Decode: String, CaseIterable, ExpressibleByArgument {
  case needed, all
  case keyFrames = "key-frames"
  var code: Int32 {
    switch self {
    case .needed: Int32(ACTIONCLIP_DECODE_NEEDED)
    case .all: Int32(ACTIONCLIP_DECODE_ALL)
    case .keyFrames: Int32(ACTIONCLIP_DECODE_KEY_FRAMES)
    }
  }
}

/// Rules by which frames are chosen.
enum Sampling {
  static func name(of code: Int32) -> String {
    switch code {
    case Int32(ACTIONCLIP_SAMPLING_ACTIONCLIP): "actionclip"
    case Int32(ACTIONCLIP_SAMPLING_MMACTION2): "mmaction2"
    case Int32(ACTIONCLIP_SAMPLING_OPEN_VCLIP): "open-vclip"
    default: "unknown (\(code))"
    }
  }
}

enum Resize: String, CaseIterable, ExpressibleByArgument {
  case actionclip, clip, mmaction2
  case huggingFace = "hugging-face"
  var code: Int32 {
    switch self {
    case .actionclip: Int32(ACTIONCLIP_RESIZE_ACTIONCLIP)
    case .clip: Int32(ACTIONCLIP_RESIZE_CLIP)
    case .mmaction2: Int32(ACTIONCLIP_RESIZE_MMACTION2)
    case .huggingFace: Int32(ACTIONCLIP_RESIZE_HUGGING_FACE)
    }
  }
  static func name(of code: Int32) -> String {
    allCases.first { $0.code == code }?.rawValue ?? "unknown (\(code))"
  }
}
