import CShims
import Synchronization

/// The worker threads of a pool and the loop they are at.
final class WorkerGroup: @unchecked Sendable {
  // Unchecked: the loop is written by its owner before it opens, and `workers` by whoever owns the group.
  private let threads: Int
  private let processors: [Int32]
  // Both guard nothing but sleeping: whoever waits looks at the atomics below.
  private let wake = Monitor<Void>(())
  private let finished = Monitor<Void>(())
  private var workers: [BackgroundThread] = []
  private var started = false

  // The current loop. Written by its owner before it opens.
  private var body: ((_ index: Int, _ slot: Int) -> Void)?
  private var count = 0
  private let owned = Atomic<Bool>(false)
  private let next = Atomic<Int>(0)
  /// The loop's number, whether workers may still enter it, and how many are inside. Who wakes up
  /// after the last iteration was taken finds it closed, and its owner does not wait for them.
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

  /// False if another caller's loop has the workers.
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

  /// A sleeper counts itself before it looks at the state under the lock: it is seen here, or it sees
  /// what was stored.
  private func wakeAll() { wake.change { _ in } }

  private func drain(_ work: (Int, Int) -> Void, count: Int, slot: Int) {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      if index >= count { return }
      work(index, slot)
    }
  }

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

  /// Called by the loop's owner only. Where the system gives fewer threads, fewer work.
  private func start() {
    started = true
    for slot in 1..<threads {
      guard let worker = BackgroundThread({ [self] in work(slot: slot) }) else { break }
      workers.append(worker)
    }
  }

  private static let spinLimit = 4_000  // about 50 µs: loops of one network follow each other closely

  private func work(slot: Int) {
    if !processors.isEmpty { cshims_bind_to_processor(processors[slot % processors.count]) }
    var seen: UInt64?
    while let entered = enter(after: seen) {
      seen = entered
      if let body { drain(body, count: count, slot: slot) }
      let left = state.leave()
      if left.inside == 0, !left.isOpen { finished.change { _ in } }
    }
  }

  /// Waits for a loop other than the one last seen and enters it; its number, or nil when the group stops.
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

/// In one word: threads inside in the lower half, then whether more may enter, then the loop's number.
struct LoopState: RawRepresentable, AtomicRepresentable, Equatable {
  let rawValue: UInt64
  private static let open: UInt64 = 1 << 32

  var inside: UInt64 { rawValue & 0xFFFF_FFFF }
  var isOpen: Bool { rawValue & LoopState.open != 0 }
  var number: UInt64 { rawValue >> 33 }

  /// The next loop, with nobody inside yet.
  var nextOpen: LoopState { LoopState(rawValue: (number &+ 1) << 33 | LoopState.open) }
  var closed: LoopState { LoopState(rawValue: rawValue & ~LoopState.open) }
  var entered: LoopState { LoopState(rawValue: rawValue &+ 1) }
  var left: LoopState { LoopState(rawValue: rawValue &- 1) }
}

extension Atomic<LoopState> {
  /// One thread fewer inside: what is then there.
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
