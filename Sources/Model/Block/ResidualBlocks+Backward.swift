import Numerics
import System

/// The backward passes of an encoder's last blocks: those from the lowest on that is trained, or that a gradient passes
/// through to what lies below.
struct BlocksBackward: Sendable {
  let blocks: ResidualBlocks
  /// The number of the lowest block with a backward pass.
  let lowest: Int
  private let backward: [BlockBackward]  // of blocks lowest...
  private let hidden: Int

  /// `passesDown` says whether the gradient of the blocks' input is wanted.
  init(
    _ builder: BackwardBuilder, _ blocks: ResidualBlocks, _ prefix: String, infix: String = "",
    passesDown: Bool
  ) throws(Failure) {
    self.blocks = blocks
    let count = blocks.blocks.count
    func name(_ layer: Int) -> String { "\(prefix)\(layer).\(infix)" }
    let lowest = passesDown ? 0 : (0..<count).first { builder.trains(name($0)) } ?? count
    var backward: [BlockBackward] = []
    for layer in lowest..<count {
      backward.append(
        try BlockBackward(
          builder, blocks.blocks[layer], name(layer), passesDown: passesDown || layer > lowest))
    }
    self.lowest = lowest
    self.backward = backward
    hidden = blocks.blocks.map(\.fc.outputs).max() ?? 0
  }

  /// Whether any block has a backward pass.
  var isEmpty: Bool { backward.isEmpty }
  private var width: Int { blocks.blocks[0].width }
  private var count: Int { blocks.blocks.count }

  /// Rows that a block's passes take together, in whole sequences: enough for large products.
  private static let rowsTogether = 512

  /// The memory of a forward and a backward pass. Each block's input is kept, and one tape serves all blocks, whose
  /// forward passes run twice; with `keepsAll` each block has a tape.
  struct Buffers {
    /// inputs[i] is the input of block lowest + i, [rows, W].
    let inputs: [FloatRows]
    let tapes: [BlockTape]
    /// The gradient of the rows, [rows, W], and of the wanted rows, [sequences, W].
    let gradient, wantedGradient: FloatRows
    let scratch: BlockBackwardScratch
    let limit: Int  // rows of a run
  }

  /// Memory for `sequences` sequences of up to `longest` rows, `rows` in all.
  func buffers(
    _ workspace: Workspace, rows: Int, sequences: Int, longest: Int, keepsAll: Bool, threads: Int
  ) throws(Failure) -> Buffers {
    let limit = min(rows, max(longest, BlocksBackward.rowsTogether))
    var (inputs, tapes): ([FloatRows], [BlockTape]) = ([], [])
    for _ in backward { inputs.append(try FloatRows(workspace, rows: rows, width: width)) }
    for _ in 0..<(keepsAll ? backward.count : 1) {
      tapes.append(
        try BlockTape(
          workspace, rows: keepsAll ? rows : limit, sequences: keepsAll ? sequences : min(sequences, limit),
          width: width, hidden: hidden))
    }
    return Buffers(
      inputs: inputs, tapes: tapes, gradient: try FloatRows(workspace, rows: rows, width: width),
      wantedGradient: try FloatRows(workspace, rows: sequences, width: width),
      scratch: try BlockBackwardScratch(
        workspace, rows: limit, longest: longest, hidden: hidden, blocks.blocks[0].attention,
        kernels: blocks.blocks[0].fc.kernels, threads: threads),
      limit: limit)
  }

  private func keepsAll(_ buffers: Buffers) -> Bool { buffers.tapes.count == backward.count }

  /// A tape's part for a run that begins with this row and sequence.
  private func tape(_ layer: Int, _ buffers: Buffers, _ run: Sequences, first: Int) -> BlockTape {
    guard keepsAll(buffers) else { return buffers.tapes[0] }
    return buffers.tapes[layer - lowest].from(row: run.offsets[0], sequence: first)
  }

  private func wanted(_ layer: Int, _ wanted: WantedRows) -> WantedRows {
    layer + 1 < count ? .all : wanted
  }

  /// Applies the blocks from `lowest` on. The input lies in buffers.inputs[0]; results of the wanted rows go to `out`
  /// [sequences, W]; nil: they are known. `before` is called with each block's number and its input before it.
  func forward(
    _ sequences: Sequences, wanted: WantedRows, to out: FloatRows?, _ buffers: Buffers, _ pool: ThreadPool,
    before: (_ layer: Int, _ x: FloatRows) -> Void
  ) throws(Failure) {
    for layer in lowest..<count {
      let input = buffers.inputs[layer - lowest]
      before(layer, input)
      let isLast = layer + 1 == count
      // The last results are not wanted where they are known, and its tape is made by the backward pass.
      if isLast, out == nil, !keepsAll(buffers) { return }
      let next = isLast ? out : buffers.inputs[layer - lowest + 1]
      try forEachRun(sequences, limit: buffers.limit) { (run, first) throws(Failure) in
        try backward[layer - lowest].forward(
          input.from(run.offsets[0]), run, wanted: self.wanted(layer, wanted),
          keeping: tape(layer, buffers, run, first: first),
          to: next.map { isLast ? $0.from(first) : $0.from(run.offsets[0]) }, buffers.scratch, pool)
      }
    }
  }

  /// Adds the parameters' gradients after `forward`, from those of the wanted rows' results in buffers.wantedGradient,
  /// and leaves that of the blocks' input in buffers.gradient. `after` is called with each block's number and the
  /// gradient of its input after it.
  func backward(
    _ sequences: Sequences, wanted: WantedRows, _ buffers: Buffers, _ pool: ThreadPool,
    after: (_ layer: Int, _ gradient: FloatRows) -> Void
  ) throws(Failure) {
    for layer in (lowest..<count).reversed() {
      let (input, own) = (buffers.inputs[layer - lowest], backward[layer - lowest])
      let wanted = self.wanted(layer, wanted)
      try forEachRun(sequences, limit: buffers.limit) { (run, first) throws(Failure) in
        let x = input.from(run.offsets[0])
        let tape = tape(layer, buffers, run, first: first)
        if !keepsAll(buffers) {
          try own.forward(x, run, wanted: wanted, keeping: tape, to: nil, buffers.scratch, pool)
        }
        let dx = buffers.gradient.from(run.offsets[0])
        try own.backward(
          x, run, wanted: wanted, tape, gradient: wanted == .all ? dx : buffers.wantedGradient.from(first),
          to: dx, buffers.scratch, pool)
      }
      after(layer, buffers.gradient)
    }
  }

  /// Calls `body` with runs of whole sequences of at most `limit` rows together, and the number of the first.
  private func forEachRun(
    _ sequences: Sequences, limit: Int, _ body: (Sequences, _ first: Int) throws(Failure) -> Void
  ) throws(Failure) {
    var first = 0
    try blocks.forEachRun(sequences, limit: limit) { (run) throws(Failure) in
      try body(run, first)
      first += run.count
    }
  }
}

extension BlockTape {
  /// The part of a tape from a row and a sequence on. Rows of a block of which one row of each sequence is wanted are
  /// counted by sequences, so that no two runs share any.
  func from(row: Int, sequence: Int) -> BlockTape {
    BlockTape(
      qkv: qkv.from(row), queries: queries.from(sequence), attended: attended.from(row),
      middle: middle.from(row), hidden: hidden.from(row))
  }

  private init(qkv: FloatRows, queries: FloatRows, attended: FloatRows, middle: FloatRows, hidden: FloatRows)
  {
    self.qkv = qkv
    self.queries = queries
    self.attended = attended
    self.middle = middle
    self.hidden = hidden
  }
}
