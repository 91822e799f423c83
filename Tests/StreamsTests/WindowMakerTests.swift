import Streams
import Testing

/// The windows over runs of so many sampled frames, written as "first...last" with a mark for tails and for the first
/// one after a gap.
private func windows(_ runs: [Int], length: Int, hop: Int, _ warmUp: WarmUp) -> [String] {
  var maker = WindowMaker(length: length, hop: hop, warmUp: warmUp)
  var texts: [String] = []
  func note(_ span: WindowSpan?) {
    guard let span else { return }
    texts.append(
      "\(span.first)...\(span.last)" + (span.isTail ? " tail" : "") + (span.followsGap ? " gap" : ""))
  }
  for (run, frames) in runs.enumerated() {
    for _ in 0..<frames {
      let completed = maker.add(run: Int64(run))
      note(completed.tail)
      note(completed.window)
    }
  }
  note(maker.close())
  note(maker.close())
  return texts
}

@Suite struct WindowMakerTests {
  @Test func windowsAreAHopApartAndTheRestIsATail() {
    #expect(windows([8], length: 4, hop: 3, .wait) == ["0...3", "3...6", "4...7 tail"])
    #expect(windows([7], length: 4, hop: 3, .wait) == ["0...3", "3...6"])
  }

  @Test func aRunThatIsTooShortIsOneWindow() {
    #expect(windows([2], length: 4, hop: 1, .wait) == ["0...1 tail"])
    #expect(windows([], length: 4, hop: 1, .wait) == [])
  }

  @Test func noWindowReachesOverAGap() {
    #expect(
      windows([5, 1, 4], length: 4, hop: 1, .wait) == ["0...3", "1...4", "5...5 tail gap", "6...9 gap"])
  }

  @Test func earlyWindowsFallOnTheSameHops() {
    #expect(windows([6], length: 4, hop: 2, .partial) == ["0...1", "0...3", "2...5"])
    #expect(windows([5], length: 4, hop: 3, .repeatFirst) == ["0...0", "0...3", "1...4 tail"])
  }

  @Test func framesThatAreForgottenAreInNoWindowToCome() {
    var maker = WindowMaker(length: 3, hop: 1, warmUp: .wait)
    for run: Int64 in [0, 1, 1, 1] { _ = maker.add(run: run) }  // a gap, and the first window after it
    maker.forget()
    #expect(maker.close() == nil)
    #expect(maker.add(run: 1) == (nil, nil) && maker.add(run: 1) == (nil, nil))
    let window = maker.add(run: 1).window
    #expect(window == WindowSpan(last: 6, frames: 3, followsGap: false, isTail: false))
    maker.forget()
    #expect(maker.add(run: 2) == (nil, nil))  // the run before has no tail
    #expect(maker.close() == WindowSpan(last: 7, frames: 1, followsGap: true, isTail: true))
  }

  @Test func aHopLongerThanAWindowLeavesFramesOut() {
    #expect(windows([13], length: 4, hop: 8, .wait) == ["0...3", "8...11", "9...12 tail"])
  }
}
