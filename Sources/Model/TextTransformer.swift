import Numerics

/// CLIP's text encoder: token and positional embedding, causal blocks, ln_final, the row at the
/// end-of-text token, text_projection.
struct TextTransformer: Sendable {
  let tokenEmbedding: FloatBuffer  // [V, X]
  let positionalEmbedding: FloatBuffer  // [C, X]
  let blocks: ResidualBlocks
  let lnFinal: LayerNorm
  let projection: Linear  // [E, X]
  let contextLength: Int
  let vocabularySize: Int

  /// Rows computed together; prompts are taken in groups of about this many tokens.
  private static let rowsTogether = 2048

  /// The end-of-text token is the largest id of a row, at its first place. The mask is causal, so
  /// nothing after it can influence the result and nothing after it is computed.
  static func length(_ tokens: UnsafePointer<Int32>, _ contextLength: Int) -> Int {
    var end = 0
    for i in 1..<max(contextLength, 1) where tokens[i] > tokens[end] { end = i }
    return end + 1
  }

  private func plan(threads: Int, prompts: Int) -> (rows: Int, floats: Int) {
    let rows = max(contextLength, min(TextTransformer.rowsTogether, prompts * contextLength))
    let width = lnFinal.width
    let sequences = rows  // a prompt has at least one token
    let floats =
      Workspace.rounded(rows * width)
      + blocks.scratchFloats(rows: rows, longest: contextLength, threads: threads)
      + Workspace.offsets(sequences: sequences)
      + Workspace.rounded(sequences * width)
      + Workspace.rounded(sequences * projection.outputs)
    return (rows, floats)
  }

  /// tokens [count, C], ids already checked to be in 0 ..< V; out [count, E].
  func encode(
    _ tokens: UnsafePointer<Int32>, count: Int, to out: UnsafeMutablePointer<Float>,
    pool: ThreadPool, workspaces: WorkspacePool
  ) throws(ModelError) {
    let plan = plan(threads: pool.threads, prompts: count)
    try workspaces.with(capacity: plan.floats, outOfMemory: ModelError.memory) {
      (workspace) throws(ModelError) in
      do throws(NumericsError) {
        try encode(tokens, count, out, plan.rows, workspace, pool)
      } catch { throw ModelError.memory(error) }
    }
  }

  private func encode(
    _ tokens: UnsafePointer<Int32>, _ count: Int, _ out: UnsafeMutablePointer<Float>, _ rows: Int,
    _ workspace: Workspace, _ pool: ThreadPool
  ) throws(NumericsError) {
    let width = lnFinal.width
    let x = try workspace.take(rows * width)
    let scratch = try blocks.scratch(
      workspace, rows: rows, longest: contextLength, threads: pool.threads)
    let offsets = try workspace.takeOffsets(sequences: rows, length: 0)
    let ends = try workspace.take(rows * width)
    let projected = try workspace.take(rows * projection.outputs)

    var first = 0
    while first < count {
      // A group of prompts whose tokens fit.
      var group = 0
      offsets[0] = 0
      while first + group < count {
        let row = tokens + (first + group) * contextLength
        let end = offsets[group] + TextTransformer.length(row, contextLength)
        if end > rows { break }
        embed(row, from: offsets[group], to: end, x, width)
        group += 1
        offsets[group] = end
      }
      let sequences = Sequences(offsets: offsets, count: group)
      blocks.apply(x, sequences, wanted: .last, scratch, pool)
      for i in 0..<group {
        (ends + i * width).update(from: x + (offsets[i + 1] - 1) * width, count: width)
      }
      lnFinal.apply(rows: group, ends, stride: width, to: ends, stride: width, pool: pool)
      projection.apply(
        rows: group, ends, stride: width, to: projected, stride: projection.outputs, pool: pool)
      (out + first * projection.outputs).update(from: projected, count: group * projection.outputs)
      first += group
    }
  }

  private func embed(
    _ tokens: UnsafePointer<Int32>, from start: Int, to end: Int, _ x: UnsafeMutablePointer<Float>,
    _ width: Int
  ) {
    for position in 0..<(end - start) {
      let token = tokenEmbedding.base + Int(tokens[position]) * width
      let place = positionalEmbedding.base + position * width
      let row = x + (start + position) * width
      for i in 0..<width { row[i] = token[i] + place[i] }
    }
  }
}
