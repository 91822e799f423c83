import Model
import Numerics
import System
import Text
import Weights

/// Saving a tuner between two steps and going on from there, bit for bit. A state is a safetensors file: the trained
/// parameters and both of their moments in fp32 under `value/`, `mean/` and `square/`, their exponential mean under
/// `average/` where the recipe keeps it, and metadata.
extension Tuner {
  enum Key {
    static let version = "actionclip.tuner"
    static let steps = "actionclip.tuner.steps"
    static let stepsPerEpoch = "actionclip.tuner.steps_per_epoch"
    /// Beginnings of tensors' names: the numbers, the means of gradients and of their squares, and that of the numbers.
    static let (value, mean, square, average) = ("value/", "mean/", "square/", "average/")
  }
  private static let version = "1"

  /// Writes the state, whole or not at all. A state with another identity or recipe is refused.
  public func save(to path: FilePath, identity: TunerIdentity) throws(Failure) {
    try checkParameters()
    let metadata = TextPairs()
    try metadata.append(Key.version, Tuner.version)
    try metadata.append(Key.steps, String(steps))
    try metadata.append(Key.stepsPerEpoch, String(stepsPerEpoch))
    try identity.add(recipe, to: metadata)
    metadata.sort()
    let state = state
    try SafetensorsWriter.write(
      to: path, metadata: metadata,
      tensors: state.map { TensorToWrite(name: $0.name, shape: $0.shape, storage: .fp32) }
    ) { (index, write) throws(Failure) in
      try write(.floats(UnsafeBufferPointer(state[index].numbers.buffer)))
    }
    extendLifetime(state)
  }

  /// A tuner that goes on from a saved state. All other arguments are those of the tuner that saved it.
  public convenience init(
    resuming path: FilePath, identity: TunerIdentity, _ base: ActionCLIP, origin: ActionCLIP? = nil,
    _ parts: TrainedParts, _ recipe: Recipe, _ sizes: Sizes, started: [String] = [],
    precision: Precision = .fp32, memoryLimit: Int? = nil, cache: CacheFile? = nil, options: LoadOptions
  ) throws(Failure) {
    let file = try WeightsFile(path: path)
    do throws(Failure) {
      // First what needs no memory.
      let steps = try Tuner.checked(file, identity, recipe, sizes)
      try self.init(
        base, origin: origin, parts, recipe, sizes, started: started, precision: precision,
        memoryLimit: memoryLimit, cache: cache, options: options)
      try read(file, steps)
      try file.checkUnchanged()
    } catch {
      try file.checkUnchanged()  // a mix of two files looks like a damaged one
      throw error.about(path)
    }
  }

  /// Checks that a state is that of a tuner with this identity and recipe, and returns the number of its steps.
  static func checked(
    _ file: WeightsFile, _ identity: TunerIdentity, _ recipe: Recipe, _ sizes: Sizes
  ) throws(Failure) -> Int {
    func text(_ key: String) -> String? {
      file.metadata.index(of: key.utf8).map { String(decoding: file.metadata.value($0), as: UTF8.self) }
    }
    guard text(Key.version) == Tuner.version, let steps = text(Key.steps).flatMap({ Int($0) }), steps >= 0
    else { throw .invalid("is not the state of a tuner of this version") }
    try identity.check(recipe, against: file.metadata)
    guard let found = text(Key.stepsPerEpoch), found == String(sizes.stepsPerEpoch) else {
      throw .invalid("does not have the steps an epoch of its clips; the state is damaged")
    }
    let all = Tuner.totalSteps(recipe, sizes)
    guard steps <= all else { throw .invalid("says that \(steps) of \(all) steps are done") }
    return steps
  }

  /// Takes the numbers of a state after so many steps. Where it throws, some of the tuner's are of that state.
  func read(_ file: WeightsFile, _ steps: Int) throws(Failure) {
    let state = state
    guard file.names.count == state.count else {
      throw Failure(.optionConflict, "is the state of a tuner that trains other parameters")
    }
    for tensor in state {
      guard let info = file.info(tensor.name), info.shape == tensor.shape, info.elementType == .f32 else {
        throw Failure(.optionConflict, "is the state of a tuner that trains other parameters")
      }
      try file.read(tensor.name, into: tensor.numbers.buffer)
      guard tensor.numbers.isFinite else {
        throw Failure(.notFinite, "tensor '\(tensor.name)' holds NaN or infinity; the state is damaged")
      }
      guard !tensor.name.hasPrefix(Key.square) || !tensor.numbers.buffer.contains(where: { $0 < 0 }) else {
        throw .invalid("tensor '\(tensor.name)' has squares below 0; the state is damaged")
      }
    }
    extendLifetime(state)
    resume(at: steps)
  }
}
