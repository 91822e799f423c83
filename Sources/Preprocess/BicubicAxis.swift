/// Pillow's resampling weights along one axis, for the output positions of the crop alone.
///
/// An output pixel is a weighted sum of a run of source pixels. The filter is Keys' bicubic with
/// a = -0.5, widened by the scale when shrinking (antialiasing). Weights are computed in double,
/// normalised to sum 1, and rounded to fixed point with 22 fractional bits: 32 less 8 for the
/// pixel less 2 of headroom for the filter's overshoot. The order of every operation matters,
/// because the results must equal Pillow's (Resample.c, 8 bits per channel) to the last bit.
struct BicubicAxis: ~Copyable {
  static let fractionBits: Int32 = 22
  /// Added before the shift back to 8 bits, so that it rounds.
  static let half: Int32 = 1 << (fractionBits - 1)

  /// Output positions.
  let count: Int
  /// Room for weights per output position; `lengths` says how many are used.
  let taps: Int
  /// First source position of each output position. Never decreases.
  let starts: HeapArray<Int>  // [count]
  let lengths: HeapArray<Int>  // [count]
  let weights: HeapArray<Int32>  // [count, taps]

  /// Weights for output positions `first ..< first + count` of an axis of `source` pixels resized
  /// to `resized` pixels.
  init(source: Int, resized: Int, first: Int, count: Int) throws(PreprocessError) {
    let scale = Double(source) / Double(resized)
    let filterScale = max(scale, 1)
    let support = 2 * filterScale
    let taps = Int(support.rounded(.up)) * 2 + 1
    let starts = try HeapArray<Int>(count: count)
    let lengths = try HeapArray<Int>(count: count)
    let weights = try HeapArray<Int32>(count: count * taps)
    let exact = try HeapArray<Double>(count: taps)

    let inverse = 1 / filterScale
    var output = 0
    while output < count {
      let centre = (Double(first + output) + 0.5) * scale
      let start = max(Int(centre - support + 0.5), 0)
      let length = min(Int(centre + support + 0.5), source) - start
      var sum = 0.0
      var tap = 0
      while tap < length {
        let weight = Self.filter((Double(tap + start) - centre + 0.5) * inverse)
        exact.base[tap] = weight
        sum += weight
        tap += 1
      }
      tap = 0
      while tap < length {
        let weight = sum == 0 ? exact.base[tap] : exact.base[tap] / sum
        let fixed = weight * Double(1 << Self.fractionBits)
        weights.base[output * taps + tap] = Int32(weight < 0 ? fixed - 0.5 : fixed + 0.5)
        tap += 1
      }
      starts.base[output] = start
      lengths.base[output] = length
      output += 1
    }
    self.count = count
    self.taps = taps
    self.starts = starts
    self.lengths = lengths
    self.weights = weights
  }

  /// Keys' cubic convolution kernel with a = -0.5.
  private static func filter(_ position: Double) -> Double {
    let a = -0.5
    let x = abs(position)
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    if x < 2 { return (((x - 5) * x + 8) * x - 4) * a }
    return 0
  }

  /// A fixed-point sum, `half` included, back to 8 bits.
  @inline(__always)
  static func clip(_ sum: Int32) -> UInt8 {
    UInt8(truncatingIfNeeded: max(0, min(255, sum >> fractionBits)))
  }
}
