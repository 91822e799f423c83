import Model
import Numerics
import System

/// The memory that a step takes only to save time: caches of numbers that training does not change, and activations
/// that are kept from the first pass to the second. Results have the same bits with any of it.
struct StepMemory: Sendable {
  /// Clips of a batch whose blocks keep all activations, and clips after them that keep each block's input.
  private(set) var fullTapes = 0
  private(set) var inputTapes = 0
  /// Views of clips whose frozen part is kept in memory, and whether texts' embeddings are.
  private(set) var cachedClips = 0
  private(set) var cachesTexts = false
  /// Whether clips' frozen part is kept in a file.
  private(set) var cachesInFile = false
  /// Whether the text encoder's blocks keep their activations.
  private(set) var keepsTexts = false

  /// The budget where the caller sets no limit.
  private static let usual = 2 << 30
  /// Bytes of it that activations of clips may take: as many as gradients and moments of the trained parameters, and a
  /// third as many in bf16, where a forward pass that runs again takes half as long.
  private static func usualTapes(_ model: TrainableModel) -> Int {
    let bytes = 12 * model.parameters.reduce(0) { $0 + $1.value.count }
    return model.model.precision == .fp32 ? bytes : bytes / 3
  }

  /// Spends `limit` bytes where each saves most: on texts that never change, on each block's input, on caches of clips,
  /// and on all other activations. Nil: as much as is usual.
  init(_ model: TrainableModel, _ sizes: Tuner.Sizes, limit: Int?, hasFile: Bool) {
    var left = max(limit ?? StepMemory.usual, 0)
    var leftForTapes = limit == nil ? StepMemory.usualTapes(model) : Int.max
    func take(_ most: Int, of bytes: Int) -> Int {
      let count = bytes > 0 ? min(most, left / bytes) : 0
      left -= count * bytes
      return count
    }
    func takeTapes(_ most: Int, of bytes: Int) -> Int {
      let count = take(bytes > 0 ? min(most, leftForTapes / bytes) : 0, of: bytes)
      leftForTapes -= count * bytes
      return count
    }
    let size = model.model.configuration.embeddingSize
    if !model.trainsText, sizes.allTexts > 0 {
      let (bytes, overflow) = sizes.allTexts.multipliedReportingOverflow(by: 4 * size)
      cachesTexts = !overflow && take(1, of: bytes) == 1
    }
    let (inputs, all) = (model.tapeBytes(keepsAll: false), model.tapeBytes(keepsAll: true))
    if model.trainsFrames { inputTapes = takeTapes(sizes.clips, of: inputs) }
    cachesInFile = hasFile && sizes.cachedViews > 0 && model.frozenNumbers > 0
    cachedClips = cachesInFile ? 0 : take(sizes.cachedViews, of: 4 * model.frozenNumbers)
    guard model.trainsFrames else { return }
    fullTapes = takeTapes(inputTapes, of: all - inputs)
    inputTapes -= fullTapes
    let (kept, bare) = (StepMemory.texts(model, sizes, keepsAll: true), StepMemory.texts(model, sizes))
    keepsTexts = model.trainsText && take(1, of: kept - bare) == 1
  }

  private static func texts(_ model: TrainableModel, _ sizes: Tuner.Sizes, keepsAll: Bool = false) -> Int {
    model.memory(prompts: sizes.texts, keepsAll: keepsAll).text
  }

  /// Bytes of tapes and of texts' activations, beside the memory that a step cannot do without.
  func extraBytes(_ model: TrainableModel, _ sizes: Tuner.Sizes) -> Int {
    let texts =
      keepsTexts ? StepMemory.texts(model, sizes, keepsAll: true) - StepMemory.texts(model, sizes) : 0
    return fullTapes * model.tapeBytes(keepsAll: true) + inputTapes * model.tapeBytes(keepsAll: false) + texts
  }

  /// Bytes of caches.
  func cacheBytes(_ model: TrainableModel, _ sizes: Tuner.Sizes) -> Int {
    let texts = cachesTexts ? sizes.allTexts * model.model.configuration.embeddingSize : 0
    return 4 * (cachedClips * model.frozenNumbers + texts)
  }
}
