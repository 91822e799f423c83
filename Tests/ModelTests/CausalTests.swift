import Foundation
import Numerics
import System
import Testing

@testable import Model

/// Causal temporal shift: frames see those before them and none after, however they are cut into calls.
struct CausalTests {
  private static let (frames, size, pixels) = (9, InMemoryTensors.embedding, 192)
  private static let video = (0..<frames * pixels).map { Float(($0 &* 7919) % 512) / 256 - 1 }
  /// The embeddings of the first frames by `defined`, which takes long.
  private static let expected = defined(Array(video[..<(4 * pixels)]), .clip())
  private var video: [Float] { Self.video }

  private func model(
    _ form: ShiftForm, frames: Int = frames, threads: Int = 2, precision: Precision = .fp32,
    _ tensors: InMemoryTensors = .clip()
  ) throws -> ActionCLIP {
    try ActionCLIP(
      tensors,
      options: LoadOptions(temporalShift: form, frames: frames, threads: threads, precision: precision),
      declaresOptions: false)
  }

  private func whole(_ model: ActionCLIP, _ video: [Float]) throws -> [Float] {
    var out = [Float](repeating: 0, count: video.count / Self.pixels * Self.size)
    try model.encodeFrames(WrittenFrames(video), count: video.count / Self.pixels, to: &out)
    return out
  }

  /// Encodes the next frames of several runs in one call: [frames of all runs, E].
  private func encode(
    _ model: ActionCLIP, _ runs: [(state: CausalState, pixels: ArraySlice<Float>)]
  ) throws -> [Float] {
    let all = runs.flatMap(\.pixels)
    var out = [Float](repeating: 42, count: all.count / Self.pixels * Self.size)
    let causal = runs.map { CausalRun($0.state, frames: $0.pixels.count / Self.pixels) }
    try causal.withUnsafeBufferPointer { try model.encodeCausal(WrittenFrames(all), runs: $0, to: &out) }
    return out
  }

  private func part(_ frames: Range<Int>, of video: [Float]) -> ArraySlice<Float> {
    video[frames.lowerBound * Self.pixels..<frames.upperBound * Self.pixels]
  }

  /// The definition, in Double and one number at a time: the embeddings of a video's frames.
  private static func defined(_ video: [Float], _ tensors: InMemoryTensors) -> [[Double]] {
    let (width, patch, grid) = (InMemoryTensors.width, InMemoryTensors.patch, 2)
    let blocks = DoubleBlocks(
      tensors, "visual.transformer.resblocks.", width: width, causal: false, activation: .quickGELU,
      epsilon: 1e-5)
    let (conv, position) = (
      blocks.values("visual.conv1.weight"), blocks.values("visual.positional_embedding")
    )
    var x = (0..<video.count / pixels).map { frame -> [[Double]] in
      var tokens = [blocks.values("visual.class_embedding")]
      for place in 0..<grid * grid {
        tokens.append(
          (0..<width).map { output in
            (0..<3 * patch * patch).reduce(0.0) { sum, i in
              let (channel, y, x) = (i / (patch * patch), i / patch % patch, i % patch)
              let row = place / grid * patch + y
              let column = place % grid * patch + x
              return sum + conv[output * 48 + i]
                * Double(video[frame * pixels + (channel * 8 + row) * 8 + column])
            }
          })
      }
      return tokens.indices.map { token in
        blocks.norm(
          (0..<width).map { tokens[token][$0] + position[token * width + $0] }, "visual.ln_pre.")
      }
    }
    for layer in 0..<2 {
      let before = x
      for frame in x.indices {
        for token in 1..<x[frame].count {
          for channel in width / 8..<2 * width / 8 {
            x[frame][token][channel] = frame > 0 ? before[frame - 1][token][channel] : 0
          }
        }
        blocks.apply(&x[frame], layers: layer..<layer + 1)
      }
    }
    let projection = blocks.values("visual.proj")
    return x.map { tokens in
      let last = blocks.norm(tokens[0], "visual.ln_post.")
      return (0..<size).map { e in
        (0..<width).reduce(0) { $0 + last[$1] * projection[$1 * size + e] }
      }
    }
  }

  @Test(arguments: [(Precision.fp32, 1e-4), (.bf16, 0.05), (.int8, 0.2)])
  func embeddingsAreThoseOfTheDefinition(precision: Precision, tolerance: Double) throws {
    let found = try whole(model(.causal, precision: precision), video)
    for (frame, expected) in Self.expected.enumerated() {
      let length = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let row = found[frame * Self.size..<(frame + 1) * Self.size]
      let distance = zip(row, expected).reduce(0) { $0 + pow(Double($1.0) - $1.1, 2) }.squareRoot()
      #expect(distance < tolerance * length, "frame \(frame): \(distance / length)")
    }
  }

