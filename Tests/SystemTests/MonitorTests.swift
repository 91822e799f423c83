import System
import Testing

/// Tests of values that threads share and wait for.
struct MonitorTests {
  @Test func aWaitEndsWithTheChangeThatItWaitsFor() throws {
    let steps = Monitor(0)
    let thread = try #require(
      BackgroundThread {
        for _ in 0..<1000 { steps.change { $0 += 1 } }
      })
    #expect(steps.wait(until: { $0 >= 500 }) { $0 } >= 500)
    thread.join()
    #expect(steps.withLock { $0 } == 1000)
    #expect(steps.wait(until: { $0 == 1000 }) { $0 } == 1000)
  }

  @Test func aChangeWakesEveryWaitingThread() throws {
    let isOpen = Monitor(false)
    let passed = Monitor(0)
    let threads = (0..<4).compactMap { _ in
      BackgroundThread {
        isOpen.wait(until: { $0 }) { _ in }
        passed.change { $0 += 1 }
      }
    }
    isOpen.change { $0 = true }
    #expect(passed.wait(until: { $0 == threads.count }) { $0 } == threads.count)
    for thread in threads { thread.join() }
  }

  @Test func threadsThatMeetLoseNothing() throws {
    let total = Monitor(0)
    let pool = ThreadPool(threads: 3)
    pool.run(count: 3000) { index, _ in total.withLock { $0 += index } }
    #expect(total.withLock { $0 } == 3000 * 2999 / 2)
  }

  @Test func aWaitEndsWhenItsTimeRunsOut() throws {
    let isOpen = Monitor(false)
    let begin = MonotonicTime.now
    #expect(!isOpen.wait(nanoseconds: 5_000_000, until: { $0 }))
    #expect(MonotonicTime.now.since(begin) >= 5_000_000)
    #expect(!isOpen.wait(nanoseconds: 0, until: { $0 }))
    let thread = try #require(BackgroundThread { isOpen.change { $0 = true } })
    #expect(isOpen.wait(nanoseconds: .max, until: { $0 }))
    thread.join()
  }
}
