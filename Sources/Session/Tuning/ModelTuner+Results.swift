import Glibc
import Model
import Numerics
import System
import TensorNames
import Training

/// The score of a model on clips.
public struct TunerScore: Sendable {
  public let clips, right, amongFive: Int
  /// The mean of -log of the probability of a clip's labels, in equal shares.
  public let loss: Double
}

extension ModelTuner {
  /// A new model of base and tuned weights at a share from 0 to 1; nil: the recipe's.
  public func model(share: Double?) throws(Failure) -> LoadedModel {
    let network = try prepared().tuner.model(share: share, loaded.network(precision: loaded.model.precision))
    return try LoadedModel(loaded, network, labels: labels, templates: context?.templates)
  }

  /// Scores the first view of each clip, as it is at test time, against the mean of each label's texts.
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
      do throws(Failure) {
        try clip.writeAtTestTime(to: pixels.base)
        try model.encode(PixelFrames(pixels.base), videos: 1, videoOut: video.base, frameOut: nil)
      } catch { throw error.about("clip \(index)") }
      try Similarity.probabilities(
        video.base, 1, means.base, templates: 1, classes: labelCount, size: size, scale: model.logitScale,
        keepsLengths: model.configuration.scoresFrames, to: scores.base)
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
  /// have the same parameters and options, but for the bias of sigmoids, which a tuned model has not.
  public func interpolated(with other: LoadedModel, share: Double) throws(Failure) -> LoadedModel {
    guard (0...1).contains(share) else { throw .argument("share is \(share), expected 0 to 1") }
    if let difference = difference(from: other) {
      throw Failure(
        .optionConflict,
        "the two models are different networks, so their weights cannot be mixed: \(difference)")
    }
    let network = try model.remade(
      from: MixedTensors(other.model, base: model, share: share),
      network(precision: model.precision))
    return try LoadedModel(self, network, labels: nil)
  }

  /// Says the first thing in which the networks differ; nil if they have the same parameters and options.
  private func difference(from other: LoadedModel) -> String? {
    let (a, b) = (configuration, other.configuration)
    func said(_ what: String, _ one: String, _ second: String) -> String? {
      one == second ? nil : "\(what) is \(one) in the first and \(second) in the second"
    }
    let options = [
      said("the temporal head", a.head.name, b.head.name),
      said("the number of frames", "\(a.frames)", "\(b.frames)"),
      said("joint", "\(a.joint)", "\(b.joint)"),
      said("the temporal shift", "\(a.temporalShift)", "\(b.temporalShift)"),
      said("the temporal view", "\(a.temporalView)", "\(b.temporalView)"),
      said("the activation", "\(a.activation)", "\(b.activation)"),
      said(
        "the number of X-CLIP's heads", "\(a.integrationHeads) and \(a.promptHeads)",
        "\(b.integrationHeads) and \(b.promptHeads)"),
    ]
    if let first = options.compactMap({ $0 }).first { return first }
    func compared(_ model: ActionCLIP) -> [Parameter] {
      model.parameters.filter { $0.name != TensorNames.logitBias }
    }
    let (ours, theirs) = (compared(model), compared(other.model))
    let places = Dictionary(
      theirs.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    for parameter in ours {
      guard let place = places[parameter.name] else { return "\(parameter.name) is in the first alone" }
      if let found = said(parameter.name, "\(parameter.shape)", "\(theirs[place].shape)") { return found }
    }
    let names = Set(ours.map(\.name))
    return theirs.first { !names.contains($0.name) }.map { "\($0.name) is in the second alone" }
  }
}
