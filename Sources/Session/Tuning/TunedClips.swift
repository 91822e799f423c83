import System

/// A tuner's clips of one purpose, in the order of adding. One thread at a time may use it.
final class TunedClips {
  private var clips = GrowingArray<Unmanaged<TunedClip>>()
  /// Bytes that the clips take.
  private(set) var bytes = 0
  /// Whether crops of some clip are made at each draw.
  private(set) var makeCrops = false
  /// The largest number of views of a clip.
  private(set) var mostViews = 1

  deinit { for clip in clips.view { clip.release() } }

  var count: Int { clips.count }
  var isEmpty: Bool { clips.isEmpty }

  /// The clip at `index`, which must be in 0 ..< count.
  subscript(index: Int) -> TunedClip { clips[index].takeUnretainedValue() }

  func append(_ clip: TunedClip) throws(Failure) {
    // Steps hold indices in 32 bits.
    guard clips.count < Int(Int32.max) else { throw .argument("a tuner has at most \(Int32.max) clips") }
    try clips.append(Unmanaged.passUnretained(clip))
    _ = Unmanaged.passRetained(clip)
    bytes += clip.bytes
    if clip.makesCrops { makeCrops = true }
    mostViews = max(mostViews, clip.views)
  }
}
