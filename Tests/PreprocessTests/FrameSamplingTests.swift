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

  @Test("Every index is a frame, in order, for any count and any number of segments")
  func inRange() throws {
    var noise = Noise(state: 9)
    for _ in 0..<400 {
      let frames = Int.random(in: 1...(1 << Int.random(in: 0...53, using: &noise)), using: &noise)
      let segments = Int.random(in: 1...64, using: &noise)
      let found = try sampleIndices(frameCount: frames, segments: segments)
      #expect(found.count == segments)
      #expect(found.first! >= 0 && found.last! < frames, "\(frames) frames, \(segments) segments")
      #expect(zip(found, found.dropFirst()).allSatisfy { $0 <= $1 })
    }
    #expect(try sampleIndices(frameCount: 1 << 53, segments: 65536).last! < 1 << 53)
  }

  @Test("Counts out of range are refused")
  func refused() {
    let bad: [(Int, Int, PreprocessError.Kind)] = [
      (0, 8, .invalidArgument), (-1, 8, .invalidArgument), (8, 0, .invalidArgument),
      (Int.min, Int.min, .invalidArgument), (8, 65537, .limit), ((1 << 53) + 1, 8, .limit),
      (Int.max, Int.max, .limit),
    ]
    for (frames, segments, kind) in bad {
      let error = #expect(throws: PreprocessError.self) {
        try sampleIndices(frameCount: frames, segments: segments)
      }
      #expect(error?.kind == kind)
    }
  }
}
