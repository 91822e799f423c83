import Foundation
import Model
import Numerics
import System
import Testing
import Weights

@testable import Training

/// A tuner over a tiny model: what it trains, what it leaves, and the models that come out.
struct TunerTests {
  /// Tensors made up in the test.
  private struct Tensors: ComputedTensors {
    var tensors: [String: (shape: [Int], values: [Float])] = [:]
    var names: [String] { tensors.keys.sorted() }

    mutating func add(_ name: String, _ shape: [Int], around mean: Float = 0, spread: Float = 0.15) {
      var state = name.utf8.reduce(UInt64(1469)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
      let values = (0..<shape.reduce(1, *)).map { _ -> Float in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return mean + Float(Int32(truncatingIfNeeded: state >> 32)) / Float(1 << 31) * spread
      }
      tensors[name] = (shape, values)
    }

    mutating func addBlock(_ prefix: String, _ width: Int) {
      for ln in ["ln_1", "ln_2"] {
        add(prefix + ln + ".weight", [width], around: 1)
        add(prefix + ln + ".bias", [width])
      }
      add(prefix + "attn.in_proj_weight", [3 * width, width])
      add(prefix + "attn.in_proj_bias", [3 * width])
      for (layer, outputs, inputs) in [
        ("attn.out_proj", width, width), ("mlp.c_fc", 32, width), ("mlp.c_proj", width, 32),
      ] {
        add(prefix + layer + ".weight", [outputs, inputs])
        add(prefix + layer + ".bias", [outputs])
      }
    }

    init() {
      add("visual.conv1.weight", [64, 3, 4, 4])
      add("visual.class_embedding", [64])
      add("visual.positional_embedding", [5, 64])
      for ln in ["visual.ln_pre", "visual.ln_post", "ln_final"] {
        add(ln + ".weight", [64], around: 1)
        add(ln + ".bias", [64])
      }
      for layer in 0..<2 {
        addBlock("visual.transformer.resblocks.\(layer).", 64)
        addBlock("transformer.resblocks.\(layer).", 64)
      }
      add("visual.proj", [64, 16])
      add("token_embedding.weight", [20, 64])
      add("positional_embedding", [6, 64])
      add("text_projection", [64, 16])
      add("fusion.shift.weight", [16, 1, 3], spread: 0.3)
      add("logit_scale", [], around: 2, spread: 0)
    }

    func info(_ name: String) -> TensorInfo? {
      tensors[name].flatMap { TensorInfo(name: name, elementType: .f32, shape: $0.shape) }
    }

    func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
      guard let tensor = tensors[name] else { throw Failure(.missingTensor, name) }
      _ = destination.update(from: tensor.values)
    }
  }

  static func base() throws -> ActionCLIP {
    try ActionCLIP(Tensors(), options: LoadOptions(frames: 2, threads: 1), declaresOptions: false)
  }

  /// Four clips of three labels, with a text each.
  static func batch() throws -> MemoryBatch {
    try MemoryBatch(
      pixels: (0..<4 * 2 * 192).map { sin(Float($0 * ($0 % 11)) * 0.13) },
      tokens: [18, 1, 2, 19, 0, 0, 18, 3, 19, 0, 0, 0, 18, 1, 5, 6, 19, 0, 18, 9, 19, 0, 0, 0],
      labels: LabelSets([[0], [1], [0], [2]]), textCount: 4)
  }

  private static func tuner(
    _ base: ActionCLIP, _ parts: TrainedParts = .everything, _ recipe: Recipe = quick,
    threads: Int = 1,
    memoryLimit: Int? = nil
  ) throws -> Tuner {
    try Tuner(
      base, parts, recipe, sizes, memoryLimit: memoryLimit,
      options: LoadOptions(threads: threads))
  }

  private static let sizes = Tuner.Sizes(clips: 4, texts: 4, stepsPerEpoch: 5)

  /// A recipe of few steps, large enough to be seen.
  static let quick = {
    var recipe = Recipe.anchored
    (recipe.epochs, recipe.warmUpEpochs, recipe.rate) = (4, 0.2, 1e-3)
    return recipe
  }()

  static func values(_ model: ActionCLIP) throws -> [String: [Float]] {
    var all: [String: [Float]] = [:]
    for parameter in model.parameters {
      let values = try parameter.values()
      all[parameter.name] = (0..<values.count).map { values[$0] }
    }
    return all
  }

