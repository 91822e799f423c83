import Numerics
import System
import Testing
import Weights

@testable import Model

/// Models whose numbers are not read: all sizes are those of the loaded model.
struct UnreadTests {
  private static let precisions: [Precision] = [.fp32, .bf16, .int8]

  /// The heads of X-CLIP's parts, which tensors do not tell.
  private static let declared: DeclaredOptions = {
    var declared = DeclaredOptions()
    (declared.integrationHeads, declared.promptHeads) = (3, 2)
    return declared
  }()

  private static func sources() -> [(InMemoryTensors, LoadOptions)] {
    var heads: [(InMemoryTensors, LoadOptions)] = []
    for add: (inout InMemoryTensors) -> Void in [
      { _ in }, { $0.addConv1D() }, { $0.addLSTM() }, { $0.addTransf() }, { $0.addTransfCls(frames: 5) },
      { $0.addXCLIP(frames: 4) }, { $0.add("visual.time_embedding", [6, InMemoryTensors.width]) },
    ] {
      var tensors = InMemoryTensors.clip()
      add(&tensors)
      heads.append((tensors, LoadOptions(threads: 2)))
    }
    for add: (inout InMemoryTensors) -> Void in [{ $0.addGates() }, { $0.addProbe() }, { $0.addStem() }] {
      var tensors = InMemoryTensors.clip()
      add(&tensors)
      heads.append((tensors, LoadOptions(threads: 2)))
    }
    heads.append((.clip(infix: "net."), LoadOptions(temporalShift: .twoSided, threads: 2)))
    heads.append((.clip(), LoadOptions(frames: 64, threads: 2, temporalView: 1)))
    return heads
  }

  @Test(arguments: precisions) func theyHaveTheSizesOfLoadedOnes(precision: Precision) throws {
    for (tensors, options) in Self.sources() {
      var options = options
      options.precision = precision
      let loaded = try ActionCLIP(tensors, options: options, declared: Self.declared, declaresOptions: false)
      options.readsNumbers = false
      let unread = try ActionCLIP(
        Unreadable(tensors: tensors), options: options, declared: Self.declared, declaresOptions: false)
      #expect(unread.configuration == loaded.configuration)
      #expect(unread.memory == loaded.memory)
      #expect(unread.videoOperations == loaded.videoOperations)
      #expect(unread.parameters.map(\.name) == loaded.parameters.map(\.name))
      #expect(unread.parameters.map(\.shape) == loaded.parameters.map(\.shape))
      #expect(unread.logitScale == loaded.logitScale)
      #expect(try unread.estimatedVideoTime() > 0)
    }
  }

  @Test func numbersThatAreReadLaterAreThoseOfLoadedOnes() throws {
    for (tensors, options) in Self.sources() {
      var options = options
      let loaded = try ActionCLIP(tensors, options: options, declared: Self.declared, declaresOptions: false)
      options.readsNumbers = false
      let unread = try ActionCLIP(tensors, options: options, declared: Self.declared, declaresOptions: false)
      for (parameter, own) in zip(unread.parameters, loaded.parameters) {
        let (read, held) = (try unread.values(of: parameter, in: tensors), try own.values())
        #expect(Array(read.buffer) == Array(held.buffer), "\(own.name)")
      }
    }
  }

  /// Enough rows for even pieces, as the model's own groups have them, and no more.
  @Test(arguments: [(2, 3, 15), (2, 400, 770), (3, 400, 1155), (2, 64, 320)])
  func timeIsMeasuredOverEvenPieces(threads: Int, frames: Int, rows: Int) throws {
    let model = try ActionCLIP(
      InMemoryTensors.clip(), options: LoadOptions(frames: frames, threads: threads), declaresOptions: false)
    let trial = try BlockTrial(model.vision, kernels: model.kernels, pool: ThreadPool(threads: threads))
    #expect(trial.rows == rows)
  }

