import ArgumentParser
import CActionCLIP

/// How a video is scored against labels; the defaults are the reference's evaluation.
struct ScoringOptions: ParsableArguments {
  @OptionGroup
  var prompts: PromptOptions

  @Option(
    help: ArgumentHelp(
      "A classifier that actionclip adapt wrote, with its labels and what it learned, for the model that it was made with.",
      valueName: "path"))
  var classifier: FilePath?

  @OptionGroup
  var pictures: PictureOptions

  @Option(
    help:
      "The factor on cosines before the softmax (default, and 0: 100; of a model that scores each label by itself, such as SigLIP, the one it was trained with)."
  )
  var scale: Float?

  var resize: Resize? { pictures.resize }
  var decode: Decode { pictures.decode }

  /// The files that are read.
  var files: [FilePath?] { [prompts.descriptions, classifier] }

  func validate() throws {
    guard classifier != nil else { return }
    try refuse(!prompts.template.isEmpty, "--template", "it keeps the prompts that it was made with")
    try refuse(prompts.descriptions != nil, "--descriptions", "it keeps the prompts that it was made with")
    try refuse(scale != nil, "--scale", "its probabilities are calibrated")
  }

  /// The factor on cosines, to be told: the one asked for, else the model's usual one; nil: the classifier has its own.
  func scale(for model: Model) -> Float? {
    guard classifier == nil else { return nil }
    return if let scale, scale != 0 { scale } else { model.info.usual_scale }
  }

  /// Refuses labels beside a classifier.
  func refuse(_ candidates: LabelOptions) throws {
    try refuseLabels(candidates.labels != nil, "--labels")
    try refuseLabels(!candidates.label.isEmpty, "--label")
  }

  /// Refuses an option that gives labels beside a classifier.
  func refuseLabels(_ isGiven: Bool, _ option: String) throws {
    guard classifier != nil else { return }
    try refuse(isGiven, option, "it has its own labels, and actionclip adapt --add-to adds others")
  }

  private func refuse(_ isGiven: Bool, _ option: String, _ reason: String) throws {
    if isGiven { throw ValidationError("Give --classifier or \(option), not both: \(reason).") }
  }

  /// Reads the classifier; nil if none was asked for.
  func readClassifier(for model: Model) throws(LibraryError) -> Classifier? {
    guard let classifier else { return nil }
    return try Classifier(classifier, for: model)
  }

  /// The labels to score against: the classifier's, or those of the options by their words.
  func scorer(_ candidates: LabelOptions, _ descriptions: Descriptions?, with model: Model) throws
    -> LabelScorer
  {
    if let taught = try readClassifier(for: model) { return try LabelScorer(taught) }
    let names = try candidates.names(for: model, descriptions)
    return LabelScorer(
      model, names, try prompts.texts(of: names, descriptions, with: model), scale: scale ?? 0)
  }
}

/// The texts that stand for labels.
struct PromptOptions: ParsableArguments {
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

/// How videos are turned into embeddings.
struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How pictures are resized before the crop to S: bicubic to a short side of S*256/224 (actionclip) or S (clip; clip-bilinear is the same with the bilinear filter), or mmaction2's bilinear to S*256/224; square and square-bilinear make the whole picture S by S (default: the model's own)."
    ))
  var resize: Resize?

  @Option(
    help: ArgumentHelp(
      "Which frames are decoded: needed (the wanted ones and those they are made from), all (finds all damage), or key-frames (an approximation: in place of each frame the nearest key frame; where windows slide, a window is as many key frames, and lasts as long as they do)."
    ))
  var decode = Decode.needed
}
