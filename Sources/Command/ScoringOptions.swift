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

  @Option(help: "What cosines are multiplied with before the softmax.")
  var scale: Float = 100
}

enum Resize: String, CaseIterable, ExpressibleByArgument {
  case actionclip, clip
  var code: Int32 {
    Int32(self == .actionclip ? ACTIONCLIP_RESIZE_ACTIONCLIP : ACTIONCLIP_RESIZE_CLIP)
  }
}
