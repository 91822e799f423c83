import System

/// Frames that the image encoder pulls: normalised pixels, float [3, S, S] each. Callers implement it. An error that it
/// throws ends the encoding and is the call's own.
public protocol FrameSource: Sendable {
  /// The pixels of all frames, [frames, 3, S, S], where they lie in memory; nil: each frame is asked for with `write`.
  var pixels: UnsafePointer<Float>? { get }

  /// The number of frames that are ready, from frame 0 on, once there are at least `count`. Called on the thread that
  /// encodes, which it may keep waiting; results do not depend on the number.
  func readyFrames(atLeast count: Int) throws(Failure) -> Int

  /// Writes frame `index` to `pixels` [3, S, S]. Called once for each frame, on any thread of the model's pool; never
  /// where `pixels` says where they lie.
  func write(_ index: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure)
}

extension FrameSource {
  public var pixels: UnsafePointer<Float>? { nil }

  /// All frames are ready.
  public func readyFrames(atLeast count: Int) throws(Failure) -> Int { Int.max }

  /// Does nothing, for sources whose pixels lie in memory.
  public func write(_ index: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {}
}

/// Frames that all lie in memory, which must outlive the call that encodes them.
public struct PixelFrames: FrameSource, @unchecked Sendable {
  public let pixels: UnsafePointer<Float>?

  /// `pixels` is [frames, 3, S, S].
  public init(_ pixels: UnsafePointer<Float>) { self.pixels = pixels }
}
