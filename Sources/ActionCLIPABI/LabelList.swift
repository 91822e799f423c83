import System
import Model
import Numerics

/// The object of an actionclip_label_list handle: a classifier's labels at one moment, with their embeddings. It never
/// changes, so that threads go on scoring with it while the classifier gets other labels.
final class LabelList: HandleObject, Sendable {
  static let magic: UInt64 = 0x4143_4C49_506C_6973  // "ACLIPlis"
  static let name = "label list"

  let set: LoadedClassifier.LabelSet
  /// 1 for a classifier's first list, one more for each that takes its place.
  let generation: Int64
  private let loaded: LoadedModel
  private let templates: Int

  init(_ set: LoadedClassifier.LabelSet, of loaded: LoadedModel, templates: Int, generation: Int64) {
    self.set = set
    self.generation = generation
    self.loaded = loaded
    self.templates = templates
  }

  /// Probabilities [videos, labels] of embeddings [videos, E], every argument checked before anything is written.
  func score(
    _ videos: UnsafePointer<Float>?, _ video_count: Int, _ scale: Float,
    _ probabilities_out: UnsafeMutablePointer<Float>?, _ probabilities_capacity: Int
  ) throws(Failure) {
    let size = loaded.configuration.embeddingSize
    let videoCount = try count(video_count, "video_count")
    _ = try product([videoCount, size, 4], "videos")
    let videos = try required(videos, "videos")
    let scale = try checkedScale(scale)
    let needed = try product([videoCount, set.count], "probabilities_out")
    let out = try output(
      probabilities_out, capacity: probabilities_capacity, needed: needed, "probabilities_out")
    try Similarity.probabilities(
      videos, videoCount, set.texts.pointer, templates: templates, classes: set.count, size: size,
      scale: scale,
      to: out)
  }
}
