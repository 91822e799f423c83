import Adaptation
import Model
import System
import Text
import Weights

extension Classifier {
  /// Loads a classifier that was saved, for the model that it was taught with. No label is encoded.
  public convenience init(_ loaded: LoadedModel, loading path: FilePath) throws(Failure) {
    let file: WeightsFile
    do throws(Failure) { file = try WeightsFile(path: path) } catch {
      guard error.kind == .unknownFormat else { throw error }
      throw Failure(.unknownFormat, "\(error.message); wanted here is a taught classifier")
    }
    do throws(Failure) {
      guard file.format == .safetensors else { throw .invalid("is no taught classifier, but a checkpoint") }
      let contents = try ClassifierContents(file)
      let own = try loaded.fingerprint()
      guard contents.model == own else {
        throw Failure(
          .optionConflict,
          "was taught with another model (\(contents.model.prefix(12))…, this one is \(own.prefix(12))…): load that"
            + " one, or teach anew")
      }
      guard contents.embeddingSize == loaded.configuration.embeddingSize else {
        throw .tensorShape("texts", [contents.rows, contents.labels.count, contents.embeddingSize])
      }
      let encoding = try LabelEncoding(loaded, contents)
      guard encoding.rows == contents.rows else {
        throw .tensorShape("texts", [contents.rows, contents.labels.count, contents.embeddingSize])
      }
      var fit: AdaptedClassifier?
      if contents.hasFit {
        let (labels, size) = (contents.labels.count, contents.embeddingSize)
        let saved = try ClassifierTensors(file).fit(labels: labels, embeddingSize: size)
        fit = try AdaptedClassifier(
          saved, texts: encoding.meanTexts(contents.labels), labelCount: labels, embeddingSize: size)
      }
      try file.checkUnchanged()
      self.init(
        encoding,
        ClassifierState(
          list: LabelList(contents.labels, encoding, fit: fit, generation: 1), examples: contents.examples,
          options: contents.options, isWithoutClips: contents.isWithoutClips))
    } catch {
      try file.checkUnchanged()  // a mix of two files looks like a damaged one
      throw error.about(path)
    }
  }
}
