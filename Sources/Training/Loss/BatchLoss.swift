import Glibc
import Numerics
import System

/// The loss that a batch is trained by.
public enum TrainingLoss: Sendable {
  /// The paper's (section 3.1; reference train.py): KL divergence, videos to texts and texts to videos, between
  /// softmax(10 G) and the softmax of the logits, where G is 1 for clips that have a label in common. There is one text
  /// for each clip.
  case multiPositive
  /// Cross-entropy of each clip over all labels, with equal shares where it has several. There is one text for each
  /// label.
  case crossEntropy
}

/// The loss of one batch, and its gradients.
public struct BatchLoss {
  /// The mean of both ways; with cross-entropy that of the videos alone.
  public let loss: Double
  /// The divergence of the videos' rows and of the texts', as sum over the batch / B; cross-entropy has none of texts.
  public let videoLoss, textLoss: Double
  /// The gradient of logit_scale, whose exp multiplies the cosines.
  public let logScaleGradient: Double
  /// The gradients of the embeddings before they are scaled to unit length, [B, E] and [texts, E].
  public let videoGradient, textGradient: FloatBuffer

  /// Computes the loss of `videos` [B, E] and `texts` [texts, E], which are not normalised. exp(`logScale`) multiplies
  /// their cosines.
  public init(
    _ kind: TrainingLoss, videos: UnsafePointer<Float>, labels: LabelSets, texts: UnsafePointer<Float>,
    textCount: Int, size: Int, logScale: Double, pool: ThreadPool? = nil
  ) throws(Failure) {
    let count = labels.count
    guard count > 0, textCount > 0, kind == .crossEntropy || textCount == count else {
      throw .argument("a batch of \(count) clips has \(textCount) texts")
    }
    let v = try UnitRows(videos, count: count, size: size)
    let t = try UnitRows(texts, count: textCount, size: size)
    let scale = exp(logScale)
    let logits = try DenseMatrix(rows: count, columns: textCount)
    try logits.view.addProduct(v.unit.view, t.unit.view.transposed, scale: scale, pool: pool)
    let slopes: DenseMatrix  // the logits' gradient
    switch kind {
    case .multiPositive:
      (videoLoss, textLoss, slopes) = try BatchLoss.divergence(
        logits, targets: try BatchLoss.targets(labels))
      loss = (videoLoss + textLoss) / 2
    case .crossEntropy:
      slopes = try BatchLoss.copy(logits.view)
      let targets = try BatchLoss.shares(labels, textCount)
      (videoLoss, textLoss) = (try BatchLoss.replaceBySlopes(slopes, targets, addingEntropy: false), 0)
      loss = videoLoss
    }
    logScaleGradient = (0..<count).reduce(0) {
      $0 + DenseVector.dot(slopes.row($1), logits.row($1), textCount)
    }
    extendLifetime((slopes, logits))
    videoGradient = try FloatBuffer(count: count * size)
    textGradient = try FloatBuffer(count: textCount * size)
    let forVideos = try DenseMatrix(rows: count, columns: size)
    try forVideos.view.addProduct(slopes.view, t.unit.view, scale: scale, pool: pool)
    v.writeGradient(forVideos, to: videoGradient.base)
    let forTexts = try DenseMatrix(rows: textCount, columns: size)
    try forTexts.view.addProduct(slopes.view.transposed, v.unit.view, scale: scale, pool: pool)
    t.writeGradient(forTexts, to: textGradient.base)
  }

  /// Bytes that computing the loss takes at most, of so many clips and texts whose embeddings have `size` numbers.
  static func memory(_ kind: TrainingLoss, clips: Int, texts: Int, size: Int) -> Int {
    // Unit vectors, their lengths, and their gradients before and after they are scaled back.
    func embeddings(_ rows: Int) -> Int {
      2 * DenseMatrix.bytes(rows: rows, columns: size) + DenseMatrix.bytes(rows: rows, columns: 1) + 4 * rows
        * size
    }
    // Logits, targets and slopes, which the paper's loss has of both ways.
    let logits = DenseMatrix.bytes(rows: clips, columns: texts)
    return embeddings(clips) + embeddings(texts) + (kind == .multiPositive ? 4 : 3) * logits
  }

  /// Whether loss and gradients are numbers.
  public var isFinite: Bool {
    loss.isFinite && logScaleGradient.isFinite && videoGradient.isFinite && textGradient.isFinite
  }

  /// Both ways' divergences of the logits from the targets, which are those of both, and the gradient of their mean.
  private static func divergence(
    _ logits: DenseMatrix, targets: DenseMatrix
  ) throws(Failure) -> (videos: Double, texts: Double, slopes: DenseMatrix) {
    let slopes = try copy(logits.view)
    let turned = try copy(logits.view.transposed)
    let videos = try replaceBySlopes(slopes, targets, addingEntropy: true)
    let texts = try replaceBySlopes(turned, targets, addingEntropy: true)
    for row in 0..<slopes.rows {
      let own = slopes.row(row)
      for column in 0..<slopes.columns { own[column] = (own[column] + turned.row(column)[row]) / 2 }
    }
    extendLifetime((slopes, turned))
    return (videos, texts, slopes)
  }

  private static func copy(_ view: MatrixView) throws(Failure) -> DenseMatrix {
    let copy = try DenseMatrix(rows: view.rows, columns: view.columns)
    copy.view.copy(view)
    return copy
  }

  /// softmax(10 G) by rows; G is symmetric, so these are the texts' targets too.
  private static func targets(_ labels: LabelSets) throws(Failure) -> DenseMatrix {
    let targets = try DenseMatrix(rows: labels.count, columns: labels.count)
    for row in 0..<labels.count {
      try checkCancelled()
      let own = targets.row(row)
      var sum = 0.0
      for column in 0..<labels.count {
        own[column] = labels.intersect(row, column) ? 1 : exp(-10)
        sum += own[column]
      }
      for column in 0..<labels.count { own[column] /= sum }
    }
    extendLifetime(targets)
    return targets
  }

  /// Equal shares of each clip's labels, [B, labels].
  private static func shares(_ labels: LabelSets, _ count: Int) throws(Failure) -> DenseMatrix {
    let shares = try DenseMatrix(rows: labels.count, columns: count)
    for clip in 0..<labels.count {
      let own = labels[clip]
      for label in own {
        guard label < count else {
          throw .argument("clip \(clip) has label \(label), and there are \(count) labels")
        }
        shares[clip, Int(label)] += 1 / Double(own.count)
      }
    }
    extendLifetime(labels)
    return shares
  }

  /// Returns the mean over rows of the cross-entropy of the logits' softmax with the targets, less the targets' own
  /// entropy where it is wanted, and replaces the logits by its gradient.
  private static func replaceBySlopes(
    _ logits: DenseMatrix, _ targets: DenseMatrix, addingEntropy: Bool
  ) throws(Failure) -> Double {
    let (rows, columns) = (logits.rows, logits.columns)
    var total = 0.0
    for row in 0..<rows {
      try checkCancelled()
      let (own, target) = (logits.row(row), targets.row(row))
      var (peak, sum) = (own[0], 0.0)
      for i in 0..<columns { peak = max(peak, own[i]) }
      for i in 0..<columns { sum += exp(own[i] - peak) }
      let logSum = peak + log(sum)
      for i in 0..<columns {
        let logProbability = own[i] - logSum
        if target[i] > 0 { total += target[i] * ((addingEntropy ? log(target[i]) : 0) - logProbability) }
        own[i] = (exp(logProbability) - target[i]) / Double(rows)
      }
    }
    extendLifetime((logits, targets))
    return total / Double(rows)
  }
}
