internal import Glibc
import Families
import Model
import Numerics
import System
import TensorNames
import Text
import Training
import Weights

/// An error of a pack, with one line for people.
public struct PackError: Error {
  public let message: String
}

/// Training steps that the released reference computed with its own modules, loss and optimiser: a checkpoint, one batch,
/// and what came out. The room is for `actionclip parity` and the tests alone; it is not in the library, whose interface
/// has no gradients.
public struct TuningPack {
  /// A tensor of the pack, and what was computed here.
  public struct Result {
    public let name: String
    public let shape: [Int]
    public let expected: [Float]
    public let actual: [Float]
  }

  let settings: PackSettings
  let model: TrainableModel
  let batch: PackedBatch
  let expected: WeightsFile

  /// Reads the pack in a folder.
  /// - Parameters:
  ///   - folder: the bytes of its path.
  ///   - threads: threads that compute; 0: one for each processor.
  public init(folder: [UInt8], threads: Int) throws(PackError) {
    do { try self.init(FilePath(bytes: folder), threads: threads) } catch {
      throw PackError(message: error.message)
    }
  }

  private init(_ folder: FilePath, threads: Int) throws(Failure) {
    settings = try TuningPack.settings(folder.file("case.json"))
    // The reference writes meanP, and its paper MeanP.
    let name = settings.head.lowercased()
    guard let head = TemporalHeadKind.all.first(where: { $0.name.lowercased() == name }) else {
      throw Failure(.unsupported, "case.json: there is no head \(settings.head)")
    }
    let checkpoint = try Checkpoint(folder.file("checkpoint.pt"))
    let options = LoadOptions(
      joint: settings.isJoint, temporalShift: settings.shifts ? .twoSided : .off, head: head,
      frames: settings.frames, threads: threads > 0 ? threads : availableProcessors(), precision: .fp32)
    let loaded = try ActionCLIP(
      checkpoint.tensors, options: options, declaresOptions: checkpoint.isReferences)
    model = try TrainableModel(loaded) { _ in true }
    let inputs = try WeightsFile(path: folder.file("inputs.safetensors"), keys: StateDictKeys())
    expected = try WeightsFile(path: folder.file("expected.safetensors"), keys: StateDictKeys())
    let (clips, side) = (settings.clips, loaded.configuration.imageSize)
    let pixels = try TuningPack.numbers("pixels", inputs, [clips * settings.frames, 3, side, side])
    let tokens = try TuningPack.numbers("tokens", inputs, [clips, loaded.configuration.contextLength])
    let labels = try TuningPack.numbers("labels", inputs, [clips])
    var sets: [[Int]] = []
    for clip in 0..<clips {
      guard let label = Int(exactly: labels[clip]) else {
        throw Failure(.invalid, "labels has \(labels[clip])")
      }
      sets.append([label])
    }
    batch = try PackedBatch(pixels: pixels, tokens: tokens, labels: LabelSets(sets))
  }

  private static func settings(_ path: FilePath) throws(Failure) -> PackSettings {
    let file: RegularFile
    do { file = try RegularFile(path) } catch { throw error.failure.about(path) }
    guard file.size <= 1 << 20 else {
      throw Failure(.limit, "case.json has \(file.size) bytes, at most 2^20 are read")
    }
    let bytes = try GrowingArray<UInt8>(uninitialized: file.size)
    try file.read(at: 0, into: UnsafeMutableRawBufferPointer(bytes.buffer))
    return try PackSettings(UnsafeRawBufferPointer(bytes.view), subject: "case.json")
  }

  private static func numbers(
    _ name: String, _ file: WeightsFile, _ shape: [Int]? = nil
  ) throws(Failure) -> FloatBuffer {
    guard let info = file.info(name) else { throw Failure(.missingTensor, "there is no tensor \(name)") }
    if let shape, info.shape != shape {
      throw Failure(.missingTensor, "tensor \(name) has the shape \(info.shape), expected \(shape)")
    }
    let numbers = try FloatBuffer(count: info.count)
    try file.read(name, into: numbers.buffer)
    return numbers
  }

  func expected(_ name: String) throws(Failure) -> [Float] {
    TuningPack.array(try TuningPack.numbers(name, expected))
  }

  private static func array(_ buffer: FloatBuffer) -> [Float] { (0..<buffer.count).map { buffer[$0] } }

