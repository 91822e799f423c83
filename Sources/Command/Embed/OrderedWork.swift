import Glibc

/// Hands out numbered pieces of work to threads, and takes their results in the order of the numbers. Threads run ahead
/// of the results that were taken by a limited number of pieces, so that few results wait.
final class OrderedWork<Result>: @unchecked Sendable {
  private let count: Int
  private let ahead: Int
  /// The lock of all that follows.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var handedOut = 0
  private var taken = 0
  private var waiting: [Int: Result] = [:]
  private var ended = false

  init(count: Int, ahead: Int) {
    (self.count, self.ahead) = (count, ahead)
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  private func locked<Value>(_ body: () -> Value) -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// The number of the next piece of work; nil where there is none. It waits while threads are too far ahead.
  func next() -> Int? {
    locked {
      while !ended, handedOut < count, handedOut >= taken + ahead { pthread_cond_wait(changed, mutex) }
      guard !ended, handedOut < count else { return nil }
      handedOut += 1
      return handedOut - 1
    }
  }

  /// Gives the result of a piece of work.
  func finish(_ number: Int, _ result: sending Result) {
    locked {
      waiting[number] = result
      pthread_cond_broadcast(changed)
    }
  }

  /// Waits for the next result; nil after the last one.
  func take() -> (number: Int, result: Result)? {
    locked {
      guard taken < count else { return nil }
      while true {
        if let result = waiting.removeValue(forKey: taken) {
          taken += 1
          pthread_cond_broadcast(changed)
          return (taken - 1, result)
        }
        pthread_cond_wait(changed, mutex)
      }
    }
  }

  /// Says that no more work is wanted.
  func end() {
    locked {
      ended = true
      pthread_cond_broadcast(changed)
    }
  }
}