  @Test func whatLoadingRefusesIsRefusedToo() {
    var tensors = InMemoryTensors.clip()
    tensors.add("visual.transformer.resblocks.1.mlp.c_fc.bias", [7])
    var options = LoadOptions()
    options.readsNumbers = false
    #expect(throws: Failure.self) { try ActionCLIP(tensors, options: options, declaresOptions: false) }
    tensors = .clip()
    tensors.add("visual.more", [7])
    #expect(throws: Failure.self) { try ActionCLIP(tensors, options: options, declaresOptions: false) }
  }

  /// A product of [m, k] and [k, n] is 2·m·k·n operations. Counted by hand for the smallest model: two blocks, of which
  /// the second one computes its class rows alone after keys and values.
  @Test func operationsAreThoseOfTheProducts() throws {
    let model = try ActionCLIP(
      InMemoryTensors.clip(), options: LoadOptions(frames: 3), declaresOptions: false)
    let (width, tokens, frames) = (64, 5, 3)
    let rows = frames * tokens
    let patches = frames * 4 * 3 * 16 * width
    let first = rows * 12 * width * width + 2 * rows * tokens * width
    let last = rows * 2 * width * width + frames * 10 * width * width + 2 * frames * tokens * width
    #expect(model.videoOperations == Int64(2 * (patches + first + last + frames * width * 24)))
  }

  /// Gates take as many operations as c_fc, in the last block for the class rows alone. A probe needs all rows of the
  /// last block, their keys and values once more, and one row of the rest.
  @Test func operationsOfGatesAndProbesAreCounted() throws {
    func operations(_ add: (inout InMemoryTensors) -> Void) throws -> Int64 {
      var tensors = InMemoryTensors.clip()
      add(&tensors)
      return try ActionCLIP(tensors, options: LoadOptions(frames: 3), declaresOptions: false).videoOperations
    }
    let (width, tokens, frames) = (64, 5, 3)
    let plain = try operations { _ in }
    let rows = frames * tokens
    #expect(try operations { $0.addGates() } - plain == Int64(2 * (rows + frames) * 4 * width * width))
    let (last, pooling) = (
      (rows - frames) * (10 * width * width + 2 * tokens * width),
      rows * 2 * width * width + frames * 10 * width * width + 2 * frames * tokens * width
    )
    #expect(try operations { $0.addProbe() } - plain == Int64(2 * (last + pooling)))
  }

  @Test(arguments: precisions) func gatesTakeMemory(precision: Precision) throws {
    var tensors = InMemoryTensors.clip()
    let options = LoadOptions(threads: 2, precision: precision)
    let plain = try ActionCLIP(tensors, options: options, declaresOptions: false).memory
    tensors.addGates()
    let gated = try ActionCLIP(tensors, options: options, declaresOptions: false).memory
    #expect(gated.video > plain.video && gated.weights > plain.weights)
  }

  /// Attention has a tile of scores at a time, so that a joint model's memory grows with its tokens and not with their
  /// square: 64 frames of 256 patches would have 16385² scores a head, 1 GB in fp32.
  @Test(arguments: precisions) func jointMemoryIsNotQuadratic(precision: Precision) throws {
    func memory(frames: Int) throws -> Int {
      var tensors = InMemoryTensors.clip()
      tensors.add("visual.positional_embedding", [257, InMemoryTensors.width])
      tensors.add("visual.time_embedding", [frames, InMemoryTensors.width])
      return try ActionCLIP(
        tensors, options: LoadOptions(threads: 2, precision: precision), declaresOptions: false
      ).memory.video
    }
    let all = try [8, 16, 32, 64].map(memory)
    for (half, whole) in zip(all, all.dropFirst()) { #expect(whole < half * 201 / 100) }
    // Not more than 40 floats for each number of a token: the tokens, a block's rows, keys and values of two threads.
    #expect(all[3] < 4 * 40 * 64 * 257 * InMemoryTensors.width)
  }
}

/// Tensors of which none but single numbers may be read.
private struct Unreadable: ComputedTensors {
  let tensors: InMemoryTensors

  var names: [String] { tensors.names }
  func info(_ name: String) -> TensorInfo? { tensors.info(name) }
  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    guard destination.count == 1 else { throw Failure(.internal, "'\(name)' was read") }
    try tensors.read(name, into: destination)
  }
}
