import ArgumentParser

/// How a video is scored against labels; the defaults are the reference's evaluation.
struct ScoringOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A prompt with one {} for the label; repeat it for more (default: the model's own with their weights, else the reference's 16).",
      valueName: "text"), transform: Arguments.text)
  var template: [String] = []

  @Option(
    help: ArgumentHelp(
      "A JSON file of texts that describe the labels, in place of prompts: {\"label\": [\"text\", …]} or {\"0\": \"text\"}.",
      valueName: "path"))
  var descriptions: FilePath?

  @OptionGroup
  var pictures: PictureOptions

  var resize: Resize? { pictures.resize }
  var decode: Decode { pictures.decode }
  var scale: Float { pictures.scale }

  func validate() throws {
    if descriptions != nil, !template.isEmpty {
      throw ValidationError("Give --descriptions or --template, not both.")
    }
  }

  /// Reads the descriptions; nil if none were asked for.
  func readDescriptions() throws(CommandError) -> Descriptions? {
    guard let descriptions else { return nil }
    return try Descriptions(descriptions)
  }

  /// Encodes labels by their descriptions, or without any in the templates.
  func texts(of labels: [String], _ descriptions: Descriptions?, with model: Model) throws -> LabelTexts {
    guard let descriptions else { return try model.encode(labels: labels, templates: template) }
    return try model.encode(labels: labels, descriptions)
  }
}

/// How videos are turned into embeddings, and embeddings compared.
struct PictureOptions: ParsableArguments {
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
