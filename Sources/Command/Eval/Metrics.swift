/// The classes that a scored video shows, and the score of every class. Classes are indices.
struct Scored {
  let classes: [Int]
  /// The score of each class, [classes].
  let scores: [Float]

  /// The number of classes ranked before `place`: those with a higher score, and among equal scores those earlier in
  /// the label file.
  func rank(of place: Int) -> Int {
    let score = scores[place]
    var ahead = 0
    for (other, value) in scores.enumerated() where value > score || (value == score && other < place) {
      ahead += 1
    }
    return ahead
  }

  /// The best `count` classes, the best first.
  func best(_ count: Int) -> ArraySlice<Int> {
    scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }.prefix(count)
  }
}

/// A share with its 95 % confidence interval.
struct Proportion {
  let hits: Int
  let of: Int

  var value: Double { of == 0 ? .nan : Double(hits) / Double(of) }

  /// Wilson's score interval (E. B. Wilson, 1927). It stays inside 0...1 and holds for small counts and for shares
  /// near 0 and 1.
  var interval: (low: Double, high: Double) {
    guard of > 0 else { return (.nan, .nan) }
    let (n, p) = (Double(of), value)
    let z = 1.959963984540054  // the normal distribution's 97.5 % point
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    return (max(0, centre - half), min(1, centre + half))
  }

  /// The share, what it is of, and its interval, for people.
  var shown: String {
    let (low, high) = interval
    return EvalReport.percent(value)
      + formatted("  (%d of %d, 95 %% interval %.2f to %.2f)", hits, of, low * 100, high * 100)
  }

  var json: JSONValue {
    let (low, high) = interval
    return [
      "accuracy": .double(value), "correct": .int(Int64(hits)), "of": .int(Int64(of)), "low": .double(low),
      "high": .double(high),
    ]
  }
}

/// Accuracy and confusion for videos that each show one class.
struct SingleLabelMetrics {
  struct Cell {
    let shown: Int
    let predicted: Int
    let count: Int
  }
  let top1: Proportion
  let top5: Proportion
  /// The accuracy of each class, over 0 videos where none shows it.
  let classes: [Proportion]
  /// The entries of the confusion matrix that are not 0, ordered by class shown, then by class predicted.
  let confusion: [Cell]

  init(_ videos: [Scored], classCount: Int) {
    var (first, firstFive) = (0, 0)
    var hits = [Int](repeating: 0, count: classCount)
    var shown = hits
    var counts: [Int: Int] = [:]
    for video in videos {
      guard let truth = video.classes.first, let predicted = video.best(1).first else { continue }
      let rank = video.rank(of: truth)
      first += rank == 0 ? 1 : 0
      firstFive += rank < 5 ? 1 : 0
      hits[truth] += rank == 0 ? 1 : 0
      shown[truth] += 1
      counts[truth * classCount + predicted, default: 0] += 1
    }
    top1 = Proportion(hits: first, of: videos.count)
    top5 = Proportion(hits: firstFive, of: videos.count)
    classes = zip(hits, shown).map { Proportion(hits: $0, of: $1) }
    confusion = counts.keys.sorted().map {
      Cell(shown: $0 / classCount, predicted: $0 % classCount, count: counts[$0] ?? 0)
    }
  }

  /// The mean accuracy of the classes that some video shows.
  var meanClassAccuracy: Double { mean(classes.filter { $0.of > 0 }.map(\.value)) }
}

/// Average precision for videos that each show any number of classes, as in Charades.
struct MultiLabelMetrics {
  struct ClassPrecision {
    /// The number of videos that show the class.
    let videos: Int
    /// The average precision, NaN where no video shows the class.
    let average: Double
  }
  let classes: [ClassPrecision]

  init(_ videos: [Scored], classCount: Int) {
    classes = (0..<classCount).map { place in
      let shows = videos.map { $0.classes.contains(place) }
      return ClassPrecision(
        videos: shows.count { $0 },
        average: MultiLabelMetrics.averagePrecision(videos.map { $0.scores[place] }, shows: shows))
    }
  }

  /// Average precision (Charades_v1_classify.m): for each video that shows the class, the share of such videos among
  /// those that score as high or higher; then the mean. Equal scores count in the order of the list.
  static func averagePrecision(_ scores: [Float], shows: [Bool]) -> Double {
    let order = scores.indices.sorted { (scores[$0], $1) > (scores[$1], $0) }
    var found = 0
    var sum = 0.0
    for (place, video) in order.enumerated() where shows[video] {
      found += 1
      sum += Double(found) / Double(place + 1)
    }
    return sum / Double(found)
  }

  private var shown: [ClassPrecision] { classes.filter { $0.videos > 0 } }

  /// mAP: the mean over the classes that some video shows.
  var meanAveragePrecision: Double { mean(shown.map(\.average)) }

  /// The mean average precision with each class weighted by the number of videos that show it.
  var weightedAveragePrecision: Double {
    shown.reduce(0) { $0 + $1.average * Double($1.videos) } / Double(shown.reduce(0) { $0 + $1.videos })
  }
}

private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
