import System
import Testing

@testable import Events

/// Thresholds by labelled spans.
@Suite struct ThresholdTests {
  private func best(
    _ windows: Windows, _ spans: [LabelledSpan], label: Int, _ options: TrackerOptions = .plain
  ) throws -> SuggestedThresholds? {
    try windows.withScored { windows in
      try spans.withUnsafeBufferPointer { try ThresholdSearch(windows, $0, options).best(label: label) }
    }
  }

  @Test func scoresThatTellSpansApartGiveThresholdsBetweenThem() throws {
    // Middles at 1, 1.25, ...; the label is shown from 3.5 to 6 s.
    let windows = Windows((0..<40).map { [$0 >= 11 && $0 <= 19 ? 0.9 : 0.3, 0] })
    let spans = [LabelledSpan(label: 0, start: second * 29 / 8, end: second * 47 / 8)]
    let found = try #require(try best(windows, spans, label: 0))
    #expect(found.f1 == 1 && found.on > 0.3 && found.on <= 0.9 && found.off > 0.3 && found.off <= found.on)
    #expect(try best(windows, spans, label: 1) == nil)
  }

  @Test func hysteresisIsSuggestedWhereScoresDip() throws {
    // In the span the score dips to 0.5, elsewhere it rises to 0.6 at most.
    let scores = (0..<60).map { place -> [Float] in
      guard (20..<40).contains(place) else { return [place % 7 == 0 ? 0.6 : 0.2] }
      return [(26..<32).contains(place) ? 0.5 : 0.9]
    }
    let windows = Windows(scores)
    let spans = [LabelledSpan(label: 0, start: second * 47 / 8, end: second * 87 / 8)]
    var options = TrackerOptions.plain
    (options.minOn, options.minOff) = (0, 0)
    let found = try #require(try best(windows, spans, label: 0, options))
    #expect(found.f1 == 1 && found.on > 0.6 && found.off <= 0.5)
  }

  /// In a span that lasts until the end no `off` is wrong, and the lowest would be of no use elsewhere.
  @Test func ofEquallyGoodThresholdsTheMiddleIsTaken() throws {
    let scores = (0..<40).map { (place: Int) -> [Float] in
      let number = Float(place)
      return [place < 20 ? 0.01 * number : 0.7 + 0.005 * number]
    }
    let spans = [LabelledSpan(label: 0, start: second * 47 / 8, end: second * 90 / 8)]
    let found = try best(Windows(scores), spans, label: 0)
    #expect(found.map { $0.f1 > 0.9 } == true)
    #expect(found.map { $0.on > 0.2 && $0.on < 0.8 } == true)
    #expect(found.map { $0.off > 0.05 && $0.off < 0.15 } == true)
  }

  @Test func theOrderAndTheOverlapOfSpansDoNotCount() throws {
    var generator = Generator(state: 2)
    let windows = Windows((0..<80).map { _ in [Float.random(in: 0...1, using: &generator)] })
    let spans = [(2, 5), (9, 12)].map { LabelledSpan(label: 0, start: $0.0 * second, end: $0.1 * second) }
    let pieces = [(10, 12), (2, 4), (9, 11), (3, 5), (2, 3), (90, 99)].map {
      LabelledSpan(label: 0, start: $0.0 * second, end: $0.1 * second)
    }
    let found = try best(windows, spans, label: 0)
    #expect(try found == best(windows, pieces, label: 0) && found != nil)
    for wrong in [LabelledSpan(label: 1, start: 0, end: 1), LabelledSpan(label: 0, start: 1, end: 1)] {
      #expect(throws: Failure.self) { _ = try best(windows, spans + [wrong], label: 0) }
    }
  }
}