  @Test func weightsThatOverflowEndTraining() throws {
    let model = try Tuner.copy(of: Self.base(), .everything, .fp32, LoadOptions(threads: 1))
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
    let model = try Tuner.copy(of: Self.base(), .everything, .fp32, LoadOptions(threads: 1))
    let optimiser = try Optimiser(model, .reference)
    let (parameter, before) = (model.parameters[0], model.parameters[0].value[0])
    parameter.gradient.base[0] = 1e20
    #expect(throws: Failure.self) { try optimiser.step(factor: 1) }
    #expect(parameter.value[0] == before && optimiser.steps == 0)
  }

  @Test(arguments: [TrainingLoss.multiPositive, .crossEntropy]) func theLossFalls(
    loss: TrainingLoss
  ) throws {
    var recipe = Self.quick
    recipe.loss = loss
    let tuner = try Self.tuner(try Self.base(), .everything, recipe)
    let batch = try Self.batch()
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
      let tuner = try Self.tuner(try Self.base(), threads: threads, memoryLimit: memoryLimit)
      let batch = try Self.batch()
      for _ in 0..<3 { _ = try tuner.step(batch) }
      return try Self.values(tuner.model(share: 1, LoadOptions()))
    }
    let one = try run(1, nil)
    #expect(try run(2, nil) == one && run(3, 1 << 30) == one && run(1, 1) == one)
  }

  /// Only the chosen parts change, and the base model does not.
  @Test func trainsTheChosenPartsAlone() throws {
    let base = try Self.base()
    let before = try Self.values(base)
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
      let tuner = try Self.tuner(base, parts)
      for _ in 0..<2 { _ = try tuner.step(Self.batch()) }
      let after = try Self.values(tuner.model(share: 1, LoadOptions()))
      let changed = after.keys.filter { after[$0] != before[$0] }.sorted()
      #expect(
        changed == before.keys.filter { name in prefixes.contains { name.hasPrefix($0) } }.sorted())
      #expect(changed == tuner.trained)
    }
    #expect(try Self.values(base) == before)
  }

  @Test func mixturesLieBetweenBaseAndTuned() throws {
    let base = try Self.base()
    let tuner = try Self.tuner(base)
    for _ in 0..<3 { _ = try tuner.step(Self.batch()) }
    let (before, after) = (
      try Self.values(base), try Self.values(tuner.model(share: 1, LoadOptions()))
    )
    #expect(try Self.values(tuner.model(share: 0, LoadOptions())) == before)
    let half = try Self.values(tuner.model(LoadOptions()))
    for (name, values) in half {
      let (a, b) = (try #require(before[name]), try #require(after[name]))
      #expect(values.indices.allSatisfy { abs(values[$0] - (a[$0] + b[$0]) / 2) < 1e-6 }, "\(name)")
    }
    #expect(throws: Failure(.invalidArgument, "the tuned model's share is 1.5, expected 0 to 1")) {
      try tuner.model(share: 1.5, LoadOptions())
    }
  }

  /// Context vectors are trained alone through a frozen text encoder. Those that started as words are mixed with these,
  /// and those that started as random numbers are taken whole.
  @Test func contextVectorsAreTrainedThroughAFrozenEncoder() throws {
    let plain = try Self.base()
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
        base, parts, Self.quick, Self.sizes, started: started,
        options: LoadOptions(threads: 1))
      let losses = try (0..<6).map { _ in try tuner.step(batch).loss }
      #expect(losses[5] < losses[1], "\(losses)")
      #expect(tuner.trained == [name])
      return tuner
    }
    let before = try Self.values(base)
    #expect(before[name] == (0..<128).map { start[$0] })
    let words = try tuned(started: [])
    let after = try Self.values(words.model(share: 1, LoadOptions()))
    #expect(after.keys.filter { after[$0] != before[$0] } == [name])
    #expect(try Self.values(words.model(share: 0, LoadOptions())) == before)
    let random = try tuned(started: [name])
    #expect(try Self.values(random.model(share: 0, LoadOptions()))[name] == after[name])
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
    let plain = try Self.base()
    let head = try #require(TemporalHeadKind(name: "Transf_cls"))
    let base = try plain.remade(
      from: StartedHead(plain, head, frames: 2, seed: 3), LoadOptions(head: head, frames: 2, threads: 1))
    let model = try TrainableModel(base, headDropout: 0.3) { parts.contains($0, in: base.configuration) }
    let (passes, batch) = (try GradientPasses(model), try Self.batch())
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

  /// Models are made of the exponential mean of the numbers, where a recipe keeps it.
  @Test func meansOfWeightsFollowTheirDefinition() throws {
    let (base, batch) = (try Self.base(), try Self.batch())
    var recipe = Self.quick
    let plain = try Self.tuner(base, .everything, recipe)
    recipe.meanDecay = 0.75
    let mean = try Self.tuner(base, .everything, recipe)
    var expected = try Self.values(base)
    for _ in 0..<5 {
      #expect(try plain.step(batch) == mean.step(batch))
      for (name, numbers) in try Self.values(plain.model(share: 1, LoadOptions())) {
        expected[name] = zip(expected[name] ?? [], numbers).map { 0.75 * $0 + 0.25 * $1 }
      }
    }
    let latest = try Self.values(plain.model(share: 1, LoadOptions()))
    for (name, numbers) in try Self.values(mean.model(share: 1, LoadOptions())) {
      let own = try #require(expected[name])
      #expect(zip(own, numbers).allSatisfy { abs($0 - $1) < 1e-6 }, "\(name)")
      #expect(numbers != latest[name], "\(name)")
    }
    let trained = 4 * mean.trainedNumbers
    #expect(
      try Tuner.modelMemory(of: base, .everything, recipe)
        == Tuner.modelMemory(of: base, .everything, Self.quick) + trained)
  }

  /// A clip of numbers that overflow is named, and nothing has changed.
  @Test func aBadClipIsNamedAndChangesNothing() throws {
    let tuner = try Self.tuner(try Self.base())
    let before = try Self.values(tuner.model(share: 1, LoadOptions()))
    var pixels = [Float](repeating: 0.5, count: 4 * 2 * 192)
    pixels[2 * 2 * 192 + 7] = .nan
    let bad = try MemoryBatch(
      pixels: pixels, tokens: [Int32](repeating: 19, count: 24),
      labels: LabelSets([[0], [1], [0], [2]]),
      textCount: 4)
    #expect(throws: Failure(.notFinite, "clip 2: the pixels hold NaN or infinity")) {
      try tuner.step(bad)
    }
    #expect(try Self.values(tuner.model(share: 1, LoadOptions())) == before && tuner.steps == 0)
  }

  /// The recipes: limits of the gradient and the scale, the pull to the base, and rounding to fp16.
  @Test func recipesDoWhatTheySay() throws {
    func run(_ change: (inout Recipe) -> Void) throws -> (values: [String: [Float]], scale: Double) {
      var recipe = Self.quick
      recipe.rate = 1e-2
      change(&recipe)
      let tuner = try Self.tuner(try Self.base(), .everything, recipe)
      var scale = 0.0
      for _ in 0..<6 { scale = try tuner.step(Self.batch()).scale ?? 0 }
      return (try Self.values(tuner.model(share: 1, LoadOptions())), scale)
    }
    let before = try Self.values(try Self.base())
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

  /// A tuner that goes on from a saved state takes the steps of one that was never stopped, from every step on.
  @Test func aStateGoesOnBitForBit() throws {
    let base = try Self.base()
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "tuner-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = FilePath(folder.appendingPathComponent("state.safetensors").path)
    var recipe = Self.quick
    (recipe.anchor, recipe.meanDecay) = (0.1, 0.9)
    let straight = try Self.tuner(base, .everything, recipe)
    let batch = try Self.batch()
    var stopped = try Self.tuner(base, .everything, recipe)
    let identity = TunerIdentity(
      options: [.init("batch", 4), .init("augment", "none")], model: "m", texts: "t", clips: "c")
    func resumed(
      _ recipe: Recipe, _ parts: TrainedParts = .everything, identity: TunerIdentity = identity
    ) throws -> Tuner {
      try Tuner(
        resuming: path, identity: identity, base, parts, recipe, Self.sizes,
        options: LoadOptions(threads: 2))
    }
    for _ in 0..<4 {
      let report = try straight.step(batch)
      try stopped.save(to: path, identity: identity)
      stopped = try resumed(recipe)
      #expect(try stopped.step(batch) == report)
    }
    #expect(
      try Self.values(stopped.model(share: 1, LoadOptions()))
        == Self.values(straight.model(share: 1, LoadOptions())))
    func isRefused(_ says: String, _ attempt: () throws -> Tuner) {
      #expect("\(says)") { try attempt() } throws: {
        let failure = $0 as? Failure
        return failure?.kind == .optionConflict && failure?.message.contains(says) == true
      }
    }
    isRefused("trains other parameters") { try resumed(recipe, TrainedParts()) }
    // The option that differs is named, with both values.
    let changes: [(String, (inout Recipe) -> Void)] = [
      ("whose recipe is anchored, and this one's is reference", { $0 = .reference }),
      ("whose loss is multi_positive, and this one's is cross_entropy", { $0.loss = .crossEntropy }),
      ("whose epochs is 4, and this one's is 5", { $0.epochs = 5 }),
      ("whose warm_up_epochs is 0.2, and this one's is 0.5", { $0.warmUpEpochs = 0.5 }),
      ("whose rate is 0.001, and this one's is 0.01", { $0.rate = 0.01 }),
      ("whose head_rate_factor is 10.0, and this one's is 3.0", { $0.headRateFactor = 3 }),
      ("whose context_rate_factor is 1000.0, and this one's is 1.0", { $0.contextRateFactor = 1 }),
      ("whose weight_decay is 0.2, and this one's is 0.1", { $0.weightDecay = 0.1 }),
      ("whose beta1 is 0.9, and this one's is 0.8", { $0.beta1 = 0.8 }),
      ("whose beta2 is 0.98, and this one's is 0.99", { $0.beta2 = 0.99 }),
      ("whose epsilon is 1e-08, and this one's is 1e-06", { $0.epsilon = 1e-6 }),
      ("whose decay of vectors is off, and this one's is on", { $0.decaysVectors = true }),
      ("whose limit of gradients is 1.0, and this one's is none", { $0.clipNorm = nil }),
      ("whose limit of the scale is 100.0, and this one's is none", { $0.scaleLimit = nil }),
      ("whose anchor is 0.1, and this one's is 0.2", { $0.anchor = 0.2 }),
      ("whose mean_decay is 0.9, and this one's is 0.5", { $0.meanDecay = 0.5 }),
      ("whose head_dropout is 0.0, and this one's is 0.1", { $0.headDropout = 0.1 }),
      ("whose rounding to fp16 is off, and this one's is on", { $0.roundsToHalf = true }),
      ("whose steps a rate is 1, and this one's is 10", { $0.scheduleInterval = 10 }),
    ]
    for (says, change) in changes {
      var other = recipe
      change(&other)
      isRefused(says) { try resumed(other) }
    }
    #expect(changes.count == recipe.options.count)
    var other = identity
    other.options[0] = .init("batch", 5)
    isRefused("whose batch is 4, and this one's is 5") { try resumed(recipe, identity: other) }
    for (says, part) in [
      ("of another model", \TunerIdentity.model), ("of other labels or texts", \.texts),
      ("of other clips", \.clips),
    ] {
      var other = identity
      other[keyPath: part] = "x"
      isRefused(says) { try resumed(recipe, identity: other) }
    }
    try Data("{}".utf8).write(to: folder.appendingPathComponent("state.safetensors"))
    #expect(throws: Failure.self) { try resumed(recipe) }
  }

  /// Every head can be trained from scratch over a model with another one, and starts as the reference's does.
  @Test(arguments: TemporalHeadKind.all.map(\.name)) func headsStartFromScratch(name: String) throws {
    let base = try Self.base()
    guard name != "MIT" else {
      let mit = try #require(TemporalHeadKind(name: name))
      #expect(throws: Failure.self) { try StartedHead(base, mit, frames: 3, seed: 1) }
      return
    }
    let head = try #require(TemporalHeadKind(name: name))
    func started(_ seed: UInt64) throws -> ActionCLIP {
      try base.remade(
        from: StartedHead(base, head, frames: 3, seed: seed),
        LoadOptions(head: head, frames: 3, threads: 1))
    }
    let model = try started(1)
    #expect(model.configuration.head == head && model.configuration.frames == 3)
    let (values, before) = (try Self.values(model), try Self.values(base))
    let own = values.filter { $0.key.hasPrefix("fusion.") }
    #expect(try Self.values(started(1)) == values)
    let hasRandomNumbers = !["MeanP", "Conv_1D"].contains(name)
    #expect(try (Self.values(started(2)) != values) == hasRandomNumbers)
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
      model, TrainedParts(logitScale: name == "MeanP"), Self.quick, Self.sizes,
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
      let loaded = try Self.base()
      let model = try TrainableModel(loaded) { parts.contains($0, in: loaded.configuration) }
      let batch = CountedBatch(try Self.batch())
      _ = try GradientPasses(model).run(batch, .multiPositive)
      let parameter = try #require(model.parameter("fusion.shift.weight"))
      return ((0..<parameter.gradient.count).map { parameter.gradient[$0] }, batch.asked)
    }
    let (alone, all) = (try gradient(TrainedParts()), try gradient(.everything))
    #expect(alone.numbers == all.numbers)
    #expect(alone.asked == 4 && all.asked == 8)
    // Nor do videos go back through what stays as it is.
    let texts = try Self.tuner(try Self.base(), TrainedParts(text: .lastBlocks(1), head: false))
    let batch = CountedBatch(try Self.batch())
    let losses = try (0..<4).map { _ in try texts.step(batch).loss }
    #expect(batch.asked == 16 && losses[3] < losses[1])
  }
}
