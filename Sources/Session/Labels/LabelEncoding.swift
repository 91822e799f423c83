import Model
import Numerics
import System

/// How a classifier makes embeddings of labels: each label in every template, or one embedding for each label, where
/// labels are described or the model's frames score by themselves. It never changes.
struct LabelEncoding: Sendable {
  let loaded: LoadedModel
  /// Templates of a weight above 0.
  let templates: TextList
  /// The templates' weights; nil: equal weights.
  let weights: TemplateWeights?
  /// A text that is too long is cut; otherwise it is an error.
  let truncate: Bool
  /// The labels that have descriptions of their own; nil: no label is described.
  let described: LabelSet?

  /// The number of embeddings of each label.
  var rows: Int { joinsTemplates ? 1 : templates.count }
  /// The weight of each of a label's embeddings in a score; nil: equal weights.
  var rowWeights: TemplateWeights? { joinsTemplates ? nil : weights }
  /// Whether a label's embedding is the mean over its templates.
  private var joinsTemplates: Bool { described != nil || loaded.configuration.scoresFrames }
  private var size: Int { loaded.configuration.embeddingSize }

  /// Encodes every label in every template. A template of weight 0 is left out.
  init(
    _ loaded: LoadedModel, templates: TextList, weights: TemplateWeights?, truncate: Bool
  ) throws(Failure) {
    (self.loaded, self.truncate, described) = (loaded, truncate, nil)
    (self.templates, self.weights) = try LabelEncoding.used(templates, weights)
  }

  /// Encodes descriptions. Labels that come later without one get the mean over the model's own templates.
  init(_ loaded: LoadedModel, _ descriptions: Descriptions, truncate: Bool) throws(Failure) {
    (self.loaded, self.truncate) = (loaded, truncate)
    (templates, weights) = try LabelEncoding.used(loaded.templates(), loaded.templateWeights)
    let labels = descriptions.labels
    let texts = try loaded.labelBuffer(
      product([labels.count, loaded.configuration.embeddingSize], "labels"))
    try loaded.encode(descriptions, truncate: truncate, to: texts.base)
    do { described = try LabelSet(labels, texts: texts) } catch {
      throw .outOfMemory("\(labels.count) labels")
    }
  }

  /// The way of a file's labels, some of which may be described.
  init(_ loaded: LoadedModel, _ contents: ClassifierContents) throws(Failure) {
    (self.loaded, truncate, described) = (loaded, contents.truncate, contents.described)
    (templates, weights) = try LabelEncoding.used(contents.templates, contents.weights)
  }

  private static func used(
    _ templates: TextList, _ weights: TemplateWeights?
  ) throws(Failure) -> (TextList, TemplateWeights?) {
    guard let weights, weights.view.contains(0) else { return (templates, weights) }
    let kept = TextList()
    var numbers = GrowingArray<Float>()
    for index in 0..<templates.count where weights[index] > 0 {
      try kept.append(templates[index])
      try numbers.append(weights[index])
    }
    return (kept, try TemplateWeights(numbers.view, name: "weights"))
  }

  /// Embeddings of labels, [rows, labels, E].
  func encode(_ labels: TextList) throws(Failure) -> FloatBuffer {
    let perTemplate = try loaded.labelBuffer(product([templates.count, labels.count, size], "labels"))
    guard !labels.isEmpty else { return perTemplate }
    try loaded.encode(labels: labels.count, templates, truncate: truncate, to: perTemplate.base) {
      labels[$0]
    }
    guard joinsTemplates else { return perTemplate }
    return try mean(of: perTemplate, labels.count, rows: templates.count, weights)
  }

  /// Embeddings of unit length for labels, the weighted mean over their templates. [labels, E]
  func meanTexts(_ labels: LabelSet) throws(Failure) -> FloatBuffer {
    try mean(of: labels.texts, labels.count, rows: rows, rowWeights)
  }

  /// The weighted mean over rows of embeddings [rows, labels, E], each of unit length before and after. [labels, E]
  private func mean(
    of texts: FloatBuffer, _ labels: Int, rows: Int, _ weights: TemplateWeights?
  ) throws(Failure) -> FloatBuffer {
    let mean = try UnitMean(labels: labels, size: size)
    mean.add(texts.base, rows: rows, weights)
    extendLifetime(texts)
    let means = try loaded.labelBuffer(product([labels, size], "labels"))
    mean.write(to: means.base)
    return means
  }
}
