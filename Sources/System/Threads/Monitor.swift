import Glibc

/// A value guarded by a lock, with a condition to wait for its changes. Synchronization.Mutex is not used because it
/// records thread ids, which are wrong in a forked child: contention for a lock there ends the process.
public final class Monitor<Value>: @unchecked Sendable {
  // Unchecked: the value is accessed only while the lock is held.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var value: Value

  public init(_ value: sending Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
    // Time limits are of the clock that no change of the time of day moves.
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(changed, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
  }

  /// Runs `body` on the value while holding the lock. Calls must not nest.
  public func withLock<R, E: Error>(_ body: (inout Value) throws(E) -> R) throws(E) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }

  /// Runs `body` on the value while holding the lock, then wakes all waiting threads. Calls must not nest.
  public func change(_ body: (inout Value) -> Void) {
    withLock {
      body(&$0)
      pthread_cond_broadcast(changed)
    }
  }

  /// Waits until `condition`, which is evaluated now and after each change, holds for the value; then runs `body` on
  /// the value while still holding the lock.
  public func wait<R>(until condition: (Value) -> Bool, _ body: (inout Value) -> R) -> R {
    withLock {
      while !condition($0) { pthread_cond_wait(changed, mutex) }
      return body(&$0)
    }
  }

  /// Waits until `condition` holds, for at most so many nanoseconds, and returns whether it does.
  public func wait(nanoseconds: Int64, until condition: (Value) -> Bool) -> Bool {
    let deadline = MonotonicTime.now.advanced(by: nanoseconds)
    return withLock {
      var time = deadline.time
      while !condition($0) {
        if pthread_cond_timedwait(changed, mutex, &time) == ETIMEDOUT { return condition($0) }
      }
      return true
    }
  }
}
