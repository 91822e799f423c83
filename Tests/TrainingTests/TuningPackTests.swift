import Families
import Foundation
import Model
import Numerics
import System
import Testing
import Weights

@testable import Training

/// Training steps that the released reference computed with its own modules, loss and optimiser, for every temporal
/// option. They lie in the folder of shared test data (ACTIONCLIP_SHARED, or ../shared beside the repository), without
/// which these tests are skipped.
struct TuningPackTests {
  static let folder: URL = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let shared = ProcessInfo.processInfo.environment["ACTIONCLIP_SHARED"].map { URL(fileURLWithPath: $0) }
    return (shared ?? root.deletingLastPathComponent().appendingPathComponent("shared"))
      .appendingPathComponent("tuning")
  }()
  static let packs = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).filter {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent($0 + "/case.json").path)
  }.sorted()

  /// case.json: the sizes and the optimiser's settings.
  private struct Case: Decodable {
    struct AdamW: Decodable {
      let lr, lr_head, eps, weight_decay: Double
      let betas: [Double]
    }
    let T, clips, embed: Int
    let labels: [Int]
    let adamw: AdamW
  }

  /// A pack's files.
  private struct Pack {
    let settings: Case
    let model: TrainableModel
    let batch: MemoryBatch
    let expected: WeightsFile

    init(_ name: String, threads: Int = 2) throws {
      let folder = TuningPackTests.folder.appendingPathComponent(name)
      func path(_ file: String) -> FilePath { FilePath(folder.appendingPathComponent(file).path) }
      let decoder = JSONDecoder()
      settings = try decoder.decode(
        Case.self, from: Data(contentsOf: folder.appendingPathComponent("case.json")))
      let checkpoint = try Checkpoint(path("checkpoint.pt"))
      let loaded = try ActionCLIP(
        checkpoint.tensors, options: LoadOptions(frames: settings.T, threads: threads),
        declaresOptions: checkpoint.isReferences)
      model = try TrainableModel(loaded) { _ in true }
      let keys = StateDictKeys()
      let inputs = try WeightsFile(path: path("inputs.safetensors"), keys: keys)
      batch = try MemoryBatch(
        pixels: try Pack.numbers("pixels", inputs),
        tokens: try Pack.numbers("tokens", inputs).map(Int32.init),
        labels: try LabelSets(settings.labels.map { [$0] }), textCount: settings.clips)
      expected = try WeightsFile(path: path("expected.safetensors"), keys: keys)
    }

    static func numbers(_ name: String, _ file: WeightsFile) throws -> [Float] {
      let info = try #require(file.info(name), "\(name)")
      var values = [Float](repeating: 0, count: info.count)
      try values.withUnsafeMutableBufferPointer { try file.read(name, into: $0) }
      return values
    }

    func expected(_ name: String) throws -> [Float] { try Pack.numbers(name, expected) }

    var recipe: Recipe {
      var recipe = Recipe.reference
      recipe.roundsToHalf = false
      recipe.rate = settings.adamw.lr
      recipe.headRateFactor = settings.adamw.lr_head / settings.adamw.lr
      recipe.weightDecay = settings.adamw.weight_decay
      recipe.epsilon = settings.adamw.eps
      (recipe.beta1, recipe.beta2) = (settings.adamw.betas[0], settings.adamw.betas[1])
      return recipe
    }
  }

  /// The largest difference over the largest expected magnitude.
  private static func error(_ values: [Float], _ expected: [Float]) -> Double {
    guard values.count == expected.count else { return .infinity }
    let largest = expected.reduce(0) { max($0, abs(Double($1))) }
    let difference = zip(values, expected).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) }
    return difference == 0 ? 0 : difference.isNaN ? .infinity : difference / largest
  }

  private static func values(_ buffer: FloatBuffer) -> [Float] { (0..<buffer.count).map { buffer[$0] } }

  /// The first step of AdamW goes by the rate whatever the gradient's size, so a gradient that is nothing but rounding,
  /// as that of the keys' biases, takes its number either way. Those numbers are left out here.
  private func checkParameters(_ pack: Pack) throws {
    for parameter in pack.model.parameters {
      let name = "after_1/" + parameter.name
      guard pack.expected.info(name) != nil else { continue }
      let (expected, gradient) = (try pack.expected(name), try pack.expected("gradient/" + parameter.name))
      let noise = 1e-4 * gradient.reduce(0) { max($0, abs($1)) }
      let kept = expected.indices.filter { abs(gradient[$0]) > noise }
      #expect(!kept.isEmpty, "\(name)")
      let error = kept.reduce(0) { max($0, abs(parameter.value[$1] - expected[$1])) }
      #expect(error < 1e-5, "\(name): \(error)")
    }
  }

  /// From the reference's own gradients the step gives every number.
  @Test(.enabled(if: !packs.isEmpty, "needs ../shared/tuning"), arguments: packs)
  func adamWIsTheReferences(name: String) throws {
    let pack = try Pack(name)
    for parameter in pack.model.parameters where pack.expected.info("gradient/" + parameter.name) != nil {
      for (i, value) in try pack.expected("gradient/" + parameter.name).enumerated() {
        parameter.gradient.base[i] = value
      }
    }
    try Optimiser(pack.model, pack.recipe).step(factor: 1)
    for parameter in pack.model.parameters where pack.expected.info("after_1/" + parameter.name) != nil {
      let error = Self.error(Self.values(parameter.value), try pack.expected("after_1/" + parameter.name))
      #expect(error < 1e-6, "\(parameter.name): \(error)")
    }
  }

  @Test(.enabled(if: !packs.isEmpty, "needs ../shared/tuning"), arguments: packs)
  func stepsAreTheReferences(name: String) throws {
    let pack = try Pack(name)
    let passes = try GradientPasses(pack.model)
    let embeddings = try passes.embeddings(pack.batch)
    #expect(Self.error(Self.values(embeddings.videos), try pack.expected("video_features")) < 1e-5)
    #expect(Self.error(Self.values(embeddings.texts), try pack.expected("text_features")) < 1e-5)

    let loss = try passes.run(pack.batch, .multiPositive)
    for (value, name) in [(loss.loss, "loss"), (loss.videoLoss, "loss_video"), (loss.textLoss, "loss_text")] {
      #expect(abs(value - Double(try pack.expected(name)[0])) < 1e-5, "\(name)")
    }
    var gradients = 0
    for parameter in pack.model.parameters {
      let name = "gradient/" + parameter.name
      guard pack.expected.info(name) != nil else { continue }
      let error = Self.error(Self.values(parameter.gradient), try pack.expected(name))
      #expect(error < 1e-5, "\(name): \(error)")
      gradients += 1
    }
    #expect(gradients == pack.expected.names.filter { $0.hasPrefix("gradient/") }.count)

    let optimiser = try Optimiser(pack.model, pack.recipe)
    var losses = [loss.loss]
    let wanted = try pack.expected("losses").map(Double.init)
    for step in wanted.indices {
      if step > 0 { losses.append(try passes.run(pack.batch, .multiPositive).loss) }
      try optimiser.step(factor: 1)
      if step == 0 { try checkParameters(pack) }
    }
    for (step, pair) in zip(losses, wanted).enumerated() {
      #expect(abs(pair.0 - pair.1) < 1e-4, "step \(step + 1): \(pair.0), expected \(pair.1)")
    }
  }
}
