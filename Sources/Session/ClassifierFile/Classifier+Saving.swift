import Adaptation
import Model
import ModelFile
import Numerics
import System
import Text
import Weights

extension Classifier {
  /// Writes the classifier as one file, whole or not at all. Without its clips the file holds sums of their embeddings
  /// instead, so that it can score and mostly take in more clips, but not be fitted again.
  public func save(to path: FilePath, keepingClips: Bool) throws(Failure) {
    let state = state
    if keepingClips, state.isWithoutClips {
      throw .argument("keep_clips is 1, but the classifier was loaded from a file without its clips")
    }
    if !keepingClips, state.options == nil, state.examples.count > 0 {
      throw .argument("keep_clips is 0, and the classifier is not fitted: nothing of its clips would be kept")
    }
    var tensors = ClassifierFileTensors()
    let labels = state.list.set
    let size = loaded.configuration.embeddingSize
    tensors.add("texts", [encoding.rows, labels.count, size], labels.texts)
    if let described = encoding.described {
      tensors.add("described.texts", [1, described.count, size], described.texts)
    }
    if keepingClips { try tensors.add(state.examples) }
    if let options = state.options { try tensors.add(options) }
    if let fit = state.list.fit { try tensors.add(fit.saved(), embeddingSize: size) }
    try tensors.write(to: path, metadata(state, keepingClips: keepingClips))
  }

  private func metadata(_ state: ClassifierState, keepingClips: Bool) throws(Failure) -> TextPairs {
    var metadata = ModelMetadata()
    (metadata.labels, metadata.templates) = (state.list.labels, encoding.templates)
    metadata.templateWeights = encoding.weights
    guard state.list.count <= ModelMetadata.maximumTexts else {
      throw .limit("a file holds at most \(ModelMetadata.maximumTexts) labels, and the classifier has more")
    }
    for label in 0..<state.list.count {
      guard let problem = ModelMetadata.problem(ofLabel: state.list.labels[label]) else { continue }
      throw .argument("labels[\(label)] \(problem), and a file cannot hold it")
    }
    let notes = TextPairs()
    try notes.append(ClassifierContents.versionKey, ClassifierContents.version)
    try notes.append(ClassifierContents.modelKey, loaded.fingerprint())
    if encoding.truncate { try notes.append(ClassifierContents.truncateKey, "on") }
    let lists = [
      (ClassifierContents.describedKey, encoding.described?.labels),
      (ClassifierContents.exampleLabelsKey, keepingClips ? state.examples.labels : nil),
    ]
    for (key, texts) in lists {
      guard let texts else { continue }
      let list = TextList()
      var json = GrowingArray<UInt8>()
      try JSONStrings.append(texts, to: &json)
      try list.append(key)
      try list.append(json.view)
      try notes.append(list[0], list[1])
      extendLifetime(list)
    }
    try metadata.setNotes(notes)
    return try metadata.textEntries()
  }
}
