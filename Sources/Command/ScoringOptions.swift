import ArgumentParser
import CActionCLIP

/// How a video is scored against labels; the defaults are the reference's evaluation.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A prompt with one {} for the label; repeat it for more (default: the model's own, else the reference's 16).",
      valueName: "text"), transform: Arguments.text)
  var template: [String] = []

  @Option(help: "Short side before the crop to S: S*256/224, or S as CLIP itself has it.")
  var resize = Resize.actionclip

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

enum Resize: String, CaseIterable, ExpressibleByArgument {
  case actionclip, clip
  var code: Int32 {
    Int32(self == .actionclip ? ACTIONCLIP_RESIZE_ACTIONCLIP : ACTIONCLIP_RESIZE_CLIP)
  }
}
