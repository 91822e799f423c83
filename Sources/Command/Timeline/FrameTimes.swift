/// When frames are shown, in seconds from the first: those that were read as the video has it, others
/// by the nearest on both sides.
struct FrameTimes {
  private let end: (frame: Int, seconds: Double)
  private var known: [(frame: Int, seconds: Double)] = [(0, 0)]

  init(frameCount: Int, duration: Double) { end = (frameCount, duration) }

  /// `frames` go on from those before.
  mutating func add(_ frames: [Int64], _ seconds: [Double]) {
    for (frame, time) in zip(frames, seconds) where Int(frame) > known[known.count - 1].frame {
      known.append((Int(frame), time))
    }
  }

  /// The frame after the last stands for the end.
  func seconds(at frame: Int) -> Double {
    var (low, high) = (0, known.count)  // the last at or before the frame is in low..<high
    while high - low > 1 {
      let middle = (low + high) / 2
      if known[middle].frame <= frame { low = middle } else { high = middle }
    }
    let before = known[low]
    let after = high < known.count ? known[high] : end
    guard after.frame > before.frame else { return before.seconds }
    let share = Double(frame - before.frame) / Double(after.frame - before.frame)
    return before.seconds + share * (after.seconds - before.seconds)
  }
}
