import System

/// A threshold on a score: a video whose score is below it shows none of the labels.
public struct RejectRule: Sendable, Equatable, BitwiseCopyable {
  /// The largest threshold that accepts the wanted share of known clips; 0, which accepts every video, where there are none.
  public internal(set) var threshold = 0.0
  /// Known clips that the threshold accepts.
  public internal(set) var accepted = Share()
  /// Unknown clips that the threshold rejects; of 0 where nothing can be said of unknown clips.
  public internal(set) var rejected = Share()
  /// The area under the ROC curve: the probability that a known clip has a larger score than an unknown one. 0 where
  /// either has no clips.
  public internal(set) var area = 0.0
}

/// Scores of known and of unknown clips.
final class RejectScores {
  let known: WeightedScores
  let unknown: WeightedScores

  /// - Parameter count: the most scores of each that are added.
  init(_ count: Int) throws(Failure) {
    known = try WeightedScores(count)
    unknown = try WeightedScores(count)
  }

  func rule(_ acceptRate: Double) -> RejectRule {
    known.sort()
    unknown.sort()
    var rule = RejectRule()
    rule.threshold = known.threshold(acceptRate)
    rule.accepted = Share(hits: known.weight(atLeast: rule.threshold), of: known.weight)
    rule.rejected = Share(
      hits: unknown.weight - unknown.weight(atLeast: rule.threshold), of: unknown.weight)
    rule.area = known.probabilityAbove(unknown)
    return rule
  }
}

/// Scores that count more or less.
final class WeightedScores {
  private struct Element: BitwiseCopyable { var score, weight: Double }

  private let elements: GrowingArray<Element>
  private var count = 0
  private(set) var weight = 0.0

  init(_ capacity: Int) throws(Failure) { elements = try GrowingArray(uninitialized: capacity) }

  func add(_ score: Double, weight: Double) {
    elements.base[count] = Element(score: score, weight: weight)
    count += 1
    self.weight += weight
  }

  /// Puts the largest first.
  func sort() {
    UnsafeMutableBufferPointer(rebasing: elements.buffer[0..<count]).heapSort {
      ($0.score, $0.weight) > ($1.score, $1.weight)
    }
  }

  /// The largest score that, with those above it, has this share of the weight; 0 if there are none. Sorted scores.
  func threshold(_ share: Double) -> Double {
    var sum = 0.0
    for index in 0..<count {
      sum += elements[index].weight
      if sum >= share * weight - 1e-9 { return elements[index].score }
    }
    return count > 0 ? elements[count - 1].score : 0
  }

  /// The weight of sorted scores that are at least this large.
  func weight(atLeast threshold: Double) -> Double {
    var sum = 0.0
    for index in 0..<count where elements[index].score >= threshold { sum += elements[index].weight }
    return sum
  }

  /// The probability that one of these scores is larger than one of the others, plus half of that of equal ones; 0 if
  /// either has none. Sorted scores.
  func probabilityAbove(_ others: WeightedScores) -> Double {
    guard weight > 0, others.weight > 0 else { return 0 }
    var (sum, above, equal, next) = (0.0, 0.0, 0.0, 0)
    var place = 0  // of the first other score that is not larger
    for index in 0..<count {
      let score = elements[index].score
      while place < others.count, others.elements[place].score > score {
        above += others.elements[place].weight
        place += 1
      }
      (equal, next) = (0, place)
      while next < others.count, others.elements[next].score == score {
        equal += others.elements[next].weight
        next += 1
      }
      sum += elements[index].weight * (others.weight - above - equal / 2)
    }
    return sum / (weight * others.weight)
  }
}
