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

  /// The sizes of rows that are computed together.
  struct Shape {
    let rows, sequences: Int
    let longest: Int  // rows of a sequence
    let wanted: WantedRows  // of the last block's results
    let threads: Int
  }

  /// A forward pass's numbers that the backward pass needs: each block's input, and with `keepsAll` a tape of each
  /// block. Without tapes every block's forward pass runs again.
  struct Kept {
    /// inputs[i] is the input of block lowest + i, [rows, W].
    let inputs: [FloatRows]
    let tapes: [BlockTape]
  }

  func kept(_ workspace: Workspace, _ shape: Shape, keepsAll: Bool) throws(Failure) -> Kept {
    var (inputs, tapes): ([FloatRows], [BlockTape]) = ([], [])
    for _ in backward { inputs.append(try FloatRows(workspace, rows: shape.rows, width: width)) }
    for layer in lowest..<count where keepsAll {
      let isWhole = wanted(layer, shape.wanted) == .all
      tapes.append(
        try BlockTape(
          workspace, rows: shape.rows, results: isWhole ? shape.rows : shape.sequences,
          sequences: isWhole ? 0 : shape.sequences, width: width, hidden: hidden, hasQueries: isWhole))
    }
    return Kept(inputs: inputs, tapes: tapes)
  }

  /// The memory that passes work in, one after the other.
  struct Work {
    /// Serves all blocks where none has a tape of its own.
    let tape: BlockTape
    /// The gradient of the rows, [rows, W], and of the wanted rows, [sequences, W].
    let gradient, wantedGradient: FloatRows
    let scratch: BlockBackwardScratch
    let limit: Int  // rows of a run
  }

  /// `needsTape` says whether passes may come without tapes of their own.
  func work(_ workspace: Workspace, _ shape: Shape, needsTape: Bool) throws(Failure) -> Work {
    let limit = min(shape.rows, max(shape.longest, BlocksBackward.rowsTogether))
    let (rows, sequences) = (needsTape ? limit : 0, min(shape.sequences, limit))
    // The last block alone needs one row of each sequence.
    let kept = needsTape ? sequences : 0
    let isWhole = backward.count > 1 || shape.wanted == .all
    return Work(
      tape: try BlockTape(
        workspace, rows: rows, results: isWhole ? rows : kept, sequences: kept,
        width: width, hidden: hidden, hasQueries: isWhole),
      gradient: try FloatRows(workspace, rows: shape.rows, width: width),
      wantedGradient: try FloatRows(workspace, rows: shape.sequences, width: width),
      scratch: try BlockBackwardScratch(
        workspace, rows: limit, sequences: sequences, longest: shape.longest, hidden: hidden,
        blocks.blocks[0].attention.inFP32, of: blocks.blocks[count - 1].fc, threads: shape.threads),
      limit: limit)
  }

  /// The memory of a forward and a backward pass.
  struct Buffers {
    let kept: Kept
    let work: Work
  }

  func buffers(_ workspace: Workspace, _ shape: Shape, keepsAll: Bool) throws(Failure) -> Buffers {
    Buffers(
      kept: try kept(workspace, shape, keepsAll: keepsAll),
      work: try work(workspace, shape, needsTape: !keepsAll))
  }

  /// A tape's part for a run that begins with this row and sequence.
  private func tape(
    _ layer: Int, _ wanted: WantedRows, _ buffers: Buffers, _ run: Sequences, first: Int
  ) -> BlockTape {
    guard !buffers.kept.tapes.isEmpty else { return buffers.work.tape }
    let row = run.offsets[0]
    return buffers.kept.tapes[layer - lowest].from(
      row: row, result: wanted == .all ? row : first, sequence: wanted == .all ? 0 : first)
  }

  private func wanted(_ layer: Int, _ wanted: WantedRows) -> WantedRows {
    layer + 1 < count ? .all : wanted
  }

  /// Applies the blocks from `lowest` on. The input lies in kept.inputs[0]; results of the wanted rows go to `out`
  /// [sequences, W]; nil: they are known. `before` is called with each block's number and its input before it.
  func forward(
    _ sequences: Sequences, wanted: WantedRows, to out: FloatRows?, _ buffers: Buffers, _ pool: ThreadPool,
    before: (_ layer: Int, _ x: FloatRows) -> Void
  ) throws(Failure) {
    for layer in lowest..<count {
      let input = buffers.kept.inputs[layer - lowest]
      before(layer, input)
      let isLast = layer + 1 == count
      // The last results are not wanted where they are known, and its tape is made by the backward pass.
      if isLast, out == nil, buffers.kept.tapes.isEmpty { return }
      let next = isLast ? out : buffers.kept.inputs[layer - lowest + 1]
      let own = self.wanted(layer, wanted)
      try forEachRun(sequences, limit: buffers.work.limit) { (run, first) throws(Failure) in
        try backward[layer - lowest].forward(
          input.from(run.offsets[0]), run, wanted: own, keeping: tape(layer, own, buffers, run, first: first),
          to: next.map { $0.from(own == .all ? run.offsets[0] : first) }, buffers.work.scratch, pool)
      }
    }
  }

  /// Adds the parameters' gradients after `forward`, from those of the wanted rows' results in work.wantedGradient, or
  /// of all in work.gradient, and leaves that of the blocks' input in work.gradient. `after` is called with each
  /// block's number and the gradient of its input after it.
  func backward(
    _ sequences: Sequences, wanted: WantedRows, _ buffers: Buffers, _ pool: ThreadPool,
    after: (_ layer: Int, _ gradient: FloatRows) -> Void
  ) throws(Failure) {
    for layer in (lowest..<count).reversed() {
      let (input, own) = (buffers.kept.inputs[layer - lowest], backward[layer - lowest])
      let (wanted, work) = (self.wanted(layer, wanted), buffers.work)
      try forEachRun(sequences, limit: work.limit) { (run, first) throws(Failure) in
        let x = input.from(run.offsets[0])
        let tape = tape(layer, wanted, buffers, run, first: first)
        if buffers.kept.tapes.isEmpty {
          try own.forward(x, run, wanted: wanted, keeping: tape, to: nil, work.scratch, pool)
        }
        let dx = work.gradient.from(run.offsets[0])
        try own.backward(
          x, run, wanted: wanted, tape, gradient: wanted == .all ? dx : work.wantedGradient.from(first),
          to: dx, work.scratch, pool)
      }
      after(layer, work.gradient)
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
