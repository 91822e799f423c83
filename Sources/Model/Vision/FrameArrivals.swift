import System

/// Frames that another thread still makes while the first ones are encoded: pixels [frames, 3, S, S], of which so many
/// are ready.
public final class FrameArrivals: FrameSource, @unchecked Sendable {
  // Unchecked: pixels are read only where they have arrived.
  public let pixels: UnsafePointer<Float>?
  /// The number of frames that are ready, or why no more will come.
  private let arrived = Monitor<Result<Int, Failure>>(.success(0))

  /// `pixels` must outlive the call that encodes them.
  public init(_ pixels: UnsafePointer<Float>) { self.pixels = pixels }

  /// Says that the frames before `count` are ready; they must not be written any more.
  public func arrive(upTo count: Int) { arrived.change { $0 = $0.map { max($0, count) } } }

  /// Says that no more frames will come: the call that waits for them throws `error`.
  public func fail(_ error: Failure) { arrived.change { $0 = $0.flatMap { _ in .failure(error) } } }

  public func readyFrames(atLeast count: Int) throws(Failure) -> Int {
    func isDecided(_ arrived: Result<Int, Failure>) -> Bool {
      (try? arrived.get()).map { $0 >= count } ?? true
    }
    return try arrived.wait(until: isDecided) { $0 }.get()
  }
}
