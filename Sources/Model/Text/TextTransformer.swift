import System
import Numerics

/// CLIP's text encoder: token and positional embedding, causal blocks, ln_final, the row at the end-of-text token,
/// text_projection.
struct TextTransformer: Sendable {
  let tokenEmbedding: EmbeddingTable  // [V, X]
  let positionalEmbedding: FloatBuffer  // [C, X]
  /// Learned vectors that stand in place of words, [K, X]: id -1 is the first, and so on down to -K.
  let context: FloatBuffer?
  /// The vectors that context vectors begin further blocks with.
  let deepPrompts: DeepPrompts?
  let blocks: ResidualBlocks
  let lnFinal: LayerNorm
  let projection: Linear  // [E, X]
  /// How tokens see each other, and which one gives the embedding.
  let form: TextForm
  let contextLength: Int
  let vocabularySize: Int

  /// Rows computed together; prompts are taken in groups of about this many tokens of their own.
  private static let rowsTogether = 2048
  /// Rows of earlier prompts that a group may refer to, for each of its own rows.
  private static let pastShare = 4

  /// Whether all C tokens of a text see each other, so that all are computed.
  var isWhole: Bool { form != .causal }

  /// The length of a prompt, with its end-of-text token: the largest id of the row, at its first place. The mask is
  /// causal, so nothing after that token influences the result, and nothing after it is computed.
  static func length(_ tokens: UnsafePointer<Int32>, _ contextLength: Int) -> Int {
    var end = 0
    for i in 1..<max(contextLength, 1) where tokens[i] > tokens[end] { end = i }
    return end + 1
  }

  /// The largest number of rows in a group of prompts.
  func rows(prompts: Int) -> Int {
    max(contextLength, min(TextTransformer.rowsTogether, prompts * contextLength))
  }

  /// Encodes tokens [count, C], ids already checked to be in 0 ..< V, to out [count, E].
  func encode(
    _ tokens: UnsafePointer<Int32>, count: Int, to out: UnsafeMutablePointer<Float>,
    pool: ThreadPool, workspaces: WorkspacePool
  ) throws(Failure) {
    try workspaces.with { (workspace) throws(Failure) in
      try buffers(workspace, count: count, rows: rows(prompts: count), threads: pool.threads)
    } run: { (buffers) throws(Failure) in
      try encode(tokens, count, out, buffers, pool)
    }
  }

  /// The regions of one call's workspace. `ends` and `projected` share their place with `scratch`, which is no longer
  /// needed after the blocks.
  struct Buffers {
    let x: UnsafeMutablePointer<Float>  // [rows, X], the residual stream
    let scratch: BlockScratch
    let ends: UnsafeMutablePointer<Float>  // [rows, X], each prompt's last row
    let projected: UnsafeMutablePointer<Float>  // [rows, E]
    let order: UnsafeMutablePointer<Int>  // [count]
    /// Each row's context vector, or -1, where blocks begin them anew. [rows]
    let contexts: UnsafeMutablePointer<Int>
    let group: PromptGroup
  }

  /// Memory for `count` prompts in groups of up to `rows` rows.
  func buffers(
    _ workspace: Workspace, count: Int, rows: Int, threads: Int
  ) throws(Failure) -> Buffers {
    let width = lnFinal.width
    let x = try workspace.take(rows * width)
    // A prompt has at least one row.
    let (scratch, (ends, projected)) = try workspace.takeOneOf { (workspace) throws(Failure) in
      try blocks.scratch(workspace, rows: rows, sequences: rows, longest: contextLength, threads: threads)
    } _: { (workspace) throws(Failure) in
      (try workspace.take(rows * width), try workspace.take(rows * projection.outputs))
    }
    return Buffers(
      x: x, scratch: scratch, ends: ends, projected: projected, order: try workspace.takeIntegers(count),
      contexts: try workspace.takeIntegers(deepPrompts == nil ? 0 : rows),
      group: try PromptGroup(
        workspace, contextLength: contextLength, isWhole: isWhole, rows: rows,
        pastLimit: rows * TextTransformer.pastShare))
  }

  private func encode(
    _ tokens: UnsafePointer<Int32>, _ count: Int, _ out: UnsafeMutablePointer<Float>, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    let width = lnFinal.width
    let (x, ends, projected, order) = (buffers.x, buffers.ends, buffers.projected, buffers.order)
    var group = buffers.group
    // In the order of their tokens prompts that begin alike are neighbours.
    try TokenOrder(tokens: tokens, length: contextLength).sort(order, count: count)
    var first = 0
    while first < count {
      group.clear()
      while first + group.count < count,
        let added = group.add(tokens + order[first + group.count] * contextLength)
      {
        embed(added, x, width)
        note(added, buffers.contexts)
      }
      try apply(group.sequences, buffers, pool)
      for i in 0..<group.count {
        let end =
          form == .wholeToMark
          ? group.offsets[i]
            + TextTransformer.length(tokens + order[first + i] * contextLength, contextLength)
          : group.offsets[i + 1]
        (ends + i * width).update(from: x + (end - 1) * width, count: width)
      }
      lnFinal.apply(rows: group.count, ends, stride: width, to: ends, stride: width, pool: pool)
      projection.apply(
        rows: group.count, ends, stride: width, to: projected, stride: projection.outputs, pool: pool)
      for i in 0..<group.count {
        (out + order[first + i] * projection.outputs).update(
          from: projected + i * projection.outputs, count: projection.outputs)
      }
      first += group.count
    }
  }

  /// Applies the blocks to a group's rows.
  private func apply(
    _ sequences: Sequences, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    let x = buffers.x
    guard let deepPrompts else {
      return try blocks.apply(
        x, sequences, wanted: form == .wholeToMark ? .all : .last, buffers.scratch, pool)
    }
    try blocks.apply(x, inRunsOf: sequences, wanted: .last, buffers.scratch, pool) { layer in
      deepPrompts.write(before: layer, to: x, rows: sequences.rows, buffers.contexts)
    }
  }

  /// Notes which rows are context vectors.
  private func note(_ added: PromptGroup.Added, _ contexts: UnsafeMutablePointer<Int>) {
    guard deepPrompts != nil else { return }
    for position in added.positions {
      let id = added.tokens[position]
      contexts[added.row + position - added.positions.lowerBound] =
        id < 0 ? TextTransformer.contextIndex(id) : -1
    }
  }

  private func embed(_ added: PromptGroup.Added, _ x: UnsafeMutablePointer<Float>, _ width: Int) {
    for position in added.positions {
      let row = x + (added.row + position - added.positions.lowerBound) * width
      embed(added.tokens[position], at: position, to: row)
    }
  }

  /// Writes the embedding of a token or a context vector at a position, [X].
  func embed(_ id: Int32, at position: Int, to row: UnsafeMutablePointer<Float>) {
    let width = lnFinal.width
    if id < 0, let context {
      row.update(from: context.base + TextTransformer.contextIndex(id) * width, count: width)
    } else {
      tokenEmbedding.write(Int(id), to: row)
    }
    let place = positionalEmbedding.base + position * width
    for i in 0..<width { row[i] += place[i] }
  }

  /// The number of the context vector that an id below 0 means, from 0 on.
  static func contextIndex(_ id: Int32) -> Int { -1 - Int(id) }
}
