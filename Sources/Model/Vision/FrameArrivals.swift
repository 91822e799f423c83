import System
import Glibc

/// Frames that another thread still makes while the first ones are encoded: pixels [frames, 3, S, S], of which so many
/// are ready.
public final class FrameArrivals: FrameSource, @unchecked Sendable {
  public let pixels: UnsafePointer<Float>?
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var arrived = 0
  private var failure: Failure?

  /// `pixels` must outlive the call that encodes them.
  public init(_ pixels: UnsafePointer<Float>) {
    self.pixels = pixels
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
  }

  /// Says that the frames before `count` are ready; they must not be written any more.
  public func arrive(upTo count: Int) { change { arrived = max(arrived, count) } }

  /// Says that no more frames will come: the call that waits for them throws `error`.
  public func fail(_ error: Failure) { change { failure = failure ?? error } }

  public func readyFrames(atLeast count: Int) throws(Failure) -> Int {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while arrived < count, failure == nil { pthread_cond_wait(changed, mutex) }
    if let failure { throw failure }
    return arrived
  }

  private func change(_ body: () -> Void) {
    pthread_mutex_lock(mutex)
    body()
    pthread_cond_signal(changed)
    pthread_mutex_unlock(mutex)
  }
}
