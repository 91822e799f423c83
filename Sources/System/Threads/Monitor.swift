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
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(changed)
    mutex.deallocate()
    changed.deallocate()
  }

  /// Runs `body` on the value while holding the lock. Calls must not nest.
  public func withLock<R>(_ body: (inout Value) -> R) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&value)
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
}
