import Glibc
import Numerics
import System

/// Dropout while a temporal head is trained (torch.nn.Dropout): numbers become zero by chance, and those that are left
/// grow by as much as makes up for it. Which ones follows from the seed alone, so that a pass that runs again drops the
/// same, and so does the gradient's.
struct HeadDropout: Sendable {
  /// The share that is dropped, above 0 and below 1.
  let rate: Double
  let seed: UInt64

  /// The place of a dropout in a layer of torch.nn.TransformerEncoder.
  enum Place: UInt64 {
    case weights, attended, hidden, projected
  }

  /// The factors of one place of a layer, 0 or 1 / (1 - rate), one after the other.
  struct Factors {
    private var random: SplitMix64
    private let rate: Double
    private let kept: Float

    fileprivate init(_ random: SplitMix64, rate: Double) {
      (self.random, self.rate, kept) = (random, rate, Float(1 / (1 - rate)))
    }

    mutating func next() -> Float { random.uniform() < rate ? 0 : kept }
  }

  func factors(layer: Int, _ place: Place) -> Factors {
    Factors(SplitMix64(seed: seed, stream: UInt64(layer) * 4 + place.rawValue), rate: rate)
  }

  /// Multiplies rows by the factors of a place: activations, or their gradients.
  func apply(layer: Int, _ place: Place, rows: Int, width: Int, _ x: FloatRows) {
    var factors = factors(layer: layer, place)
    for row in 0..<rows {
      let own = x[row]
      for i in 0..<width { own[i] *= factors.next() }
    }
  }
}

/// Attention of one short sequence whose weights are dropped at random, forward and backward, in fp32.
struct DroppedAttention {
  let length, width, heads: Int
  let factors: HeadDropout.Factors
  /// Room for a row's weights, their factors and their gradients, [3, length].
  let scratch: UnsafeMutablePointer<Float>

  private var size: Int { width / heads }
  private var scale: Float { 1 / Float(size).squareRoot() }

  /// Calls `body` with each head's first column and each row, whose weights and factors are then in `scratch`.
  private func forEachRow(_ qkv: FloatRows, _ body: (_ column: Int, _ row: Int) -> Void) {
    var factors = factors
    let (weights, kept) = (scratch, scratch + length)
    for head in 0..<heads {
      let column = head * size
      for row in 0..<length {
        let query = qkv[row] + column
        var peak = -Float.infinity
        for other in 0..<length {
          weights[other] = scale * DroppedAttention.product(query, qkv[other] + width + column, size)
          peak = max(peak, weights[other])
        }
        var sum: Float = 0
        for other in 0..<length {
          weights[other] = expf(weights[other] - peak)
          sum += weights[other]
        }
        for other in 0..<length {
          weights[other] /= sum
          kept[other] = factors.next()
        }
        body(column, row)
      }
    }
  }

  private static func product(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
    var sum: Float = 0
    for i in 0..<count { sum += a[i] * b[i] }
    return sum
  }

  /// Writes the results of queries, keys and values [length, 3 W] to `out` [length, W].
  func apply(_ qkv: FloatRows, to out: FloatRows) {
    let (weights, kept) = (scratch, scratch + length)
    forEachRow(qkv) { (column, row) in
      let to = out[row] + column
      to.update(repeating: 0, count: size)
      for other in 0..<length where kept[other] != 0 {
        let (factor, value) = (weights[other] * kept[other], qkv[other] + 2 * width + column)
        for i in 0..<size { to[i] += factor * value[i] }
      }
    }
  }

  /// Writes the gradient of queries, keys and values to `gradient` [length, 3 W], from that of the results, `dout`.
  func backward(_ qkv: FloatRows, dout: FloatRows, to gradient: FloatRows) {
    let (weights, kept, slopes) = (scratch, scratch + length, scratch + 2 * length)
    gradient.clear(rows: length, width: 3 * width)
    forEachRow(qkv) { (column, row) in
      let own = dout[row] + column
      var mean: Float = 0
      for other in 0..<length {
        let (value, sum) = (qkv[other] + 2 * width + column, gradient[other] + 2 * width + column)
        let factor = weights[other] * kept[other]
        slopes[other] = kept[other] * DroppedAttention.product(own, value, size)
        mean += weights[other] * slopes[other]
        for i in 0..<size { sum[i] += factor * own[i] }
      }
      let (query, sum) = (qkv[row] + column, gradient[row] + column)
      for other in 0..<length {
        let slope = scale * weights[other] * (slopes[other] - mean)
        let (key, keySum) = (qkv[other] + width + column, gradient[other] + width + column)
        for i in 0..<size {
          sum[i] += slope * key[i]
          keySum[i] += slope * query[i]
        }
      }
    }
  }
}
