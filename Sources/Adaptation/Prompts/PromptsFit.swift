import Glibc
import System

/// Chooses weights of templates for labelled videos. All choices are made by leaving clips out, so no other videos are
/// needed.
///
/// The prior is the better of two choices that use no label: the weights of `weightsWithoutLabels`, or equal ones where
/// those classify fewer videos right. The fitted weights replace the prior only where, with each clip left out in turn,
/// they classify more videos right.
public struct PromptsFit: ~Copyable {
  /// The origin of the weights that were chosen.
  public enum Origin: Int32, Sendable { case equal, withoutLabels, fitted }

  /// How well weights do on the videos.
  public struct Quality: Sendable {
    /// The number of videos whose right label has the largest probability.
    public var hits = 0
    /// The mean over videos of the log-probability of the right label.
    public var logLikelihood = 0.0
    /// The share of the videos that are hits.
    public var top1: Double { videos > 0 ? Double(hits) / Double(videos) : 0 }
    var videos = 0
  }

  /// The weights, [templates], which sum to 1.
  public private(set) var weights = GrowingArray<Double>()
  public private(set) var origin = Origin.equal
  /// The strength of the prior in the fit, as a share of the number of videos; 0 if nothing was fitted.
  public private(set) var strength = 0.0
  /// The parts in which clips were left out: one for each clip up to 64 clips, 32 for more.
  public private(set) var folds = 0
  /// Equal weights on the same videos.
  public private(set) var equal = Quality()
  /// The chosen weights; fitted ones with each clip left out.
  public private(set) var chosen = Quality()

  /// Strengths that are tried; docs/PROMPTS.md says how they were set.
  private static let strengths = [0.01, 0.03, 0.1, 0.3, 1, 3]

  /// Fits weights to the labels [videos] of a table that keeps its probabilities. Videos with the same number in `clips`
  /// [videos] are views of one clip and are left out together; nil: each is a clip. A strength given is used as it is,
  /// and the weights are fitted in any case; nil: it is chosen.
  public init(
    _ table: PromptsTable, labels: UnsafePointer<Int32>, clips: UnsafePointer<Int64>?, strength given: Double?
  ) throws(Failure) {
    let (videos, templates) = (table.videos, table.templates)
    let likelihoods = try GrowingArray<Double>(uninitialized: videos * templates)
    for video in 0..<videos {
      for template in 0..<templates {
        likelihoods.base[video * templates + template] =
          table.probabilities(of: video, in: template)[Int(labels[video])]
      }
    }
    let fold = try Folds(clips, videos)
    folds = fold.count
    let judge = try Judge(table, labels)

    let share = try GrowingArray<Double>(repeating: 1 / Double(templates), count: templates)
    equal = judge.quality(share.base)
    chosen = equal
    let zeroShot = try table.weightsWithoutLabels()
    let found = judge.quality(zeroShot.base)
    if found.hits >= equal.hits {
      share.base.update(from: zeroShot.base, count: templates)
      (origin, chosen) = (.withoutLabels, found)
    }
    weights = share

    // The strength whose fits give the clips that they did not see the largest likelihood.
    let prior = try GrowingArray<Double>(uninitialized: templates)
    prior.base.update(from: weights.base, count: templates)
    var best: (strength: Double, quality: Quality)?
    for strength in given.map({ [$0] }) ?? PromptsFit.strengths {
      let quality = try PromptsFit.qualityLeftOut(
        judge, fold, likelihoods.base, prior: prior.base, strength: strength)
      if best.map({ quality.logLikelihood > $0.quality.logLikelihood }) ?? true {
        best = (strength, quality)
      }
    }
    guard let best, given != nil || best.quality.hits > chosen.hits else { return }
    weights = try PromptsFit.fitted(
      likelihoods.base, videos: videos, prior: prior.base, templates: templates, strength: best.strength)
    (origin, strength, chosen) = (.fitted, best.strength, best.quality)
  }

