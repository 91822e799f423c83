import Model
import Numerics
import System
import Testing

@testable import Training

/// A tuner over a tiny model: what it trains, what it leaves, and the models that come out.
struct TunerTests {
  @Test func weightsThatOverflowEndTraining() throws {
    let model = try Tuner.copy(of: TinyModel.base(), .everything, .fp32, LoadOptions(threads: 1))
    var recipe = Recipe.reference
    (recipe.rate, recipe.weightDecay) = (1, 10)
    let optimiser = try Optimiser(model, recipe)
    model.parameters[0].value.base[0] = 1e38
    for _ in 0..<2 {
      #expect {
        try optimiser.checkParameters()
        try optimiser.step(factor: 1)
        try optimiser.checkParameters()
      } throws: { error in
        (error as? Failure)?.kind == .notFinite
          && "\(error)".contains("diverged at step 1: its weights overflow")
      }
    }
    #expect(optimiser.steps == 1)
  }

  @Test func gradientsWhoseSquaresOverflowChangeNothing() throws {
    let model = try Tuner.copy(of: TinyModel.base(), .everything, .fp32, LoadOptions(threads: 1))
    let optimiser = try Optimiser(model, .reference)
    let (parameter, before) = (model.parameters[0], model.parameters[0].value[0])
    parameter.gradient.base[0] = 1e20
    #expect(throws: Failure.self) { try optimiser.step(factor: 1) }
    #expect(parameter.value[0] == before && optimiser.steps == 0)
  }

  @Test(arguments: [TrainingLoss.multiPositive, .crossEntropy]) func theLossFalls(
    loss: TrainingLoss
  ) throws {
    var recipe = TinyModel.quick
    recipe.loss = loss
    let tuner = try TinyModel.tuner(try TinyModel.base(), .everything, recipe)
    let batch = try TinyModel.batch()
    var losses: [Double] = []
    for step in 1...12 {
      let report = try tuner.step(batch)
      #expect(report.step == step && report.scale.map { $0 <= 100.001 } == true)
      losses.append(report.loss)
    }
    // At the first step the rate is zero.
    #expect(losses[1] == losses[0])
    #expect(losses[11] < 0.7 * losses[0], "\(losses)")
    #expect(tuner.steps == 12 && tuner.totalSteps == 20)
  }

  @Test func threadsAndMemoryDoNotChangeBits() throws {
    func run(_ threads: Int, _ memoryLimit: Int?) throws -> [String: [Float]] {
      let tuner = try TinyModel.tuner(try TinyModel.base(), threads: threads, memoryLimit: memoryLimit)
      let batch = try TinyModel.batch()
      for _ in 0..<3 { _ = try tuner.step(batch) }
      return try TinyModel.values(tuner.model(share: 1, LoadOptions()))
    }
    let one = try run(1, nil)
    #expect(try run(2, nil) == one && run(3, 1 << 30) == one && run(1, 1) == one)
  }

  /// Only the chosen parts change, and the base model does not.
  @Test func trainsTheChosenPartsAlone() throws {
    let base = try TinyModel.base()
    let before = try TinyModel.values(base)
    for (parts, prefixes) in [
      (TrainedParts(logitScale: false), ["fusion."]),
      (
        TrainedParts(vision: .projection, head: false),
        ["visual.proj", "visual.ln_post.", "logit_scale"]
      ),
      (
        TrainedParts(vision: .lastBlocks(1), text: .projection, head: false, logitScale: false),
        [
          "visual.transformer.resblocks.1.", "visual.proj", "visual.ln_post.", "text_projection",
          "ln_final.",
        ]
      ),
    ] {
      let tuner = try TinyModel.tuner(base, parts)
      for _ in 0..<2 { _ = try tuner.step(TinyModel.batch()) }
      let after = try TinyModel.values(tuner.model(share: 1, LoadOptions()))
      let changed = after.keys.filter { after[$0] != before[$0] }.sorted()
      #expect(
        changed == before.keys.filter { name in prefixes.contains { name.hasPrefix($0) } }.sorted())
      #expect(changed == tuner.trained)
    }
    #expect(try TinyModel.values(base) == before)
  }

  @Test func mixturesLieBetweenBaseAndTuned() throws {
    let base = try TinyModel.base()
    let tuner = try TinyModel.tuner(base)
    for _ in 0..<3 { _ = try tuner.step(TinyModel.batch()) }
    let (before, after) = (
      try TinyModel.values(base), try TinyModel.values(tuner.model(share: 1, LoadOptions()))
    )
    #expect(try TinyModel.values(tuner.model(share: 0, LoadOptions())) == before)
    let half = try TinyModel.values(tuner.model(LoadOptions()))
    for (name, values) in half {
      let (a, b) = (try #require(before[name]), try #require(after[name]))
      #expect(values.indices.allSatisfy { abs(values[$0] - (a[$0] + b[$0]) / 2) < 1e-6 }, "\(name)")
    }
    #expect(throws: Failure(.invalidArgument, "the tuned model's share is 1.5, expected 0 to 1")) {
      try tuner.model(share: 1.5, LoadOptions())
    }
  }

  /// Models are made of the exponential mean of the numbers, where a recipe keeps it.
  @Test func meansOfWeightsFollowTheirDefinition() throws {
    let (base, batch) = (try TinyModel.base(), try TinyModel.batch())
    var recipe = TinyModel.quick
    let plain = try TinyModel.tuner(base, .everything, recipe)
    recipe.meanDecay = 0.75
    let mean = try TinyModel.tuner(base, .everything, recipe)
    var expected = try TinyModel.values(base)
    for _ in 0..<5 {
      #expect(try plain.step(batch) == mean.step(batch))
      for (name, numbers) in try TinyModel.values(plain.model(share: 1, LoadOptions())) {
        expected[name] = zip(expected[name] ?? [], numbers).map { 0.75 * $0 + 0.25 * $1 }
      }
    }
    let latest = try TinyModel.values(plain.model(share: 1, LoadOptions()))
    for (name, numbers) in try TinyModel.values(mean.model(share: 1, LoadOptions())) {
      let own = try #require(expected[name])
      #expect(zip(own, numbers).allSatisfy { abs($0 - $1) < 1e-6 }, "\(name)")
      #expect(numbers != latest[name], "\(name)")
    }
  }

  /// A clip of numbers that overflow is named, and nothing has changed.
  @Test func aBadClipIsNamedAndChangesNothing() throws {
    let tuner = try TinyModel.tuner(try TinyModel.base())
    let before = try TinyModel.values(tuner.model(share: 1, LoadOptions()))
    var pixels = [Float](repeating: 0.5, count: 4 * 2 * 192)
    pixels[2 * 2 * 192 + 7] = .nan
    let bad = try MemoryBatch(
      pixels: pixels, tokens: [Int32](repeating: 19, count: 24),
      labels: LabelSets([[0], [1], [0], [2]]),
      textCount: 4)
    #expect(throws: Failure(.notFinite, "clip 2: the pixels hold NaN or infinity")) {
      try tuner.step(bad)
    }
    #expect(try TinyModel.values(tuner.model(share: 1, LoadOptions())) == before && tuner.steps == 0)
  }

  /// The recipes: limits of the gradient and the scale, the pull to the base, and rounding to fp16.
  @Test func recipesDoWhatTheySay() throws {
    func run(_ change: (inout Recipe) -> Void) throws -> (values: [String: [Float]], scale: Double) {
      var recipe = TinyModel.quick
      recipe.rate = 1e-2
      change(&recipe)
      let tuner = try TinyModel.tuner(try TinyModel.base(), .everything, recipe)
      var scale = 0.0
      for _ in 0..<6 { scale = try tuner.step(TinyModel.batch()).scale ?? 0 }
      return (try TinyModel.values(tuner.model(share: 1, LoadOptions())), scale)
    }
    let before = try TinyModel.values(try TinyModel.base())
    func distance(_ values: [String: [Float]]) -> Float {
      before.reduce(0) { sum, entry in
        sum
          + zip(entry.value, values[entry.key] ?? []).reduce(0) {
            $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
          }
      }
    }
    let free = try run { $0.weightDecay = 0 }
    let held = try run {
      $0.weightDecay = 0
      $0.anchor = 10
    }
    #expect(distance(held.values) < distance(free.values))
    #expect(abs(try run { $0.scaleLimit = 5 }.scale) < 5.0001)
    let rounded = try run { $0.roundsToHalf = true }.values
    let isHalf = { (values: [Float]) in values.allSatisfy { HalfRounding.rounded($0) == $0 } }
    #expect(isHalf(try #require(rounded["visual.proj"])))
    #expect(!isHalf(try #require(rounded["visual.ln_post.weight"])))
    #expect(!isHalf(try #require(rounded["fusion.shift.weight"])))
  }
}
