import Foundation
import Synchronization
import Testing

import System

struct ThreadPoolTests {
  @Test(arguments: [1, 2, 3, 8])
  func everyIndexOnceAndSlotsInRange(threads: Int) {
    let pool = ThreadPool(threads: threads)
    for count in [0, 1, 2, 5, 1000] {
      let seen = Monitor([Int](repeating: 0, count: count))
      pool.run(count: count) { index, slot in
        #expect(slot >= 0 && slot < threads)
        seen.withLock { $0[index] += 1 }
      }
      #expect(seen.withLock { $0.allSatisfy { $0 == 1 } })
    }
  }

  @Test func manyCallersAtOnceNeitherWaitForEachOtherNorMixUp() async {
    let pool = ThreadPool(threads: 3)
    await withTaskGroup(of: Bool.self) { group in
      for caller in 0..<8 {
        group.addTask {
          for _ in 0..<500 {
            let sum = Atomic<Int>(0)
            pool.run(count: 20) { index, _ in sum.add(index * caller, ordering: .relaxed) }
            if sum.load(ordering: .relaxed) != 190 * caller { return false }
          }
          return true
        }
      }
      for await right in group { #expect(right) }
    }
  }

  @Test func startsItsThreadsOnFirstUseAndJoinsThemOnRelease() throws {
    func threads() throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
    }
    // Other tests run beside this one, so their threads are counted with a margin of many of ours.
    let before = try threads()
    do {
      let pool = ThreadPool(threads: 60)
      #expect(try threads() < before + 50)
      pool.run(count: 2) { _, _ in }
      #expect(try threads() >= before + 30)
    }
    #expect(try threads() < before + 30)
  }

  @Test func aLoopInsideALoopRunsOnItsOwnThread() {
    let pool = ThreadPool(threads: 4)
    let sum = Atomic<Int>(0)
    pool.run(count: 40) { outer, _ in
      pool.run(count: 10) { inner, slot in
        if slot == 0 { sum.add(outer * inner, ordering: .relaxed) }
      }
    }
    #expect(sum.load(ordering: .relaxed) == 780 * 45)
  }

  @Test func sleepsAndWakesAgain() {
    let pool = ThreadPool(threads: 2)
    for _ in 0..<5 {
      let sum = Atomic<Int>(0)
      pool.run(count: 100) { index, _ in sum.add(index, ordering: .relaxed) }
      #expect(sum.load(ordering: .relaxed) == 4950)
      usleep(20_000)
    }
  }
}
