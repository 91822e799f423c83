import CKernels
import System

/// Multi-head attention of any number of queries to one set of keys and values, softmax(q · k^T / sqrt(head size)) · v.
/// A query's result depends on that query and on the keys and values alone.
public struct CrossAttention: Sendable {
  public let heads: Int
  public let width: Int
  /// The activation precision: fp32 or bf16.
  public let precision: Precision
  let kernels: Kernels

  public init(heads: Int, width: Int, precision: Precision, kernels: Kernels) {
    self.heads = heads
    self.width = width
    self.precision = precision
    self.kernels = kernels
  }

  private var size: Int { width / heads }
  private var bytes: Int { 4 / precision.elementsPerDword }

  /// Sets of keys and values, packed for each head.
  public struct Memory: Sendable {
    let keys: ThreadRegions  // one for each set and head, [count, head size]
    let values: ThreadRegions  // one for each set and head, [head size, count]
  }

  /// Memory for `sets` sets of `count` keys.
  public func memory(_ workspace: Workspace, sets: Int, count: Int) throws(Failure) -> Memory {
    Memory(
      keys: try workspace.takePerThread(
        ckernels_packed_count(precision.kernel, count, size), threads: sets * heads),
      values: try workspace.takePerThread(
        ckernels_packed_count(precision.kernel, size, count), threads: sets * heads))
  }

  /// The memory that each thread works in.
  public struct Scratch: Sendable { let scores: ThreadRegions }

  public func scratch(_ workspace: Workspace, count: Int, threads: Int) throws(Failure) -> Scratch {
    Scratch(
      scores: try workspace.takePerThread(
        ckernels_attention_scratch(kernels.choice, precision.kernel, count), threads: threads))
  }

  /// Packs the keys and values [count, W] of a set for any number of calls of `apply`.
  public func pack(
    keys: Operand, values: Operand, count: Int, into memory: Memory, set: Int, pool: ThreadPool
  ) {
    let offset = size * bytes
    pool.run(count: heads) { head, _ in
      let place = set * heads + head
      ckernels_pack_keys(
        precision.kernel, count, size, keys.base + head * offset, keys.numberStride, memory.keys[place])
      ckernels_pack_values(
        precision.kernel, size, count, values.base + head * offset, values.numberStride,
        memory.values[place])
    }
  }

  /// Writes out [rows, W] for queries [rows, W], with the keys and values of a set that was packed before.
  public func apply(
    queries: Operand, rows: Int, count: Int, _ memory: Memory, set: Int, to out: Operand, _ scratch: Scratch,
    pool: ThreadPool
  ) {
    let together = 64
    let parts = (rows + together - 1) / together
    let offset = size * bytes
    pool.run(count: heads * parts) { index, slot in
      let (head, first) = (index % heads, index / heads * together)
      var attention = ckernels_attention(
        precision: precision.kernel, keys: count, size: size, scale: 1 / Float(size).squareRoot(),
        packed_keys: memory.keys[set * heads + head], packed_values: memory.values[set * heads + head],
        scratch: scratch.scores[slot])
      ckernels_attend(
        kernels.choice, &attention, min(together, rows - first),
        queries.from(first).base + head * offset, queries.numberStride, -1,
        out.from(first).base + head * offset, out.numberStride)
    }
  }
}
