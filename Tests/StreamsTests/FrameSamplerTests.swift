import Streams
import System
import Testing

/// The numbers of the frames that are due among those with these timestamps.
private func due(_ timestamps: [Int64], _ rule: SamplingRule, gap: Int64 = .max) throws -> [Int] {
  var sampler = FrameSampler(rule, gap: gap)
  var numbers: [Int] = []
  for (number, timestamp) in timestamps.enumerated() {
    let place = try sampler.place(at: timestamp)
    sampler.take(place, at: timestamp)
    if place.isDue { numbers.append(number) }
  }
  return numbers
}

@Suite struct FrameSamplerTests {
  @Test func aFastCameraIsSampledOnceInEachInterval() throws {
    // 30 frames a second, four of them wanted: a cell of 250 ms begins 62.5 ms early.
    let timestamps = (0..<31).map { Int64($0) * 33 }
    #expect(try due(timestamps, .interval(250)) == [0, 6, 14, 21, 29])
  }

  @Test func aCameraWhoseTimesJitterRoundTheIntervalKeepsEveryFrame() throws {
    #expect(try due([0, 249, 500, 749, 1001, 1248], .interval(250)) == [0, 1, 2, 3, 4, 5])
    #expect(try due([0, 188, 500, 688], .interval(250)) == [0, 1, 2, 3])
    #expect(try due([0, 187], .interval(250)) == [0])
  }

  @Test func aSlowCameraKeepsEveryFrame() throws {
    #expect(try due([0, 1000, 2000, 3500], .interval(250)) == [0, 1, 2, 3])
  }

  @Test func timestampsMayBeginAnywhere() throws {
    let first = FrameSampler.timestamps.lowerBound
    #expect(try due([first, first + 100, FrameSampler.timestamps.upperBound], .interval(100)) == [0, 1, 2])
    #expect(try due([1_700_000_000_000_000_000, 1_700_000_000_000_000_001], .interval(1)) == [0, 1])
  }

  /// From one end of the range to the other no difference and no cell overflows.
  @Test func theWholeRangeOfTimestampsIsOneRunOrTwo() throws {
    let range = FrameSampler.timestamps
    let ends = [range.lowerBound, range.upperBound]
    for length in [1, 3, SamplingRule.maximumInterval] {
      #expect(try due(ends, .interval(length)) == [0, 1])
      #expect(try due(ends, .interval(length), gap: 1 << 61) == [0, 1])
    }
    var sampler = FrameSampler(.interval(1), gap: .max)
    for timestamp in [range.lowerBound, range.lowerBound + 1, range.upperBound - 1, range.upperBound] {
      let place = try sampler.place(at: timestamp)
      #expect(place.isDue && place.run == 0)
      sampler.take(place, at: timestamp)
    }
    #expect(sampler.gaps == 0)
  }

  @Test func framesAreCountedByStride() throws {
    #expect(try due([0, 1, 2, 3, 4, 5, 6], .stride(3)) == [0, 3, 6])
  }

  @Test func aGapBeginsARunWhoseFirstFrameIsDue() throws {
    #expect(try due([0, 1, 2, 103, 104, 105], .stride(3), gap: 100) == [0, 3])
    #expect(try due([0, 1, 101], .interval(1000), gap: 100) == [0])  // a hole as long as the gap is none
    var sampler = FrameSampler(.interval(10), gap: 100)
    for timestamp: Int64 in [0, 10, 200, 210] {
      sampler.take(try sampler.place(at: timestamp), at: timestamp)
    }
    #expect(sampler.gaps == 1)
    let place = try sampler.place(at: 220)
    #expect(place.run == 1 && place.due == 2)
  }

  @Test(arguments: [100, 99, Int64.min, Int64.max, 1 << 62]) func aBadTimestampIsRefusedAndForgotten(
    _ bad: Int64
  ) throws {
    var sampler = FrameSampler(.interval(10), gap: .max)
    sampler.take(try sampler.place(at: 100), at: 100)
    #expect(throws: Failure.self) { try sampler.place(at: bad) }
    #expect(try sampler.place(at: 110).isDue)
    #expect(sampler.newest == 100)
  }
}
