import CKernels
import System

/// The backward pass of attention, in fp32, for sequences that do not go on from others.
extension MultiHeadAttention {
  /// The same attention over fp32 rows, as the backward pass takes it.
  public var inFP32: MultiHeadAttention {
    MultiHeadAttention(heads: heads, width: width, causal: causal, kernels: kernels)
  }

  /// The memory that the backward pass works in for one sequence and head, for each thread.
  public struct BackwardScratch: Sendable {
    let keys, values, turnedKeys, groups: ThreadRegions
  }

  /// Scratch for sequences of up to `longest` rows on `threads` threads.
  public func backwardScratch(
    _ workspace: Workspace, longest: Int, threads: Int
  ) throws(Failure) -> BackwardScratch {
    let size = width / heads
    func take(_ count: Int) throws(Failure) -> ThreadRegions {
      try workspace.takePerThread(count, threads: threads)
    }
    return BackwardScratch(
      keys: try take(ckernels_packed_count(CKERNELS_FP32, longest, size)),
      values: try take(ckernels_packed_count(CKERNELS_FP32, longest, size)),
      turnedKeys: try take(ckernels_packed_count(CKERNELS_FP32, size, longest)),
      groups: try take(ckernels_attention_gradient_scratch(kernels.choice, longest, size)))
  }

  /// Writes the gradient of qkv [rows, 3W] to dqkv, from that of the results, dout [rows, W]. Where one row of each
  /// sequence was wanted, the queries are those of `queries` [sequences, W], dout is [sequences, W], and the gradients
  /// of the other rows' queries are zero.
  public func backward(
    _ sequences: Sequences, qkv: FloatRows, queries: FloatRows? = nil, dout: FloatRows, to dqkv: FloatRows,
    wanted: WantedRows = .all, scratch: BackwardScratch, pool: ThreadPool
  ) {
    let (size, width, base) = (width / heads, width, sequences.offsets[0])
    let (choice, scale) = (kernels.choice, 1 / Float(size).squareRoot())
    let (heads, causal) = (heads, causal)
    pool.run(count: sequences.count * heads) { index, slot in
      let (sequence, column) = (index / heads, index % heads * size)
      let (row, length) = (sequences.offsets[sequence] - base, sequences.length(sequence))
      let range = queries == nil ? 0..<length : wanted.range(length)
      let own = qkv.from(row).columns(from: column)
      let gradients = dqkv.from(row).columns(from: column)
      for part in 0..<3 { gradients.columns(from: part * width).clear(rows: length, width: size) }
      let (keys, values) = (own.base + width, own.base + 2 * width)
      ckernels_pack_keys(CKERNELS_FP32, length, size, keys, own.stride, scratch.keys[slot])
      ckernels_pack_keys(CKERNELS_FP32, length, size, values, own.stride, scratch.values[slot])
      ckernels_pack_values(CKERNELS_FP32, size, length, keys, own.stride, scratch.turnedKeys[slot])
      var attention = ckernels_attention_gradient(
        keys: length, size: size, scale: scale, packed_keys: scratch.keys[slot],
        packed_values: scratch.values[slot], turned_keys: scratch.turnedKeys[slot],
        scratch: scratch.groups[slot])
      let query = queries.map { $0.from(sequence).columns(from: column) } ?? own
      let result = dout.from(queries == nil ? row : sequence).columns(from: column)
      var rows = ckernels_attention_rows(
        q: query.base, dout: result.base, dq: gradients[range.lowerBound], dk: gradients.base + width,
        dv: gradients.base + 2 * width, q_stride: query.stride, dout_stride: result.stride,
        dq_stride: gradients.stride, dkv_stride: gradients.stride)
      ckernels_attend_gradient(choice, &attention, range.count, causal ? range.lowerBound : -1, &rows)
    }
  }
}
