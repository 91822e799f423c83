import System
import Foundation
import Testing

@testable import Preprocess

@Suite("Frames are chosen as the reference chooses them")
struct FrameSamplingTests {
  private struct Row: Decodable {
    let frames: Int
    let segments: Int
    let indices: [Int]
  }

  private func check(_ url: URL, atLeast count: Int) throws {
    let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: url))
    #expect(rows.count >= count)
    for row in rows {
      let found = try sampleIndices(frameCount: row.frames, segments: row.segments)
      #expect(found == row.indices, "\(row.frames) frames, \(row.segments) segments")
    }
  }

  @Test("Python's answers, up to 2^53 frames")
  func committed() throws {
    try check(Fixture.committed.appendingPathComponent("indices.json"), atLeast: 80)
  }

  @Test("The reference's answers", .enabled(if: Fixture.shared != nil, "needs ../shared/preprocess"))
  func shared() throws {
    try check(#require(Fixture.shared).appendingPathComponent("uniform_indices.json"), atLeast: 70)
  }

  @Test("Other families' answers, by NumPy and PyTorch")
  func families() throws {
    struct Row: Decodable {
      let rule: String
      let frames: Int
      let rate: Double
      let segments: Int
      let indices: [Int]
    }
    let url = Fixture.committed.appendingPathComponent("families.json")
    let rows = try JSONDecoder().decode([Row].self, from: Data(contentsOf: url))
    #expect(rows.count == 396)
    for row in rows {
      let choice = try #require(FrameChoice.allCases.first { $0.name == row.rule })
      let found = try sampleIndices(
        frameCount: row.frames, segments: row.segments, by: choice, frameRate: row.rate)
      #expect(
        found == row.indices, "\(row.rule): \(row.frames) frames, \(row.segments) segments, \(row.rate)")
    }
  }

  @Test("A frame rate is looked at by the rule that asks for it, and must be one")
  func frameRates() throws {
    for choice in FrameChoice.allCases {
      for rate in [0, -1, .nan, .infinity, maximumFrameRate * 2] as [Double] {
        let found = try? sampleIndices(frameCount: 9, segments: 8, by: choice, frameRate: rate)
        #expect((found == nil) == choice.asksForFrameRate, "\(choice) \(rate)")
      }
    }
  }

  @Test(
    "Every index is a frame, in order, for any count and any number of segments",
    arguments: FrameChoice.allCases)
  func inRange(_ choice: FrameChoice) throws {
    var noise = Noise(state: 9)
    for _ in 0..<400 {
      let frames = Int.random(in: 1...(1 << Int.random(in: 0...53, using: &noise)), using: &noise)
      let segments = Int.random(in: 1...64, using: &noise)
      let rate = Double.random(in: 0.01...240, using: &noise)
      let found = try sampleIndices(frameCount: frames, segments: segments, by: choice, frameRate: rate)
      #expect(found.count == segments)
      #expect(found.first! >= 0 && found.last! < frames, "\(frames) frames, \(segments) segments")
      #expect(zip(found, found.dropFirst()).allSatisfy { $0 <= $1 })
    }
    for rate in [1e-300, 1, maximumFrameRate] {
      for frames in [1, 65535, 1 << 53] {
        let found = try sampleIndices(frameCount: frames, segments: 65536, by: choice, frameRate: rate)
        #expect(found.first! >= 0 && found.last! < frames)
        #expect(zip(found, found.dropFirst()).allSatisfy { $0 <= $1 })
      }
    }
  }

  @Test("Counts out of range are refused")
  func refused() {
    let bad = [
      (0, 8), (-1, 8), (8, 0), (Int.min, Int.min), (8, 65537), ((1 << 53) + 1, 8), (Int.max, Int.max),
    ]
    for (frames, segments) in bad {
      let error = #expect(throws: Failure.self) {
        try sampleIndices(frameCount: frames, segments: segments)
      }
      #expect(error?.kind == .invalidArgument)
    }
  }
}
