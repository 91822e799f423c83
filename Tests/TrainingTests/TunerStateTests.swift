import Foundation
import Model
import System
import Testing

@testable import Training

/// A tuner goes on from a state that was saved, and from no other tuner's.
struct TunerStateTests {
  /// A folder for one state, which is removed with the last reference to it.
  private final class StateFolder {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "tuner-\(UUID().uuidString)")
    var state: URL { folder.appendingPathComponent("state.safetensors") }
    var path: FilePath { FilePath(state.path) }

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(at: folder) }
  }

  private static let identity = TunerIdentity(
    options: [.init("batch", 4), .init("augment", "none")], model: "m", texts: "t", clips: "c")

  private static let recipe = {
    var recipe = TinyModel.quick
    (recipe.anchor, recipe.meanDecay) = (0.1, 0.9)
    return recipe
  }()

  private static func resumed(
    _ folder: StateFolder, _ recipe: Recipe = recipe, _ parts: TrainedParts = .everything,
    identity: TunerIdentity = identity
  ) throws -> Tuner {
    try Tuner(
      resuming: folder.path, identity: identity, TinyModel.base(), parts, recipe, TinyModel.sizes,
      options: LoadOptions(threads: 2))
  }

  /// A tuner that goes on from a saved state takes the steps of one that was never stopped, from every step on.
  @Test func aStateGoesOnBitForBit() throws {
    let (base, folder, batch) = (try TinyModel.base(), try StateFolder(), try TinyModel.batch())
    let straight = try TinyModel.tuner(base, .everything, Self.recipe)
    var stopped = try TinyModel.tuner(base, .everything, Self.recipe)
    for _ in 0..<4 {
      let report = try straight.step(batch)
      try stopped.save(to: folder.path, identity: Self.identity)
      stopped = try Self.resumed(folder)
      #expect(try stopped.step(batch) == report)
    }
    #expect(
      try TinyModel.values(stopped.model(share: 1, LoadOptions()))
        == TinyModel.values(straight.model(share: 1, LoadOptions())))
  }

  /// A state of another tuner is refused, and the first thing that differs is named with both values.
  @Test func aStateOfAnotherTunerIsRefused() throws {
    let folder = try StateFolder()
    try TinyModel.tuner(TinyModel.base(), .everything, Self.recipe).save(
      to: folder.path, identity: Self.identity)
    func isRefused(_ says: String, _ attempt: () throws -> Tuner) {
      #expect("\(says)") { try attempt() } throws: {
        let failure = $0 as? Failure
        return failure?.kind == .optionConflict && failure?.message.contains(says) == true
      }
    }
    isRefused("trains other parameters") { try Self.resumed(folder, Self.recipe, TrainedParts()) }
    for (says, change) in Self.changes {
      var other = Self.recipe
      change(&other)
      isRefused(says) { try Self.resumed(folder, other) }
    }
    #expect(Self.changes.count == Self.recipe.options.count)
    var other = Self.identity
    other.options[0] = .init("batch", 5)
    isRefused("whose batch is 4, and this one's is 5") { try Self.resumed(folder, identity: other) }
    for (says, part) in [
      ("of another model", \TunerIdentity.model), ("of other labels or texts", \.texts),
      ("of other clips", \.clips),
    ] {
      var other = Self.identity
      other[keyPath: part] = "x"
      isRefused(says) { try Self.resumed(folder, identity: other) }
    }
    try Data("{}".utf8).write(to: folder.state)
    #expect(throws: Failure.self) { try Self.resumed(folder) }
  }

  /// Every option of a recipe that another one may have, and the words that name it.
  private static let changes: [(String, @Sendable (inout Recipe) -> Void)] = [
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
}