  /// The recipe of the pack's steps, without the rounding of weights to fp16.
  var recipe: Recipe {
    var recipe = Recipe.reference
    recipe.roundsToHalf = false
    recipe.rate = settings.rate
    recipe.headRateFactor = settings.headRate / settings.rate
    recipe.weightDecay = settings.weightDecay
    recipe.epsilon = settings.epsilon
    (recipe.beta1, recipe.beta2) = (settings.beta1, settings.beta2)
    return recipe
  }

  /// Does the pack's steps, and gives every tensor of the pack with what was computed here: features, logits, losses of the
  /// first step, its gradients, the parameters after it, and the losses of all steps.
  public func results() throws(PackError) -> [Result] {
    do { return try steps() } catch { throw PackError(message: error.message) }
  }

  private func steps() throws(Failure) -> [Result] {
    var results: [Result] = []
    func add(_ name: String, _ actual: [Float]) throws(Failure) {
      guard let info = expected.info(name) else {
        throw Failure(.missingTensor, "there is no tensor \(name)")
      }
      results.append(Result(name: name, shape: info.shape, expected: try expected(name), actual: actual))
    }
    let passes = try GradientPasses(model)
    let embeddings = try passes.embeddings(batch)
    try add("video_features", TuningPack.array(embeddings.videos))
    try add("text_features", TuningPack.array(embeddings.texts))
    try add("logits_per_video", logits(embeddings.videos, embeddings.texts))
    let loss = try passes.run(batch, .multiPositive)
    try add("loss_video", [Float(loss.videoLoss)])
    try add("loss_text", [Float(loss.textLoss)])
    try add("loss", [Float(loss.loss)])
    for parameter in model.parameters where expected.info("gradient/" + parameter.name) != nil {
      try add("gradient/" + parameter.name, TuningPack.array(parameter.gradient))
    }
    let optimiser = try Optimiser(model, recipe)
    var losses = [Float(loss.loss)]
    for step in 0..<(expected.info("losses")?.count ?? 1) {
      if step > 0 { losses.append(Float(try passes.run(batch, .multiPositive).loss)) }
      _ = try optimiser.step(factor: 1)
      if step == 0 { results += try parameters() }
    }
    try add("losses", losses)
    try checkNames(results)
    return results
  }

  /// The parameters after the first step. AdamW's first step goes by the rate whatever the gradient's size, so a gradient
  /// that is nothing but rounding, as that of the keys' biases, takes its number either way: these numbers are left out.
  private func parameters() throws(Failure) -> [Result] {
    var results: [Result] = []
    for parameter in model.parameters {
      let name = "after_1/" + parameter.name
      guard expected.info(name) != nil else { continue }
      let (wanted, gradient) = (try expected(name), try expected("gradient/" + parameter.name))
      let noise = 1e-4 * gradient.reduce(0) { max($0, abs($1)) }
      let kept = wanted.indices.filter { abs(gradient[$0]) > noise }
      if kept.isEmpty { continue }
      results.append(
        Result(
          name: name, shape: [kept.count], expected: kept.map { wanted[$0] },
          actual: kept.map { parameter.value[$0] }))
    }
    return results
  }

  /// Throws if the pack has a gradient of a parameter that the model lacks.
  private func checkNames(_ results: [Result]) throws(Failure) {
    let known = Set(results.map(\.name))
    for name in expected.names.sorted() where name.hasPrefix("gradient/") && !known.contains(name) {
      throw Failure(.missingTensor, "the model has no parameter \(name.dropFirst(9))")
    }
  }

  /// exp(logit_scale) times the cosines of videos and texts, [B, B].
  private func logits(_ videos: FloatBuffer, _ texts: FloatBuffer) -> [Float] {
    let clips = settings.clips
    let width = videos.count / clips
    func length(_ rows: FloatBuffer, _ row: Int) -> Double {
      (0..<width).reduce(0.0) { $0 + Double(rows[row * width + $1]) * Double(rows[row * width + $1]) }
        .squareRoot()
    }
    let scale = model.parameter(TensorNames.logitScale).map { exp(Double($0.value[0])) } ?? 1
    return (0..<clips * clips).map { place in
      let (video, text) = (place / clips, place % clips)
      let dot = (0..<width).reduce(0.0) {
        $0 + Double(videos[video * width + $1]) * Double(texts[text * width + $1])
      }
      return Float(scale * dot / (length(videos, video) * length(texts, text)))
    }
  }
}
