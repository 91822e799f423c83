import Glibc

/// Frames that are encoded while later ones are still being made, by another thread: normalised pixels
/// [frames, 3, S, S], of which the first so many are there.
public final class FrameArrivals: @unchecked Sendable {
  let pixels: UnsafePointer<Float>
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var arrived = 0
  private var isStopped = false

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

  /// The frames before `count` are there, and are not written any more.
  public func arrive(upTo count: Int) { change { arrived = max(arrived, count) } }

  /// No more will come: the call that waits for them throws `.stopped`.
  public func stop() { change { isStopped = true } }

  /// How many frames there are, once these are at least `count`; nil if they will not come.
  func wait(for count: Int) -> Int? {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while arrived < count, !isStopped { pthread_cond_wait(changed, mutex) }
    return isStopped ? nil : arrived
  }

  private func change(_ body: () -> Void) {
    pthread_mutex_lock(mutex)
    body()
    pthread_cond_signal(changed)
    pthread_mutex_unlock(mutex)
  }
}
