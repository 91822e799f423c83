import Glibc
import Numerics
import System

/// The probabilities of classes for n videos in each of P templates, and a score of each template that needs no labels.
public final class PromptsTable: @unchecked Sendable {
  // Unchecked: the table does not change once it is made.
  public let videos: Int
  public let templates: Int
  public let classes: Int
  /// softmax(scale · cosine) over the classes, [videos, templates, classes]; empty if they are not kept.
  private var probabilities = GrowingArray<Double>()
  /// How far the best class of a video stands out in a template, on average; see `weightsWithoutLabels`. [templates]
  private var scores: GrowingArray<Double>

  /// Compares videos [n, E] with texts [P, C, E], one template at a time.
  public init(
    videos rows: UnsafePointer<Float>, _ count: Int, texts: UnsafePointer<Float>, templates: Int,
    classes: Int, size: Int, scale: Float, keepsProbabilities: Bool, pool: ThreadPool? = nil
  ) throws(Failure) {
    (videos, self.templates, self.classes) = (count, templates, classes)
    scores = try GrowingArray(uninitialized: templates)
    if keepsProbabilities {
      let (perVideo, overflow) = templates.multipliedReportingOverflow(by: classes)
      let (all, tooMany) = perVideo.multipliedReportingOverflow(by: count)
      guard !overflow, !tooMany else { throw .outOfMemory(bytes: Int.max) }
      probabilities = try GrowingArray(uninitialized: all)
    }
    let units = try PromptsTable.unitRows(rows, count, size, "videos")
    for template in 0..<templates {
      let words = try PromptsTable.unitRows(texts + template * classes * size, classes, size, "texts")
      let cosines = try DenseMatrix(rows: count, columns: classes)
      try cosines.view.addProduct(units.view, words.view.transposed, pool: pool)
      scores[template] = try PromptsTable.score(cosines) * Double(scale) / 2
      if keepsProbabilities { fill(template, cosines, scale: Double(scale)) }
    }
  }

  /// The probabilities of the classes for a video in a template, [classes]; valid for as long as the table is.
  func probabilities(of video: Int, in template: Int) -> UnsafePointer<Double> {
    UnsafePointer(probabilities.base) + (video * templates + template) * classes
  }

  /// Weights of the templates without any label: the softmax over templates of half the scale times the mean over videos
  /// of max over classes of (cosine - the class's mean cosine over the videos). Weights that are negligible are 0.
  ///
  /// The idea is ZPE's (arXiv 2302.06235, section 3): a template fits where some class stands out, once what a class has
  /// for every video is taken away. ZPE also takes away the mean over pre-training images, which a host does not have.
  public func weightsWithoutLabels() throws(Failure) -> GrowingArray<Double> {
    var weights = try GrowingArray<Double>(uninitialized: templates)
    let best = scores.view.max() ?? 0
    for template in 0..<templates { weights[template] = exp(scores[template] - best) }
    PromptsTable.normalize(&weights)
    PromptsTable.dropNegligible(&weights)
    return weights
  }

  /// Sets weights below 1e-3, and below a tenth of an equal share, to 0, and divides the others by their sum.
  static func dropNegligible(_ weights: inout GrowingArray<Double>) {
    let least = min(1e-3, 0.1 / Double(max(weights.count, 1)))
    for index in 0..<weights.count where weights[index] < least { weights[index] = 0 }
    normalize(&weights)
  }

  private static func normalize(_ weights: inout GrowingArray<Double>) {
    let sum = weights.view.reduce(0, +)
    for index in 0..<weights.count { weights[index] /= sum }
  }

  /// The mean over rows of the largest element less its column's mean. cosines: [videos, classes]
  private static func score(_ cosines: DenseMatrix) throws(Failure) -> Double {
    var best = 0.0
    let count = Double(cosines.rows)
    var means = try GrowingArray<Double>(repeating: 0, count: cosines.columns)
    for row in 0..<cosines.rows {
      for column in 0..<cosines.columns { means[column] += cosines[row, column] / count }
    }
    for row in 0..<cosines.rows {
      var largest = -Double.infinity
      for column in 0..<cosines.columns { largest = max(largest, cosines[row, column] - means[column]) }
      best += largest / count
    }
    return best
  }

  /// Takes the softmax of each row of cosines [videos, classes].
  private func fill(_ template: Int, _ cosines: DenseMatrix, scale: Double) {
    for video in 0..<videos {
      let row = probabilities.base + (video * templates + template) * classes
      for index in 0..<classes { row[index] = scale * cosines[video, index] }
      softmax(row, classes)
    }
  }

  /// Rows of floats as doubles of unit length; a row of zeros stays one.
  private static func unitRows(
    _ rows: UnsafePointer<Float>, _ count: Int, _ size: Int, _ name: String
  ) throws(Failure) -> DenseMatrix {
    let units = try DenseMatrix(rows: count, columns: size, floats: rows, stride: size)
    for row in 0..<count {
      guard allFinite(rows + row * size, count: size) else {
        throw Failure(.notFinite, "\(name): embedding \(row) holds NaN or infinity")
      }
      var squares = 0.0
      for column in 0..<size { squares += units[row, column] * units[row, column] }
      let length = squares.squareRoot()
      guard length > 0 else { continue }
      for column in 0..<size { units[row, column] /= length }
    }
    return units
  }
}
