import System
internal import CResample

/// OpenCV's bilinear weights along one axis (imgproc/resize.cpp, INTER_LINEAR of 8 bits), for the output
/// positions of the crop alone.
///
/// An output pixel is interpolated between two source pixels at any scale: nothing is averaged. Positions are
/// computed in double and kept in single precision; weights are rounded to 11 fractional bits, half to even.
struct BilinearAxis: ~Copyable {
  let count: Int
  /// The two source positions of each output position, inside the image.
  let before: GrowingArray<Int32>  // [count]
  let after: GrowingArray<Int32>  // [count]
  /// Weights of the pixels at `before` and `after`, 0...2048; a pair sums up to 2048.
  let weights: GrowingArray<Int16>  // [count, 2]

  /// The treatment of positions beyond the first and last source pixel.
  enum Edge {
    /// Uses the nearest pixel alone, as OpenCV does for columns.
    case single
    /// Uses the nearest pixel twice, each time with its weight, as OpenCV does for rows. The two products are rounded
    /// one by one.
    case twice
  }

  /// Weights for output positions `first ..< first + count` of an axis of `source` pixels resized to
  /// `resized` pixels.
  init(
    source: Int, resized: Int, first: Int, count: Int, edge: Edge
  ) throws(Failure) {
    let before = try GrowingArray<Int32>(uninitialized: count)
    let after = try GrowingArray<Int32>(uninitialized: count)
    let weights = try GrowingArray<Int16>(uninitialized: count * 2)
    // OpenCV computes the reciprocal of a quotient, not the inverse quotient.
    let scale = 1 / (Double(resized) / Double(source))
    let last = source - 1
    for output in 0..<count {
      let centre = Float((Double(first + output) + 0.5) * scale - 0.5)
      let below = centre.rounded(.down)
      var position = Int(below)
      var fraction = centre - below
      if edge == .single, position < 0 || position >= last {
        position = min(max(position, 0), last)
        fraction = 0
      }
      before.base[output] = Int32(min(max(position, 0), last))
      after.base[output] = Int32(min(max(position + 1, 0), last))
      weights.base[2 * output] = Self.fixed(1 - fraction)
      weights.base[2 * output + 1] = Self.fixed(fraction)
    }
    self.count = count
    self.before = before
    self.after = after
    self.weights = weights
  }

  private static func fixed(_ weight: Float) -> Int16 {
    Int16((weight * Float(1 << CRESAMPLE_BILINEAR_BITS)).rounded(.toNearestOrEven))
  }
}
