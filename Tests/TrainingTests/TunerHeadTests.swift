import Foundation
import Model
import Numerics
import System
import Testing

@testable import Training

/// Temporal heads and context vectors in training.
struct TunerHeadTests {
  /// Context vectors are trained alone through a frozen text encoder. Those that started as words are mixed with these,
  /// and those that started as random numbers are taken whole.
  @Test func contextVectorsAreTrainedThroughAFrozenEncoder() throws {
    let plain = try TinyModel.base()
    let start = try FloatBuffer(count: 2 * 64)
    StartedContext.draw(start, seed: 3)
    let base = try plain.remade(
      from: StartedContext(MixedTensors(plain), start, width: 64), LoadOptions(threads: 1))
    #expect(base.configuration.contextVectors == 2)
    let name = "prompt.context"
    let batch = try MemoryBatch(
      pixels: (0..<4 * 2 * 192).map { sin(Float($0 * ($0 % 11)) * 0.13) },
      tokens: [18, -1, -2, 2, 19, 0, 18, -1, -2, 5, 19, 0, 18, -1, -2, 2, 19, 0, 18, -1, -2, 9, 19, 0],
      labels: LabelSets([[0], [1], [0], [2]]), textCount: 4)
    let parts = TrainedParts(head: false, logitScale: false, context: true)
    func tuned(started: [String]) throws -> Tuner {
      let tuner = try Tuner(
        base, parts, TinyModel.quick, TinyModel.sizes, started: started,
        options: LoadOptions(threads: 1))
      let losses = try (0..<6).map { _ in try tuner.step(batch).loss }
      #expect(losses[5] < losses[1], "\(losses)")
      #expect(tuner.trained == [name])
      return tuner
    }
    let before = try TinyModel.values(base)
    #expect(before[name] == (0..<128).map { start[$0] })
    let words = try tuned(started: [])
    let after = try TinyModel.values(words.model(share: 1, LoadOptions()))
    #expect(after.keys.filter { after[$0] != before[$0] } == [name])
    #expect(try TinyModel.values(words.model(share: 0, LoadOptions())) == before)
    let random = try tuned(started: [name])
    #expect(try TinyModel.values(random.model(share: 0, LoadOptions()))[name] == after[name])
    // Ids beyond the model's vectors are refused, and words keep their embeddings.
    var out = [Float](repeating: 0, count: 32)
    let message =
      "token id -3 at row 0, position 1 is outside the vocabulary of 0 to 19 and the context vectors, -2 to -1"
    #expect(throws: Failure(.invalidArgument, message)) {
      try base.encode(tokens: [18, -3, 19, 0, 0, 0], rows: 1, to: &out)
    }
    #expect(throws: Failure.self) { try plain.encode(tokens: [18, -1, 19, 0, 0, 0], rows: 1, to: &out) }
    var own = out
    try base.encode(tokens: [18, 4, 19, 0, 0, 0], rows: 1, to: &out)
    try plain.encode(tokens: [18, 4, 19, 0, 0, 0], rows: 1, to: &own)
    #expect(out == own)
  }

  /// The Transf_cls head drops the same numbers of a clip in both passes, so that the loss of the first changes along the
  /// gradient of the second.
  @Test(arguments: [TrainedParts.everything, TrainedParts()]) func aHeadDropsTheSameInBothPasses(
    parts: TrainedParts
  ) throws {
    let plain = try TinyModel.base()
    let head = try #require(TemporalHeadKind(name: "Transf_cls"))
    let base = try plain.remade(
      from: StartedHead(plain, head, frames: 2, seed: 3), LoadOptions(head: head, frames: 2, threads: 1))
    let model = try TrainableModel(base, headDropout: 0.3) { parts.contains($0, in: base.configuration) }
    let (passes, batch) = (try GradientPasses(model), try TinyModel.batch())
    let loss = try passes.run(batch, .multiPositive).loss
    #expect(try passes.run(batch, .multiPositive).loss == loss)
    let name = "fusion.transformer.transformer_enc.layers.1.linear2.weight"
    let parameter = try #require(model.parameter(name))
    let (count, value) = (parameter.value.count, parameter.value.base)
    let gradient = (0..<count).map { Double(parameter.gradient[$0]) }
    let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let before = (0..<count).map { value[$0] }
    func moved(_ step: Double) throws -> Double {
      for i in before.indices { value[i] = before[i] + Float(step * gradient[i] / length) }
      model.publish()
      return try passes.run(batch, .multiPositive).loss
    }
    let slope = try (moved(0.05) - moved(-0.05)) / (0.1 * length)
    #expect(abs(slope - 1) < 0.05, "\(slope)")
    #expect(Recipe.reference.headDropout == 0.1 && Recipe.anchored.headDropout == 0)
  }

  /// Every head can be trained from scratch over a model with another one, and starts as the reference's does.
  @Test(arguments: TemporalHeadKind.all.map(\.name)) func headsStartFromScratch(name: String) throws {
    let base = try TinyModel.base()
    let head = try #require(TemporalHeadKind(name: name))
    guard name != "MIT" else {
      #expect(throws: Failure.self) { try StartedHead(base, head, frames: 3, seed: 1) }
      return
    }
    func started(_ seed: UInt64) throws -> ActionCLIP {
      try base.remade(
        from: StartedHead(base, head, frames: 3, seed: seed),
        LoadOptions(head: head, frames: 3, threads: 1))
    }
    let model = try started(1)
    #expect(model.configuration.head == head && model.configuration.frames == 3)
    let (values, before) = (try TinyModel.values(model), try TinyModel.values(base))
    let own = values.filter { $0.key.hasPrefix("fusion.") }
    #expect(try TinyModel.values(started(1)) == values)
    let hasRandomNumbers = !["MeanP", "Conv_1D"].contains(name)
    #expect(try (TinyModel.values(started(2)) != values) == hasRandomNumbers)
    for (name, numbers) in values where own[name] == nil { #expect(numbers == before[name]) }
    // Random numbers of each matrix have the mean 0 and the deviation that they should.
    for (tensor, numbers) in own where hasRandomNumbers && numbers.count >= 256 {
      let numbers = numbers.map(Double.init)
      guard Set(numbers).count > 1 else { continue }
      let deviation = (numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)).squareRoot()
      let isAttention = tensor.contains("in_proj")
      let bound = name == "LSTM" ? 0.25 : isAttention ? (6.0 / 64).squareRoot() : 0
      let expected = bound > 0 ? bound / 3.0.squareRoot() : name == "Transf" ? 0.02 : 0.0176
      #expect(abs(deviation / expected - 1) < 0.15, "\(tensor): \(deviation)")
      let mean = numbers.reduce(0, +) / Double(numbers.count)
      #expect(abs(mean) < 0.25 * expected, "\(tensor): \(mean)")
    }
    if name == "Conv_1D" {
      let taps: [Float] = try #require(own["fusion.shift.weight"])
      let (first, middle, last): ([Float], [Float], [Float]) = ([1, 0, 0], [0, 1, 0], [0, 0, 1])
      let expected: [Float] = (0..<16).flatMap { $0 < 4 ? first : $0 < 12 ? middle : last }
      #expect(taps == expected)
    }
    let tuner = try Tuner(
      model, TrainedParts(logitScale: name == "MeanP"), TinyModel.quick, TinyModel.sizes,
      options: LoadOptions(threads: 1))
    let batch = try MemoryBatch(
      pixels: (0..<4 * 3 * 192).map { sin(Float($0 * ($0 % 11)) * 0.13) },
      tokens: [18, 1, 2, 19, 0, 0, 18, 3, 19, 0, 0, 0, 18, 1, 5, 6, 19, 0, 18, 9, 19, 0, 0, 0],
      labels: LabelSets([[0], [1], [0], [2]]), textCount: 4)
    let losses = try (0..<5).map { _ in try tuner.step(batch).loss }
    #expect(losses[4] < losses[1], "\(losses)")
  }

  /// A batch that counts how often its clips are asked for.
  private final class CountedBatch: TrainingBatch {
    let batch: MemoryBatch
    var asked = 0
    init(_ batch: MemoryBatch) { self.batch = batch }
    var labels: LabelSets { batch.labels }
    var tokens: UnsafePointer<Int32> { batch.tokens }
    var textCount: Int { batch.textCount }
    func write(clip: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
      asked += 1
      try batch.write(clip: clip, to: pixels)
    }
  }

  /// A head that is trained alone has the gradients that it has among all, from frames that are encoded once.
  @Test func aHeadAloneNeedsEachClipOnce() throws {
    func gradient(_ parts: TrainedParts) throws -> (numbers: [Float], asked: Int) {
      let loaded = try TinyModel.base()
      let model = try TrainableModel(loaded) { parts.contains($0, in: loaded.configuration) }
      let batch = CountedBatch(try TinyModel.batch())
      _ = try GradientPasses(model).run(batch, .multiPositive)
      let parameter = try #require(model.parameter("fusion.shift.weight"))
      return ((0..<parameter.gradient.count).map { parameter.gradient[$0] }, batch.asked)
    }
    let (alone, all) = (try gradient(TrainedParts()), try gradient(.everything))
    #expect(alone.numbers == all.numbers)
    #expect(alone.asked == 4 && all.asked == 8)
    // Nor do videos go back through what stays as it is.
    let texts = try TinyModel.tuner(try TinyModel.base(), TrainedParts(text: .lastBlocks(1), head: false))
    let batch = CountedBatch(try TinyModel.batch())
    let losses = try (0..<4).map { _ in try texts.step(batch).loss }
    #expect(batch.asked == 16 && losses[3] < losses[1])
  }
}
