import System

/// The largest number of segments of a clip.
public let maximumSegments = 65536
/// The frame rate assumed where a video's is unknown.
public let usualFrameRate = 30.0
public let maximumFrameRate = 1_000_000.0

/// A rule by which frames of a whole video are chosen at test time.
public enum FrameChoice: Sendable, CaseIterable {
  /// ActionCLIP's (datasets/datasets.py, `_get_val_indices`). One segment: the middle frame. No more
  /// frames than segments: i * n div T, with repeats. Else the middle of each of T equal segments,
  /// int(i * n / T + (n / T - 1) / 2), in Python's arithmetic: whole numbers are divided as if exactly
  /// and rounded once.
  case reference
  /// mmaction2's SampleFrames of one frame from each of T clips, and X-CLIP's and ViFi-CLIP's after it:
  /// int(i * (n / T) + (n / T) / 2), half a frame further on than the reference.
  case mmaction2
  /// Open-VCLIP's middle view: T frames from one end to the other of what 16 T frames last at 30 a
  /// second, in the middle of the video. These views alone ask for the frame rate.
  case openVCLIP
  /// Open-VCLIP's views at the beginning and at the end of the video.
  case openVCLIPStart, openVCLIPEnd

  public var asksForFrameRate: Bool { openVCLIPView != nil }

  /// The number of Open-VCLIP's view among its three; nil for other rules.
  fileprivate var openVCLIPView: Int? {
    switch self {
    case .reference, .mmaction2: nil
    case .openVCLIPStart: 0
    case .openVCLIP: 1
    case .openVCLIPEnd: 2
    }
  }
}

/// Chooses `segments` of `frameCount` frames.
/// - Parameters:
///   - frameCount: n, 1...2^53.
///   - segments: T, 1...65536.
///   - frameRate: frames per second, above 0 to `maximumFrameRate`; looked at only by a rule that asks for it.
/// - Returns: T indices, each in 0 ..< n, never decreasing.
public func sampleIndices(
  frameCount: Int, segments: Int, by choice: FrameChoice = .reference, frameRate: Double = usualFrameRate
) throws(Failure) -> [Int] {
  let sampling = try FrameSampling(
    frameCount: frameCount, segments: segments, by: choice, frameRate: frameRate)
  return (0..<segments).map { sampling.index($0) }
}

/// Gives the chosen frames of one video one by one, so that nothing is allocated.
public struct FrameSampling: Sendable {
  private let frameCount: Int
  private let segments: Int
  private let choice: FrameChoice
  private let frameRate: Double

  /// Takes the numbers that `sampleIndices` takes.
  public init(frameCount: Int, segments: Int, by choice: FrameChoice, frameRate: Double) throws(Failure) {
    guard frameCount >= 1 else {
      throw .argument("frame_count is \(frameCount); it must be at least 1")
    }
    guard frameCount <= 1 << 53 else {
      throw Failure(.invalidArgument, "frame_count is \(frameCount); the limit is 2^53")
    }
    guard segments >= 1 else { throw .argument("segments is \(segments); it must be at least 1") }
    guard segments <= maximumSegments else {
      throw Failure(.invalidArgument, "segments is \(segments); the limit is \(maximumSegments)")
    }
    guard !choice.asksForFrameRate || (frameRate > 0 && frameRate <= maximumFrameRate) else {
      throw .argument(
        "frame_rate is \(frameRate); it must be above 0 and at most \(Int(maximumFrameRate)) frames per second"
      )
    }
    self.frameCount = frameCount
    self.segments = segments
    self.choice = choice
    self.frameRate = frameRate
  }

  /// The index of the frame for a segment in 0 ..< T.
  public func index(_ segment: Int) -> Int {
    switch choice {
    case .reference: return referenceIndex(frameCount, segments, segment)
    case .mmaction2:
      let interval = Double(frameCount) / Double(segments)
      return Int(Double(segment) * interval + interval / 2)
    case .openVCLIPStart, .openVCLIP, .openVCLIPEnd:
      return openVCLIPIndex(frameCount, segments, frameRate, segment, view: choice.openVCLIPView ?? 1)
    }
  }
}

private func referenceIndex(_ frameCount: Int, _ segments: Int, _ segment: Int) -> Int {
  if segments == 1 { return frameCount / 2 }
  if frameCount <= segments { return segment * frameCount / segments }
  let offset = (Double(frameCount) / Double(segments) - 1) / 2
  return Int(trueDivision(UInt128(segment) * UInt128(frameCount), by: UInt128(segments)) + offset)
}

/// slowfast/datasets/decoder.py, `get_start_end_idx` and `temporal_sampling`, with torch.linspace in
/// single precision: counted from the nearer end. View 0 is at the beginning, 1 in the middle, 2 at the end.
private func openVCLIPIndex(
  _ frameCount: Int, _ segments: Int, _ frameRate: Double, _ segment: Int, view: Int
) -> Int {
  let length = max(1, Double(16 * segments) / usualFrameRate * frameRate)
  let first = Double(view) * (max(Double(frameCount) - length, 0) / 2).rounded(.down)
  let (start, end) = (Float(first), Float(first + length - 1))
  let step = segments > 1 ? (end - start) / Float(segments - 1) : 0
  let last = frameCount - 1
  let place =
    segments == 1 || segment < segments / 2
    ? start + step * Float(segment) : end - step * Float(segments - 1 - segment)
  // A Float of a large count may lie above it.
  return min(Int(min(max(place, 0), Float(last))), last)
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
