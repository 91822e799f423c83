import Adaptation
import Model
import ModelFile
import Numerics
import System
import Text
import Weights

/// The contents of a classifier's file (docs/FORMAT.md), which are consistent with each other. Whether they fit a model
/// is for whoever loads them to check.
struct ClassifierContents {
  /// The key of the form's version in the metadata, without its prefix.
  static let versionKey = "classifier"
  static let version = "1"
  static let modelKey = "classifier_model"
  static let truncateKey = "classifier_truncates"
  static let describedKey = "classifier_described"
  static let exampleLabelsKey = "classifier_example_labels"

  /// The fingerprint of the model that the labels were encoded with.
  let model: String
  /// The labels with their embeddings, [rows, labels, E].
  let labels: LabelSet
  let rows: Int
  let embeddingSize: Int
  let templates: TextList
  let weights: TemplateWeights?
  /// Texts that are too long are cut.
  let truncate: Bool
  /// The labels that have descriptions of their own; nil: no label is described.
  let described: LabelSet?
  let examples: ExampleSet
  /// The choices of the fit; nil: the classifier is not fitted.
  let options: FitOptions?
  /// Whether a fit by clips is in the file, without which words alone score.
  let hasFit: Bool
  /// Whether the fit's clips are not in the file.
  let isWithoutClips: Bool

  /// Reads all but the fit.
  init(_ file: WeightsFile) throws(Failure) {
    let metadata = try ModelMetadata(file.metadata)
    func note(_ key: String) -> UnsafeBufferPointer<UInt8>? { metadata.note(key) }
    guard let version = note(Self.versionKey) else {
      throw .invalid("is no taught classifier: its metadata has no 'actionclip.\(Self.versionKey)'")
    }
    guard version.elementsEqual(Self.version.utf8) else {
      throw .unsupported(
        "'actionclip.\(Self.versionKey)' is \(quoted(version, limit: 40)); this version reads '\(Self.version)'"
      )
    }
    guard let model = note(Self.modelKey), model.count == 64 else {
      throw .invalid("'actionclip.\(Self.modelKey)' is missing from the metadata, or has no 64 digits")
    }
    self.model = printable(model, limit: 64)
    (templates, weights) = (metadata.templates, metadata.templateWeights)
    truncate = note(Self.truncateKey).map { $0.elementsEqual("on".utf8) } ?? false
    guard !metadata.labels.isEmpty, !templates.isEmpty else {
      throw .invalid("the metadata lacks labels or templates")
    }

    let tensors = ClassifierTensors(file)
    let described = try note(Self.describedKey).map { (list) throws(Failure) in try JSONStrings.read(list) }
    let shape = try tensors.shape("texts", rank: 3)
    (rows, embeddingSize) = (shape[0], shape[2])
    // One row of a label: it is described, or the model joins templates.
    guard rows == 1 || described == nil && rows == templates.count, shape[1] == metadata.labels.count,
      (1...65_536).contains(embeddingSize)
    else { throw .tensorShape("texts", shape) }
    labels = try LabelSet(metadata.labels, texts: tensors.floats("texts", shape))
    self.described = try described.map { (described) throws(Failure) in
      try LabelSet(described, texts: tensors.floats("described.texts", [1, described.count, shape[2]]))
    }
    let exampleLabels = try note(Self.exampleLabelsKey).map { (list) throws(Failure) in
      try JSONStrings.read(list)
    }
    examples =
      if let exampleLabels {
        try tensors.examples(of: exampleLabels, embeddingSize: embeddingSize)
      } else {
        try ExampleSet(embeddingSize: embeddingSize)
      }
    options = try tensors.options()
    hasFit = tensors.has("fit")
    isWithoutClips = hasFit && exampleLabels == nil
    guard !hasFit || options != nil else { throw .invalid("a fit is there without its options") }
    extendLifetime(metadata)
  }
}

extension Failure {
  /// A tensor of a classifier's file has a shape that does not go with the rest.
  static func tensorShape(_ name: String, _ shape: [Int]) -> Failure {
    Failure(.tensorShape, "tensor '\(name)' has shape \(shape), which does not go with the rest of the file")
  }
}
