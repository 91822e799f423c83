import CActionCLIP

/// The answer where no label is probable enough.
let noneOfThese = "none of these"

/// Labels with what scores videos against them: their words, or a classifier that learned them from clips.
struct LabelScorer {
  let labels: [String]
  /// For each label the probability below which a video shows none of the labels though it is the most probable one.
  /// The limit comes from clips, so it is 0 for labels that are known by their words alone.
  let thresholds: [Float]
  /// The labels that are known by their words alone, as far as that can be told: of a classifier without its clips,
  /// none.
  let wordLabels: [String]
  private let score: (_ videos: [Float]) throws(LibraryError) -> [Float]

  init(_ model: Model, _ labels: [String], _ texts: LabelTexts, scale: Float) {
    self.labels = labels
    wordLabels = labels
    thresholds = labels.map { _ in 0 }
    score = { (videos) throws(LibraryError) in
      try model.probabilities(videos: videos, texts, scale: scale)
    }
  }

  init(_ classifier: Classifier) throws(LibraryError) {
    let labels = try classifier.labels
    let taught = Set(try classifier.examples.map { Int($0.label) })
    let threshold = try classifier.rejectThreshold
    func isTaught(_ label: Int) -> Bool { taught.isEmpty || taught.contains(label) }
    self.labels = labels
    wordLabels = labels.indices.filter { !isTaught($0) }.map { labels[$0] }
    thresholds = labels.indices.map { isTaught($0) ? threshold : 0 }
    score = { (videos) throws(LibraryError) in try classifier.probabilities(videos: videos) }
  }

  /// Probabilities [videos, labels] from videos' rows [videos, V], each row summing to 1, but not where words score each
  /// label by itself.
  func probabilities(videos: [Float]) throws(LibraryError) -> [Float] { try score(videos) }
}
