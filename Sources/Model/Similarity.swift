import System
import Glibc
import Numerics

/// Similarity of videos and texts (paper section 3.1; reference test.py).
public enum Similarity {
  /// Writes scale · cosine to out [videos, texts]. An all-zero row has cosine 0.
  public static func logits(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, _ texts: UnsafePointer<Float>,
    _ textCount: Int, size: Int, scale: Float, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    try check(videos, videoCount, size, "video")
    try check(texts, textCount, size, "text")
    let lengths = try norms(texts, textCount, size)
    try whole(videoCount * textCount, to: out) { (logits) throws(Failure) in
      try fill(logits, videos, videoCount, texts, lengths.base, textCount, size: size, scale: scale)
    }
  }

  /// Has `fill` write `count` numbers elsewhere and copies them to `out`, since it may be cancelled half-way.
  public static func whole(
    _ count: Int, to out: UnsafeMutablePointer<Float>,
    fill: (UnsafeMutablePointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    let numbers = try FloatBuffer(count: count)
    try fill(numbers.base)
    out.update(from: numbers.base, count: count)
    extendLifetime(numbers)
  }

  /// Texts between two looks at the cancel token.
  private static let textsTogether = 64

  private static func fill(
    _ out: UnsafeMutablePointer<Float>, _ videos: UnsafePointer<Float>, _ videoCount: Int,
    _ texts: UnsafePointer<Float>, _ textNorms: UnsafePointer<Double>, _ textCount: Int, size: Int,
    scale: Float, keepsLengths: Bool = false
  ) throws(Failure) {
    for video in 0..<videoCount {
      let v = videos + video * size
      let videoNorm = keepsLengths ? 1 : norm(v, size)
      for text in 0..<textCount {
        if text % textsTogether == 0 { try checkCancelled() }
        let t = texts + text * size
        let product = videoNorm * textNorms[text]
        let cosine = product > 0 ? dotProduct(v, t, size) / product : 0
        out[video * textCount + text] = scale * Float(keepsLengths ? cosine : max(-1, min(1, cosine)))
      }
    }
  }

  /// Writes probabilities to out [videos, classes] by the reference's evaluation rule: softmax(scale · cosine) over the
  /// classes for each template of texts [templates, classes, E], then the mean over templates, weighted where `weights`
  /// are given. Equal weights give the bits of the plain mean, and templates of weight 0 are not compared. With
  /// `keepsLengths` the cosine is multiplied by the video's length. With `bias` each class is scored by itself:
  /// sigmoid(scale · cosine + bias) in place of the softmax (SigLIP, arXiv 2303.15343).
  public static func probabilities(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, _ texts: UnsafePointer<Float>,
    templates: Int, classes: Int, size: Int, scale: Float, bias: Float? = nil,
    weights: TemplateWeights? = nil, keepsLengths: Bool = false, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let scores = try FloatBuffer(count: classes)
    let score = scores.base
    defer { withExtendedLifetime((scores, weights)) {} }
    let lengths = try norms(texts, templates * classes, size)
    let shares = weights?.areEqual == true ? nil : weights?.view
    try check(videos, videoCount, size, "video")
    try check(texts, templates * classes, size, "text")
    try whole(videoCount * classes, to: out) { (probabilities) throws(Failure) in
      for video in 0..<videoCount {
        let row = probabilities + video * classes
        for template in 0..<templates where shares?[template] != 0 {
          let own = texts + template * classes * size
          try fill(
            score, videos + video * size, 1, own, lengths.base + template * classes, classes, size: size,
            scale: scale, keepsLengths: keepsLengths)
          if let bias { sigmoid(score, classes, bias) } else { softmax(score, classes) }
          if let shares {
            for i in 0..<classes { row[i] += score[i] * shares[template] }
          } else {
            for i in 0..<classes { row[i] += score[i] / Float(templates) }
          }
        }
        // The mean of eleven numbers of 1 is rounded to more.
        for i in 0..<classes { row[i] = min(row[i], 1) }
      }
    }
  }

  /// Throws, naming the row, unless embeddings [count, size] are finite.
  public static func check(
    _ rows: UnsafePointer<Float>, _ count: Int, _ size: Int, _ what: String
  ) throws(Failure) {
    for row in 0..<count where !allFinite(rows + row * size, count: size) {
      throw Failure(.notFinite, "\(what) embedding \(row) holds NaN or infinity")
    }
  }

  // Sums in Double: an embedding's square may be outside fp32.
  private static func dotProduct(
    _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ size: Int
  ) -> Double {
    var sum = 0.0
    for i in 0..<size { sum += Double(a[i]) * Double(b[i]) }
    return sum
  }

  private static func norm(_ a: UnsafePointer<Float>, _ size: Int) -> Double {
    dotProduct(a, a, size).squareRoot()
  }

  /// The norm of each row, so that it is computed once for all videos. [rows]
  private static func norms(
    _ rows: UnsafePointer<Float>, _ count: Int, _ size: Int
  ) throws(Failure) -> GrowingArray<Double> {
    let norms = try GrowingArray<Double>(uninitialized: count)
    for row in 0..<count {
      if row % textsTogether == 0 { try checkCancelled() }
      norms.base[row] = norm(rows + row * size, size)
    }
    return norms
  }

  private static func sigmoid(_ x: UnsafeMutablePointer<Float>, _ count: Int, _ bias: Float) {
    for i in 0..<count { x[i] = Float(1 / (1 + exp(-(Double(x[i]) + Double(bias))))) }
  }

  private static func softmax(_ x: UnsafeMutablePointer<Float>, _ count: Int) {
    var peak = x[0]
    for i in 1..<max(count, 1) { peak = max(peak, x[i]) }
    var sum = 0.0
    for i in 0..<count {
      let e = exp(Double(x[i] - peak))
      x[i] = Float(e)
      sum += e
    }
    for i in 0..<count { x[i] = Float(Double(x[i]) / sum) }
  }
}
