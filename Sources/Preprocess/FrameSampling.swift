/// The most segments a clip can be cut into.
public let maximumSegments = 65536

/// The reference's frame choice at test time (datasets/datasets.py, `_get_val_indices`): which
/// `segments` of `frameCount` frames to use.
///
/// One segment: the middle frame. No more frames than segments: i * n div T, with repeats. Else the
/// middle of each of T equal segments, int(i * n / T + (n / T - 1) / 2), in Python's arithmetic:
/// whole numbers are divided as if exactly and rounded once.
/// - Parameters:
///   - frameCount: n, 1...2^53.
///   - segments: T, 1...65536.
/// - Returns: T indices, each in 0 ..< n, never decreasing.
public func sampleIndices(
  frameCount: Int, segments: Int
) throws(PreprocessError) -> [Int] {
  guard frameCount >= 1 else {
    throw .invalid("frame_count is \(frameCount); it must be at least 1")
  }
  guard frameCount <= 1 << 53 else {
    throw PreprocessError(.limit, "frame_count is \(frameCount); the limit is 2^53")
  }
  guard segments >= 1 else { throw .invalid("segments is \(segments); it must be at least 1") }
  guard segments <= maximumSegments else {
    throw PreprocessError(.limit, "segments is \(segments); the limit is \(maximumSegments)")
  }
  if segments == 1 { return [frameCount / 2] }
  if frameCount <= segments {
    return (0..<segments).map { $0 * frameCount / segments }
  }
  let offset = (Double(frameCount) / Double(segments) - 1) / 2
  return (0..<segments).map { segment in
    Int(trueDivision(UInt128(segment) * UInt128(frameCount), by: UInt128(segments)) + offset)
  }
}

/// Python's int / int: the exact quotient rounded once, half to even. A Double division would
/// first round a product above 2^53. The quotient must be below 2^53.
private func trueDivision(_ dividend: UInt128, by divisor: UInt128) -> Double {
  if dividend < 1 << 53 { return Double(UInt64(dividend)) / Double(UInt64(divisor)) }
  // At least 2 bits more than a Double holds, the last of them sticky, make the one rounding exact:
  // a dividend of 56 bits more than the divisor gives a quotient of 56 or 57. Above 0, as the
  // quotient is below 2^53.
  let shift = 56 + dividend.leadingZeroBitCount - divisor.leadingZeroBitCount
  let (quotient, remainder) = (dividend << shift).quotientAndRemainder(dividingBy: divisor)
  let sticky = UInt64(quotient) | (remainder == 0 ? 0 : 1)
  return Double(sticky) / Double(UInt64(1) << shift)
}