  private static func fitted(
    _ likelihoods: UnsafePointer<Double>, videos: Int, prior: UnsafePointer<Double>, templates: Int,
    strength: Double, isLeftOut: (Int) -> Bool = { _ in false }
  ) throws(Failure) -> GrowingArray<Double> {
    var mixture = try PromptsMixture(prior: prior, templates: templates, strength: strength)
    try mixture.run(likelihoods, videos: videos, isLeftOut: isLeftOut)
    var weights = try GrowingArray<Double>(uninitialized: templates)
    weights.base.update(from: mixture.weights.base, count: templates)
    PromptsTable.dropNegligible(&weights)
    return weights
  }

  /// How well fits with one fold left out do on that fold, over all folds.
  private static func qualityLeftOut(
    _ judge: borrowing Judge, _ folds: borrowing Folds, _ likelihoods: UnsafePointer<Double>,
    prior: UnsafePointer<Double>, strength: Double
  ) throws(Failure) -> Quality {
    var quality = Quality()
    let of = folds.of.base
    let videos = judge.table.videos
    for fold in 0..<folds.count {
      let weights = try fitted(
        likelihoods, videos: videos, prior: prior, templates: judge.table.templates, strength: strength,
        isLeftOut: { of[$0] == fold })
      for video in 0..<videos where of[video] == fold { judge.add(video, weights.base, to: &quality) }
    }
    return quality
  }

  /// The fold in which each video is left out.
  private struct Folds: ~Copyable {
    private(set) var of = GrowingArray<Int>()
    private(set) var count = 0

    /// Clips are numbered in the order in which they first come.
    init(_ clips: UnsafePointer<Int64>?, _ videos: Int) throws(Failure) {
      of = try GrowingArray(uninitialized: videos)
      // Videos by clip and then by place, so that views of one clip are neighbours.
      var order = try GrowingArray<Int>(uninitialized: videos)
      for video in 0..<videos { order[video] = video }
      func clip(_ video: Int) -> Int64 { clips?[video] ?? Int64(video) }
      order.buffer.heapSort { (clip($0), $0) < (clip($1), $1) }
      var first = try GrowingArray<Int>(uninitialized: videos)
      for place in 0..<videos {
        let isSame = place > 0 && clip(order[place]) == clip(order[place - 1])
        first[order[place]] = isSame ? first[order[place - 1]] : order[place]
      }
      var clipCount = 0
      for video in 0..<videos where first[video] == video { clipCount += 1 }
      count = clipCount <= 64 ? clipCount : 32
      var next = 0
      for video in 0..<videos {
        if first[video] == video {
          of.base[video] = next % count
          next += 1
        } else {
          of.base[video] = of.base[first[video]]
        }
      }
    }
  }

  /// Tells whether weights classify a video right.
  private struct Judge: ~Copyable {
    let table: PromptsTable
    private let labels: UnsafePointer<Int32>
    private var mixed = GrowingArray<Double>()

    init(_ table: PromptsTable, _ labels: UnsafePointer<Int32>) throws(Failure) {
      (self.table, self.labels) = (table, labels)
      mixed = try GrowingArray(uninitialized: table.classes)
    }

    /// The quality of weights on all videos.
    func quality(_ weights: UnsafePointer<Double>) -> Quality {
      var quality = Quality()
      for video in 0..<table.videos { add(video, weights, to: &quality) }
      return quality
    }

    func add(_ video: Int, _ weights: UnsafePointer<Double>, to quality: inout Quality) {
      let sums = mixed.base
      for index in 0..<table.classes { sums[index] = 0 }
      for template in 0..<table.templates where weights[template] > 0 {
        let row = table.probabilities(of: video, in: template)
        for index in 0..<table.classes { sums[index] += weights[template] * row[index] }
      }
      let right = Int(labels[video])
      var isBest = true
      for index in 0..<table.classes where index != right {
        // The first of equal ones counts.
        if sums[index] > sums[right] || (sums[index] == sums[right] && index < right) { isBest = false }
      }
      quality.videos += 1
      quality.hits += isBest ? 1 : 0
      quality.logLikelihood += log(max(sums[right], .leastNormalMagnitude)) / Double(table.videos)
    }
  }
}
