import Foundation
import Numerics
import System
import Testing

@testable import Model

/// The temporal options against their definitions, one number at a time.
struct TemporalTests {
  @Test(arguments: [false, true])
  func shiftMovesAnEighthOfTheChannelsEachWayOrFromThePastAlone(isCausal: Bool) {
    let (frames, tokens, width) = (3, 2, 16)
    var x = (0..<frames * tokens * width).map { Float($0 + 1) }
    let before = x
    func at(_ values: [Float], _ t: Int, _ token: Int, _ channel: Int) -> Float {
      (0..<frames).contains(t) ? values[(t * tokens + token) * width + channel] : 0
    }
    TemporalShift(frames: frames, tokens: tokens, width: width, isCausal: isCausal).apply(
      &x, videos: 1, pool: ThreadPool(threads: 1))
    for t in 0..<frames {
      for channel in 0..<width {
        #expect(at(x, t, 0, channel) == at(before, t, 0, channel), "the class token stays")
        let from = channel < 2 && !isCausal ? t + 1 : (2..<4).contains(channel) ? t - 1 : t
        #expect(at(x, t, 1, channel) == at(before, from, 1, channel))
      }
    }
  }

  @Test func shiftOfOneFrameBringsZeros() {
    var x = [Float](repeating: 1, count: 2 * 8)
    TemporalShift(frames: 1, tokens: 2, width: 8).apply(
      &x, videos: 1, pool: ThreadPool(threads: 1))
    #expect(x == [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1])
  }

  @Test func convolutionReadsTheBufferAsTheReferenceViewsIt() throws {
    var tensors = InMemoryTensors.clip()
    tensors.addConv1D()
    let (frames, size) = (3, InMemoryTensors.embedding)
    var c = Configuration()
    (c.embeddingSize, c.frames) = (size, frames)
    let pool = ThreadPool(threads: 1)
    let head = try ConvolutionHead(ParameterReader(tensors, kernels: Kernels(for: .fp32), pool: pool), c)
    let x = (0..<frames * size).map { sin(Float($0)) }
    var out = [Float](repeating: 0, count: size)
    try head.apply(x, videos: 1, to: &out, (), pool)
    let kernel = try #require(tensors.tensors["fusion.shift.weight"]).values
    for channel in 0..<size {
      // Not x[t][channel]: element t of row `channel` of the same memory seen as [E, T].
      func viewed(_ t: Int) -> Float { (0..<frames).contains(t) ? x[channel * frames + t] : 0 }
      var sum: Float = 0
      for t in 0..<frames {
        for tap in 0..<3 { sum += kernel[channel * 3 + tap] * viewed(t + tap - 1) }
        sum += x[t * size + channel]
      }
      #expect(abs(out[channel] - sum / 3) < 1e-5)
    }
  }

  @Test func similarityIsTheScaledCosine() throws {
    let videos: [Float] = [3, 0, 0, 4, 0, 0]  // three of size 2: along each axis, and none
    let texts: [Float] = [1, 0, -2, 0, 5, 5]
    var logits = [Float](repeating: 0, count: 9)
    try Similarity.logits(videos, 3, texts, 3, size: 2, scale: 100, to: &logits)
    let half = 100 / Float(2).squareRoot()
    for (logit, expected) in zip(logits, [100, -100, half, 0, 0, half, 0, 0, 0]) {
      #expect(abs(logit - expected) < 1e-4)
    }
  }

  @Test func probabilitiesAreTheMeanOverTemplatesOfEachSoftmax() throws {
    let texts: [Float] = [1, 0, 0, 1, 1, 1, 0, -1]  // two templates of two classes
    var p = [Float](repeating: 0, count: 2)
    try Similarity.probabilities(
      [1, 0], 1, texts, templates: 2, classes: 2, size: 2, scale: 2, to: &p)
    func softmax(_ a: Double, _ b: Double) -> Double { exp(a) / (exp(a) + exp(b)) }
    let expected = (softmax(2, 0) + softmax(2 * 0.5.squareRoot(), 0)) / 2
    #expect(abs(Double(p[0]) - expected) < 1e-6)
    #expect(abs(p[0] + p[1] - 1) < 1e-6)
  }

  @Test func weightsCountInTheMeanOverTemplates() throws {
    let texts: [Float] = [1, 0, 0, 1, 1, 1, 0, -1, 0, 1, 1, 0]  // three templates of two classes
    func score(_ templates: Range<Int>, _ weights: [Float]?) throws -> [Float] {
      var p = [Float](repeating: 0, count: 2)
      let given = try weights?.withUnsafeBufferPointer { try TemplateWeights($0, name: "weights") }
      try Similarity.probabilities(
        [1, 0.5], 1, Array(texts[(4 * templates.lowerBound)..<(4 * templates.upperBound)]),
        templates: templates.count, classes: 2, size: 2, scale: 2, weights: given, to: &p)
      return p
    }
    // Equal weights have the bits of none; one template alone has those of that template.
    #expect(try score(0..<3, [7, 7, 7]).map(\.bitPattern) == score(0..<3, nil).map(\.bitPattern))
    #expect(try score(0..<3, [0, 0.5, 0]).map(\.bitPattern) == score(1..<2, nil).map(\.bitPattern))
    let each = try (0..<3).map { try score($0..<($0 + 1), nil)[0] }
    let mixed = try score(0..<3, [1, 0, 3])
    #expect(abs(mixed[0] - (each[0] + 3 * each[2]) / 4) < 1e-6 && abs(mixed[0] + mixed[1] - 1) < 1e-6)
    for wrong in [[0, 0, 0], [1, -1, 1], [1, .nan, 1], [.infinity, 1, 1]] as [[Float]] {
      #expect(throws: Failure.self) { try score(0..<3, wrong) }
    }
  }

  @Test func embeddingsBeyondFp32RangeStillHaveACosine() throws {
    let big: [Float] = [1e30, 1e30]
    let small: [Float] = [1e-30, 1e-30]
    var logit: Float = 0
    try Similarity.logits(big, 1, small, 1, size: 2, scale: 1, to: &logit)
    #expect(abs(logit - 1) < 1e-6)
  }
}