  @Test func aFrameSeesThoseBeforeItAndNoneAfter() throws {
    var changed = video
    for i in 4 * Self.pixels..<5 * Self.pixels { changed[i] = -changed[i] }
    let (a, b) = (try whole(model(.causal), video), try whole(model(.causal), changed))
    for frame in 0..<Self.frames {
      let row = frame * Self.size..<(frame + 1) * Self.size
      // Two blocks: frame 4 reaches frames 5 and 6, whose class tokens see what the patches brought.
      #expect((a[row] == b[row]) == !(4...6).contains(frame), "frame \(frame)")
    }
    #expect(try whole(model(.twoSided), video) != a)
  }

  /// Cut at random, among other runs that have other lengths, in models that are loaded as causal or two-sided.
  @Test(arguments: Precision.allCases, [1, 3])
  func framesHaveTheBitsOfTheWholeVideoHoweverTheyAreCut(precision: Precision, threads: Int) throws {
    let videos = (0..<3).map { v in (0..<Self.frames * Self.pixels).map { video[$0] * Float(v + 1) / 2 } }
    let expected = try videos.map { try whole(model(.causal, precision: precision), $0) }
    var random = UInt64(threads)
    for form in [ShiftForm.causal, .twoSided] {
      let model = try model(form, frames: 2, threads: threads, precision: precision)
      let states = try videos.map { _ in try model.makeCausalState() }
      for _ in 0..<2 {
        var (done, found) = ([0, 0, 0], [[Float]](repeating: [], count: 3))
        states.forEach { $0.reset() }
        while done != [Self.frames, Self.frames, Self.frames] {
          let counts = (0..<3).map { v -> Int in
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return min(Int(random >> 33) % 4, Self.frames - done[v])
          }
          let out = try encode(
            model, (0..<3).map { (states[$0], part(done[$0]..<done[$0] + counts[$0], of: videos[$0])) })
          var row = 0
          for v in 0..<3 {
            found[v] += out[row * Self.size..<(row + counts[v]) * Self.size]
            row += counts[v]
            done[v] += counts[v]
          }
        }
        #expect(found == expected)
      }
    }
  }

  /// More frames than one group of the encoder takes, and the same run twice in a call.
  @Test func longCallsAndRunsOfOneStateGoOnWhereTheyEnded() throws {
    let count = 450
    let long = (0..<count * Self.pixels).map { Float(($0 &* 104_729) % 512) / 256 - 1 }
    let expected = try whole(model(.causal, frames: count), long)
    let model = try model(.causal)
    let (state, other) = (try model.makeCausalState(), try model.makeCausalState())
    #expect(try encode(model, [(state, long[...])]) == expected)
    state.reset()
    let out = try encode(
      model,
      [(state, part(0..<300, of: long)), (other, part(0..<3, of: long)), (state, part(300..<420, of: long))])
    let size = Self.size
    #expect(out[..<(300 * size)] == expected[..<(300 * size)])
    #expect(out[(300 * size)..<(303 * size)] == expected[..<(3 * size)])
    #expect(out[(303 * size)...] == expected[(300 * size)..<(420 * size)])
    #expect(try encode(model, [(state, part(420..<count, of: long))])[...] == expected[(420 * size)...])
  }

  @Test func failedCallsLeaveStatesAndOutputsAsTheyWere() throws {
    let (model, expected) = (try model(.causal), try whole(model(.causal), video))
    let state = try model.makeCausalState()
    let first = try encode(model, [(state, part(0..<4, of: video))])
    // Frames that overflow inside the network, and a source that fails.
    let huge = part(4..<6, of: video).map { $0 * 1e30 }
    #expect(throws: Failure.self) { try encode(model, [(state, huge[...])]) }
    var out = [Float](repeating: 42, count: 2 * Self.size)
    let error = #expect(throws: Failure.self) {
      try [CausalRun(state, frames: 2)].withUnsafeBufferPointer {
        try model.encodeCausal(FailingFrames(), runs: $0, to: &out)
      }
    }
    #expect(error == FailingFrames.error && out.allSatisfy { $0 == 42 })
    #expect(try first + encode(model, [(state, part(4..<Self.frames, of: video))]) == expected)
  }

  @Test func onlyModelsWithShiftAndTheirOwnStatesEncodeCausally() throws {
    let causal = try model(.causal)
    let state = try causal.makeCausalState()
    let plain = try model(.off)
    #expect(throws: Failure.self) { try encode(plain, [(plain.makeCausalState(), video[...])]) }
    var three = InMemoryTensors.clip()
    three.addBlock("visual.transformer.resblocks.2.", InMemoryTensors.width)
    let deeper = try model(.causal, three)
    let error = #expect(throws: Failure.self) { try encode(deeper, [(state, video[...])]) }
    #expect(error?.kind == .invalidArgument)
    for frames in [-1, Int.max] {
      var out: Float = 42
      #expect(throws: Failure.self) {
        try [CausalRun(state, frames: frames)].withUnsafeBufferPointer {
          try causal.encodeCausal(FailingFrames(), runs: $0, to: &out)
        }
      }
    }
    #expect(try encode(causal, [(state, [])]).isEmpty)
  }
}
