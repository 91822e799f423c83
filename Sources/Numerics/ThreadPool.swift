import CShims
import Glibc
import Synchronization

/// A few pthreads that run the iterations of one loop at a time. They are created when first needed
/// and joined when the pool is released. A loop that finds the pool busy with another caller's loop
/// runs on its own thread alone: callers never wait for each other, and since loops are cut into the
/// same iterations either way the results are the same.
public final class ThreadPool: Sendable {
  /// Threads that compute, the caller's included.
  public let threads: Int

  /// What the workers share; they keep it alive, and the pool stops them.
  private let crew: Crew

  public init(threads: Int) {
    self.threads = max(1, threads)
    crew = Crew(threads: self.threads)
  }

  /// Joins the workers. In a forked child they do not exist: its owner must leak the pool instead.
  deinit { crew.stopAndJoin() }

  /// Calls `work(index, slot)` once for every index in 0..<count, in any order, on up to `threads`
  /// threads. `slot` (0..<threads) is the running thread's own number within this loop, for scratch.
  public func run(count: Int, _ work: (_ index: Int, _ slot: Int) -> Void) {
    if threads > 1, count > 1, crew.run(count: count, work) { return }
    for index in 0..<max(count, 0) { work(index, 0) }
  }
}

/// The worker threads of a pool and the loop they are at.
private final class Crew: @unchecked Sendable {
  private let threads: Int
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let wake = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let finished = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var workers: [pthread_t] = []
  private var started = false

  // The current loop. Written under the mutex by its owner before the generation moves.
  private var body: ((_ index: Int, _ slot: Int) -> Void)?
  private var count = 0
  /// The owner's rounding and flushing of numbers: threads inherit their creator's, which would let
  /// results depend on who called first.
  private var floatMode = cshims_float_mode()
  private let owned = Atomic<Bool>(false)
  private let next = Atomic<Int>(0)
  private let generation = Atomic<Int>(0)
  private let active = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)

  init(threads: Int) {
    self.threads = threads
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(wake, nil)
    pthread_cond_init(finished, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    pthread_cond_destroy(wake)
    pthread_cond_destroy(finished)
    mutex.deallocate()
    wake.deallocate()
    finished.deallocate()
  }

  func stopAndJoin() {
    stopping.store(true, ordering: .releasing)
    pthread_mutex_lock(mutex)
    pthread_cond_broadcast(wake)
    pthread_mutex_unlock(mutex)
    for worker in workers { pthread_join(worker, nil) }
    workers = []
  }

  /// False if another caller's loop has the crew.
  func run(count: Int, _ work: (Int, Int) -> Void) -> Bool {
    guard owned.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    else { return false }
    withoutActuallyEscaping(work) { escapable in
      if !started { start() }
      pthread_mutex_lock(mutex)
      body = escapable
      self.count = count
      floatMode = cshims_float_mode()
      next.store(0, ordering: .relaxed)
      active.store(workers.count, ordering: .relaxed)
      generation.add(1, ordering: .releasing)
      pthread_cond_broadcast(wake)
      pthread_mutex_unlock(mutex)

      drain(escapable, count: count, slot: 0)
      awaitWorkers()
      body = nil
    }
    owned.store(false, ordering: .releasing)
    return true
  }

  private func drain(_ work: (Int, Int) -> Void, count: Int, slot: Int) {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      if index >= count { return }
      work(index, slot)
    }
  }

  private func awaitWorkers() {
    var spins = 0
    while active.load(ordering: .acquiring) > 0 {
      spins += 1
      if spins < Crew.spinLimit {
        cshims_spin_hint()
        continue
      }
      pthread_mutex_lock(mutex)
      while active.load(ordering: .acquiring) > 0 { pthread_cond_wait(finished, mutex) }
      pthread_mutex_unlock(mutex)
    }
  }

  /// Called by the loop's owner only. Where the system gives fewer threads, fewer work.
  private func start() {
    started = true
    // Workers take none of the host's signals; faults still arrive where they happen.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP] { sigdelset(&all, fault) }
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    for slot in 1..<threads {
      let seat = Seat(crew: self, slot: slot, generation: generation.load(ordering: .relaxed))
      let context = Unmanaged.passRetained(seat)
      var thread = pthread_t()
      let failed = pthread_create(
        &thread, nil,
        { raw in
          guard let raw else { return nil }
          let seat = Unmanaged<Seat>.fromOpaque(raw).takeRetainedValue()
          seat.crew.work(slot: seat.slot, seen: seat.generation)
          return nil
        }, context.toOpaque())
      if failed != 0 {
        context.release()
        break
      }
      workers.append(thread)
    }
  }

  private final class Seat {
    let crew: Crew
    let slot: Int
    let generation: Int
    init(crew: Crew, slot: Int, generation: Int) {
      self.crew = crew
      self.slot = slot
      self.generation = generation
    }
  }

  private static let spinLimit = 4_000  // about 50 µs: loops of one network follow each other closely

  private func work(slot: Int, seen first: Int) {
    var seen = first
    while true {
      var spins = 0
      while generation.load(ordering: .acquiring) == seen, !stopping.load(ordering: .acquiring) {
        spins += 1
        if spins < Crew.spinLimit {
          cshims_spin_hint()
          continue
        }
        pthread_mutex_lock(mutex)
        while generation.load(ordering: .acquiring) == seen,
          !stopping.load(ordering: .acquiring)
        { pthread_cond_wait(wake, mutex) }
        pthread_mutex_unlock(mutex)
      }
      if stopping.load(ordering: .acquiring) { return }
      seen = generation.load(ordering: .acquiring)
      cshims_set_float_mode(floatMode)
      if let body { drain(body, count: count, slot: slot) }
      if active.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
        pthread_mutex_lock(mutex)
        pthread_cond_signal(finished)
        pthread_mutex_unlock(mutex)
      }
    }
  }
}
