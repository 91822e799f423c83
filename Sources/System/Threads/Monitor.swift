import Glibc

/// A value, the lock that guards it, and a way to wait until it has changed. Not Synchronization.Mutex: that one remembers
/// its thread's id, which a forked child has wrong, and ends the process when two threads of the child meet at a lock.
public final class Monitor<Value>: @unchecked Sendable {
  // Unchecked: the value is reached under the lock alone.
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

  /// Runs `body` on the value while no other thread does. Not to be nested.
  public func withLock<R>(_ body: (inout Value) -> R) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&value)
  }

  /// Runs `body` on the value, then wakes the threads that wait for a change. Not to be nested.
  public func change(_ body: (inout Value) -> Void) {
    withLock {
      body(&$0)
      pthread_cond_broadcast(changed)
    }
  }

  /// Waits until `isReached`, which is asked now and after each change, says that the value is what the caller waits for;
  /// then runs `body` on it.
  public func wait<R>(until isReached: (Value) -> Bool, _ body: (inout Value) -> R) -> R {
    withLock {
      while !isReached($0) { pthread_cond_wait(changed, mutex) }
      return body(&$0)
    }
  }
}
