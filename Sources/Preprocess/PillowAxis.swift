import System
internal import CResample

/// Pillow's resampling weights along one axis, for the output positions of the crop alone.
///
/// An output pixel is a weighted sum of a run of source pixels. The filter is widened by the scale when shrinking
/// (antialiasing). Weights are computed in double, normalised to sum 1, and rounded to fixed point with 22 fractional
/// bits: 32 less 8 for the pixel less 2 of headroom for the filter's overshoot. The order of every operation matters,
/// because the results must equal Pillow's (Resample.c, 8 bits per channel) to the last bit.
struct PillowAxis: ~Copyable {
  private static let fractionBits = Int(CRESAMPLE_FRACTION_BITS)

  /// The number of output positions.
  let count: Int
  /// Weight slots per output position; unused ones at the end are 0.
  let taps: Int
  /// The largest number of weights of an output position.
  let used: Int
  /// The first source position of each output position, ascending.
  let starts: GrowingArray<Int32>  // [count]
  /// One past the last source position in use.
  let end: Int
  /// Weights split into high and low parts, as CResample.h describes.
  let high: GrowingArray<Int16>  // [count, taps]
  let low: GrowingArray<Int16>  // [count, taps]

  /// Weights for output positions `first ..< first + count` of an axis of `source` pixels resized
  /// to `resized` pixels.
  /// - Parameter multiple: `taps` is rounded up to a multiple of this.
  init(
    _ filter: PillowFilter, source: Int, resized: Int, first: Int, count: Int, multiple: Int
  ) throws(Failure) {
    let scale = Double(source) / Double(resized)
    let filterScale = max(scale, 1)
    let support = filter.support * filterScale
    func span(_ output: Int) -> (centre: Double, start: Int, end: Int) {
      let centre = (Double(first + output) + 0.5) * scale
      return (centre, max(Int(centre - support + 0.5), 0), min(Int(centre + support + 0.5), source))
    }
    var used = 1
    var end = 0
    for output in 0..<count {
      let span = span(output)
      used = max(used, span.end - span.start)
      end = max(end, span.end)
    }
    let taps = (used + multiple - 1) / multiple * multiple
    let starts = try GrowingArray<Int32>(uninitialized: count)
    let high = try GrowingArray<Int16>(uninitialized: count * taps)
    let low = try GrowingArray<Int16>(uninitialized: count * taps)
    let exact = try GrowingArray<Double>(uninitialized: taps)

    let inverse = 1 / filterScale
    for output in 0..<count {
      let (centre, start, end) = span(output)
      let length = end - start
      var sum = 0.0
      var tap = 0
      while tap < length {
        let weight = filter.weight((Double(tap + start) - centre + 0.5) * inverse)
        exact.base[tap] = weight
        sum += weight
        tap += 1
      }
      tap = 0
      while tap < taps {
        var fixed: Int32 = 0
        if tap < length {
          let weight = sum == 0 ? exact.base[tap] : exact.base[tap] / sum
          let scaled = weight * Double(1 << Self.fractionBits)
          fixed = Int32(weight < 0 ? scaled - 0.5 : scaled + 0.5)
        }
        let place = output * taps + tap
        // Weights are below 32: their sum is 1, and the middle ones are the largest.
        high.base[place] = Int16(truncatingIfNeeded: fixed >> CRESAMPLE_LOW_BITS)
        low.base[place] = Int16(truncatingIfNeeded: fixed & (1 << CRESAMPLE_LOW_BITS - 1))
        tap += 1
      }
      starts.base[output] = Int32(start)
    }
    self.count = count
    self.taps = taps
    self.used = used
    self.starts = starts
    self.end = end
    self.high = high
    self.low = low
  }
}

/// A filter of Pillow's resize.
enum PillowFilter {
  /// Keys' cubic convolution kernel with a = -0.5.
  case bicubic
  /// A triangle.
  case bilinear

  /// Source pixels on either side that have a weight, where nothing is shrunk.
  var support: Double { self == .bicubic ? 2 : 1 }

  func weight(_ position: Double) -> Double {
    let x = abs(position)
    guard self == .bicubic else { return max(1 - x, 0) }
    let a = -0.5
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }
}
