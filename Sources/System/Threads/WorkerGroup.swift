import CShims
import Synchronization

/// The worker threads of a pool, and the loop that they run.
final class WorkerGroup: @unchecked Sendable {
  // Unchecked: only the thread that has set `owned` writes the loop, before it opens it, and `workers`.
  private let threads: Int
  private let processors: [Int32]
  // Both monitors are for sleeping only; their waiters read the atomics below.
  private let wake = Monitor<Void>(())
  private let finished = Monitor<Void>(())
  private var workers: [BackgroundThread] = []
  private var started = false

  // The current loop. Its owner writes it before opening it.
  private var body: ((_ index: Int, _ slot: Int) -> Void)?
  private var count = 0
  private let owned = Atomic<Bool>(false)
  private let next = Atomic<Int>(0)
  /// The number of the loop, whether workers may still enter it, and how many are inside. A worker that wakes up
  /// after the last iteration was taken finds the loop closed, so its owner does not wait for that worker.
  private let state = Atomic<LoopState>(LoopState(rawValue: 0))
  private let sleeping = Atomic<Int>(0)
  private let stopping = Atomic<Bool>(false)

  init(threads: Int, processors: [Int32]) {
    self.threads = threads
    self.processors = processors
  }

  func stopAndJoin() {
    stopping.store(true, ordering: .releasing)
    wakeAll()
    for worker in workers { worker.join() }
    workers = []
  }

  /// Shares the iterations of a loop among the workers and the calling thread, and returns when all have ended;
  /// false, with nothing run, if the workers are busy with another caller's loop.
  func run(count: Int, _ work: (Int, Int) -> Void) -> Bool {
    guard owned.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged
    else { return false }
    withoutActuallyEscaping(work) { escapable in
      if !started { start() }
      body = escapable
      self.count = count
      next.store(0, ordering: .relaxed)
      state.store(
        state.load(ordering: .relaxed).nextOpen, ordering: .sequentiallyConsistent)
      if sleeping.load(ordering: .sequentiallyConsistent) > 0 { wakeAll() }

      drain(escapable, count: count, slot: 0)
      awaitWorkers()
      body = nil
    }
    owned.store(false, ordering: .releasing)
    return true
  }

  /// Wakes the sleeping workers. A worker increments `sleeping` before it reads the state under the lock, so either
  /// the waker sees the count, or the worker sees the new state.
  private func wakeAll() { wake.change { _ in } }

  /// Runs iterations until none is left to take.
  private func drain(_ work: (Int, Int) -> Void, count: Int, slot: Int) {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      if index >= count { return }
      work(index, slot)
    }
  }

  /// Closes the loop and waits until no worker is inside.
  private func awaitWorkers() {
    var now = state.load(ordering: .acquiring)
    while true {
      let (done, seen) = state.compareExchange(
        expected: now, desired: now.closed, ordering: .acquiringAndReleasing)
      if done { break }
      now = seen
    }
    var spins = 0
    while state.load(ordering: .acquiring).inside > 0 {
      spins += 1
      if spins < WorkerGroup.spinLimit {
        cshims_spin_hint()
        continue
      }
      finished.wait(until: { state.load(ordering: .acquiring).inside == 0 }) { _ in }
    }
  }

  /// Creates the workers; fewer if the system refuses threads. Only the owner of the loop calls it.
  private func start() {
    started = true
    for slot in 1..<threads {
      guard let worker = BackgroundThread({ [self] in runWorker(slot: slot) }) else { break }
      workers.append(worker)
    }
  }

  private static let spinLimit = 4_000  // about 50 µs: loops of one network follow each other closely

  /// The body of a worker thread: joins one loop after another until the group stops.
  private func runWorker(slot: Int) {
    if !processors.isEmpty { cshims_pin_to_processor(processors[slot % processors.count]) }
    var seen: UInt64?
    while let entered = enter(after: seen) {
      seen = entered
      if let body { drain(body, count: count, slot: slot) }
      let left = state.leave()
      if left.inside == 0, !left.isOpen { finished.change { _ in } }
    }
  }

  /// Waits for a loop other than number `seen` and enters it. Returns its number, or nil when the group stops.
  private func enter(after seen: UInt64?) -> UInt64? {
    var spins = 0
    while !stopping.load(ordering: .acquiring) {
      let now = state.load(ordering: .acquiring)
      if now.isOpen, now.number != seen {
        let entered = state.compareExchange(
          expected: now, desired: now.entered, ordering: .acquiringAndReleasing
        ).exchanged
        if entered { return now.number }
        continue
      }
      spins += 1
      if spins < WorkerGroup.spinLimit {
        cshims_spin_hint()
        continue
      }
      sleeping.add(1, ordering: .sequentiallyConsistent)
      wake.wait(until: { stopping.load(ordering: .acquiring) || isNew(after: seen) }) { _ in }
      sleeping.subtract(1, ordering: .relaxed)
      spins = 0
    }
    return nil
  }

  private func isNew(after seen: UInt64?) -> Bool {
    let now = state.load(ordering: .sequentiallyConsistent)
    return now.isOpen && now.number != seen
  }
}

/// The state of a loop in 64 bits: the number of workers inside (bits 0 to 31), whether more may enter (bit 32), and
/// the number of the loop (bits 33 to 63).
struct LoopState: RawRepresentable, AtomicRepresentable, Equatable {
  let rawValue: UInt64
  private static let open: UInt64 = 1 << 32

  var inside: UInt64 { rawValue & 0xFFFF_FFFF }
  var isOpen: Bool { rawValue & LoopState.open != 0 }
  var number: UInt64 { rawValue >> 33 }

  /// The state of the next loop: open, with no worker inside.
  var nextOpen: LoopState { LoopState(rawValue: (number &+ 1) << 33 | LoopState.open) }
  var closed: LoopState { LoopState(rawValue: rawValue & ~LoopState.open) }
  var entered: LoopState { LoopState(rawValue: rawValue &+ 1) }
  var left: LoopState { LoopState(rawValue: rawValue &- 1) }
}

extension Atomic<LoopState> {
  /// Counts one worker fewer inside the loop and returns the new state.
  fileprivate func leave() -> LoopState {
    var now = load(ordering: .acquiring)
    while true {
      let (done, seen) = compareExchange(
        expected: now, desired: now.left, ordering: .acquiringAndReleasing)
      if done { return now.left }
      now = seen
    }
  }
}
