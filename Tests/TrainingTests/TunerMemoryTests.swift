import System
import Testing

@testable import Model
@testable import Numerics
@testable import Training

/// The memory of a tuner's copy is told before it is made, byte for byte.
struct TunerMemoryTests {
  /// The buffer of a parameter's numbers, by its address, with its bytes.
  private static func storage(_ parameter: Parameter) -> (address: UInt, bytes: Int) {
    switch parameter.storage {
    case .plain(let buffer): (UInt(bitPattern: buffer.base), 4 * buffer.count)
    case .table(let table): (UInt(bitPattern: table.halves.baseAddress), table.bytes)
    case .packed(let linear), .transposed(let linear): (UInt(bitPattern: linear.packed.base), linear.bytes)
    }
  }

  /// Bytes that a tuner's copy holds and its base model does not.
  private static func taken(
    _ base: ActionCLIP, _ parts: TrainedParts, _ recipe: Recipe, _ precision: Precision
  ) throws -> Int {
    let copy = try Tuner.copy(of: base, parts, precision, LoadOptions(threads: 1))
    let optimiser = try Optimiser(copy, recipe)
    let own = base.parameters.map { storage($0) }
    var buffers = Dictionary(copy.model.parameters.map { storage($0) }) { first, _ in first }
    func add(_ buffer: FloatBuffer?) {
      if let buffer { buffers[UInt(bitPattern: buffer.base)] = 4 * buffer.count }
    }
    for (parameter, moments) in zip(copy.parameters, optimiser.moments) {
      for buffer in [parameter.value, parameter.gradient, moments.mean, moments.square] { add(buffer) }
      add(moments.base)
      add(moments.average)
    }
    for (address, _) in own { buffers[address] = nil }
    return buffers.values.reduce(copy.turnedBytes, +)
  }

  /// Parts that are trained: those that gradients begin at, pass through and end in differ.
  private static let parts = [
    TrainedParts(), TrainedParts(vision: .lastBlocks(1), head: false),
    TrainedParts(text: .everything, head: false),
    TrainedParts(vision: .lastBlocks(1), text: .projection), .everything,
  ]

  @Test(arguments: [Precision.fp32, .bf16, .int8], [Precision.fp32, .bf16])
  func whatIsToldIsTaken(held: Precision, precision: Precision) throws {
    let plain = try TinyModel.base()
    for name in ["Conv_1D", "LSTM", "Transf", "Transf_cls"] {
      let head = try #require(TemporalHeadKind(name: name))
      let base = try plain.remade(
        from: StartedHead(plain, head, frames: 2, seed: 3),
        LoadOptions(head: head, frames: 2, threads: 1, precision: held))
      for (index, parts) in Self.parts.enumerated() {
        var recipe = TinyModel.quick
        (recipe.anchor, recipe.meanDecay) = (index % 2 == 0 ? 0.1 : 0, index % 3 == 0 ? 0.9 : 0)
        let told = try Tuner.modelMemory(of: base, parts, recipe, precision: precision)
        #expect(try Self.taken(base, parts, recipe, precision) == told, "\(name), parts \(index)")
      }
    }
  }

  /// Gradients of context vectors pass through all of the text encoder.
  @Test(arguments: [Precision.fp32, .bf16]) func contextVectorsTurnTheTextEncoder(precision: Precision) throws
  {
    let plain = try TinyModel.base()
    let start = try FloatBuffer(count: 2 * 64)
    StartedContext.draw(start, seed: 3)
    let base = try plain.remade(
      from: StartedContext(MixedTensors(plain), start, width: 64), LoadOptions(threads: 1))
    for text in [TrainedParts.Encoder.frozen, .lastBlocks(1)] {
      let parts = TrainedParts(text: text, head: false, context: true)
      let told = try Tuner.modelMemory(of: base, parts, TinyModel.quick, precision: precision)
      #expect(try Self.taken(base, parts, TinyModel.quick, precision) == told)
    }
  }

  /// A copy in bf16 holds matrices in half of the bytes that one in fp32 takes.
  @Test func aCopyInHalfPrecisionIsToldAsSmaller() throws {
    let base = try TinyModel.base()
    func told(_ precision: Precision) throws -> Int {
      try Tuner.modelMemory(of: base, .everything, TinyModel.quick, precision: precision)
    }
    let matrices = base.parameters.filter { $0.isBlockMatrix }.reduce(0) { $0 + $1.count }
    #expect(try told(.fp32) - told(.bf16) >= 2 * matrices)
  }
}
