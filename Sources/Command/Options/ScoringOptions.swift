import ArgumentParser

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

  @Option(help: "The factor on cosines before the softmax.")
  var scale: Float = 100
}
