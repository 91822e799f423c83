import Glibc
import Model
import Numerics
import System
import Training

/// What a tuned model makes of clips.
public struct TunerScore: Sendable {
  public let clips, right, amongFive: Int
  /// The mean of -log of the probability of a clip's labels, in equal shares.
  public let loss: Double
}

extension ModelTuner {
  /// A new model of base and tuned weights at a share from 0 to 1; nil: the recipe's.
  public func model(share: Double?) throws(Failure) -> LoadedModel {
    let network = try prepared().tuner.model(share: share, loaded.network(precision: loaded.model.precision))
    return try LoadedModel(loaded, network, labels: labels)
  }

  /// Scores the first view of each clip, against the mean of each label's texts.
  public func evaluate(heldOut isHeldOut: Bool, share: Double?) throws(Failure) -> TunerScore {
    let clips = isHeldOut ? heldOut : trained
    guard !clips.isEmpty else {
      throw Failure(
        .notEnoughExamples, isHeldOut ? "no clip is held out" : "the tuner has no clip to train on")
    }
    let model = try prepared().tuner.model(share: share, loaded.network(precision: .fp32))
    let size = model.configuration.embeddingSize
    let means = try labelMeans(model)
    let pixels = try FloatBuffer(count: numbersPerView)
    let video = try FloatBuffer(count: size)
    let scores = try FloatBuffer(count: labelCount)
    var (right, amongFive, loss) = (0, 0, 0.0)
    for index in 0..<clips.count {
      try checkCancelled()
      let clip = clips[index]
      clip.write(view: 0, to: pixels.base)
      do throws(Failure) {
        try model.encode(PixelFrames(pixels.base), videos: 1, videoOut: video.base, frameOut: nil)
      } catch { throw error.about("clip \(index)") }
      try Similarity.probabilities(
        video.base, 1, means.base, templates: 1, classes: labelCount, size: size, scale: model.logitScale,
        to: scores.base)
      var (best, logs): (Float, Double) = (0, 0)
      for label in clip.labels.view {
        let score = scores.base[Int(label)]
        best = max(best, score)
        logs -= log(max(Double(score), 1e-38))
      }
      loss += logs / Double(clip.labels.count)
      var above = 0
      for label in 0..<labelCount where scores.base[label] > best { above += 1 }
      if above == 0 { right += 1 }
      if above < 5 { amongFive += 1 }
    }
    extendLifetime((pixels, video, scores, means))
    return TunerScore(
      clips: clips.count, right: right, amongFive: amongFive, loss: loss / Double(clips.count))
  }

  /// The mean of each label's texts, each scaled to unit length, [labels, E].
  private func labelMeans(_ model: ActionCLIP) throws(Failure) -> FloatBuffer {
    let size = model.configuration.embeddingSize
    let rows = try FloatBuffer(count: product([texts.count, size], "labels"))
    try model.encode(tokens: texts.rows, rows: texts.count, to: rows.base)
    let mean = try UnitMean(labels: labelCount, size: size)
    for row in 0..<texts.count { mean.add(rows.base + row * size, to: texts.label(of: row), weight: 1) }
    let out = try FloatBuffer(count: product([labelCount, size], "labels"))
    mean.write(to: out.base)
    extendLifetime(rows)
    return out
  }
}

extension LoadedModel {
  /// A new model of (1 - share) · this one's weights + share · `other`'s, and all else of this one. Throws unless both
  /// have the same parameters and options.
  public func interpolated(with other: LoadedModel, share: Double) throws(Failure) -> LoadedModel {
    guard (0...1).contains(share) else { throw .argument("share is \(share), expected 0 to 1") }
    let (a, b) = (configuration, other.configuration)
    let names = (model.parameters.map(\.name), other.model.parameters.map(\.name))
    let shapes = (model.parameters.map(\.shape), other.model.parameters.map(\.shape))
    let hasSameOptions =
      a.head == b.head && a.frames == b.frames && a.joint == b.joint
      && a.temporalShift == b.temporalShift && a.temporalView == b.temporalView
      && a.activation == b.activation
    guard names.0 == names.1, shapes.0 == shapes.1, hasSameOptions else {
      throw Failure(
        .optionConflict,
        "the two models are different networks; weights can be mixed only of models with the same sizes and options"
      )
    }
    let network = try model.remade(
      from: MixedTensors(other.model, base: model, share: share),
      network(precision: model.precision))
    return try LoadedModel(self, network, labels: nil)
  }
}
