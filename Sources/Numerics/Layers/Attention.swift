import System
import CKernels
import Glibc

/// Multi-head attention, softmax(q · k^T / sqrt(head size)) · v for each sequence and head, from rows of [q, k, v] in
/// their precision.
public struct MultiHeadAttention: Sendable {
  public let heads: Int
  public let width: Int
  public let causal: Bool
  /// The activation precision: fp32 or bf16.
  public let precision: Precision
  let kernels: Kernels

  public init(heads: Int, width: Int, causal: Bool, precision: Precision = .fp32, kernels: Kernels) {
    self.heads = heads
    self.width = width
    self.causal = causal
    self.precision = precision
    self.kernels = kernels
  }

  /// The memory that attention works in for one sequence and head, for each thread.
  public struct Scratch: Sendable {
    let keys: ThreadRegions  // packed, [longest, head size]
    let values: ThreadRegions  // packed, [head size, longest]
    let scores: ThreadRegions  // of a tile
    /// Keys and values copied together, where their rows do not follow each other. [longest, head size]
    let gatheredKeys, gatheredValues: ThreadRegions
  }

  /// Scratch for sequences of up to `longest` rows, those before their own included, on `threads` threads.
  public func scratch(
    _ workspace: Workspace, longest: Int, threads: Int
  ) throws(Failure) -> Scratch {
    let (size, kernel) = (width / heads, precision.kernel)
    func take(_ count: Int) throws(Failure) -> ThreadRegions {
      try workspace.takePerThread(count, threads: threads)
    }
    return Scratch(
      keys: try take(ckernels_packed_count(kernel, longest, size)),
      values: try take(ckernels_packed_count(kernel, size, longest)),
      scores: try take(ckernels_attention_scratch(kernels.choice, kernel, longest)),
      gatheredKeys: try take(longest * size), gatheredValues: try take(longest * size))
  }

  /// Writes out [rows, W] from qkv [rows, 3W], both counted from the first sequence's first row. Where one row of each
  /// sequence is wanted, out is [sequences, W], and the queries are those of `queries` [sequences, W] if it is given.
  public func apply(
    _ sequences: Sequences, qkv: Operand, queries: Operand? = nil, to out: Operand,
    wanted: WantedRows = .all, scratch: Scratch, pool: ThreadPool
  ) {
    let size = width / heads
    let bytes = 4 / precision.elementsPerDword
    let stride = qkv.numberStride
    let base = sequences.offsets[0]
    pool.run(count: sequences.count * heads) { index, slot in
      let (sequence, head) = (index / heads, index % heads)
      let (past, seen) = (sequences.past(sequence), sequences.seen(sequence))
      let length = past.count + seen.rows.count + seen.zeros
      let row = sequences.offsets[sequence] - base
      let range = wanted.range(sequences.length(sequence))
      let (keys, values) = (scratch.keys[slot], scratch.values[slot])
      let q = qkv.base + (row * stride + head * size) * bytes
      if past.isEmpty {
        let first = qkv.base + ((seen.rows.lowerBound - base) * stride + head * size) * bytes
        ckernels_pack_keys(precision.kernel, seen.rows.count, size, first + width * bytes, stride, keys)
        if seen.zeros == 0 {
          ckernels_pack_values(precision.kernel, size, length, first + 2 * width * bytes, stride, values)
        } else {
          clearKeys(after: seen.rows.count, of: length, keys)
          packValues(
            first + 2 * width * bytes, rows: seen.rows.count, stride: stride, of: length, to: values)
        }
      } else {
        let gathered = (
          keys: UnsafeMutableRawPointer(scratch.gatheredKeys[slot]),
          values: UnsafeMutableRawPointer(scratch.gatheredValues[slot])
        )
        gather(sequences, sequence, head: head, from: qkv, to: gathered)
        ckernels_pack_keys(precision.kernel, length, size, gathered.keys, size, keys)
        ckernels_pack_values(precision.kernel, size, length, gathered.values, size, values)
      }
      var attention = ckernels_attention(
        precision: precision.kernel, keys: length, size: size, scale: 1 / Float(size).squareRoot(),
        packed_keys: keys, packed_values: values, scratch: scratch.scores[slot])
      let query =
        if let queries { queries.base + (sequence * queries.numberStride + head * size) * bytes } else {
          q + range.lowerBound * stride * bytes
        }
      ckernels_attend(
        kernels.choice, &attention, range.count, query, queries?.numberStride ?? stride,
        causal ? past.count + range.lowerBound : -1,
        out.base + ((wanted == .all ? row : sequence) * out.numberStride + head * size) * bytes,
        out.numberStride)
    }
  }

  /// Fills up one head's packed keys with zeros, from the panel on that follows those of `rows` keys.
  private func clearKeys(after rows: Int, of length: Int, _ keys: UnsafeMutablePointer<Float>) {
    let dwords = ckernels_dwords(precision.kernel, width / heads) * Int(CKERNELS_PANEL)
    let (first, end) = (ckernels_panels(rows), ckernels_panels(length))
    (keys + first * dwords).update(repeating: 0, count: (end - first) * dwords)
  }

  /// Packs `rows` of one head's values and zeros after them, `length` rows together, panel by panel.
  private func packValues(
    _ rows: UnsafeMutableRawPointer, rows count: Int, stride: Int, of length: Int,
    to values: UnsafeMutablePointer<Float>
  ) {
    let (size, panel) = (width / heads, Int(CKERNELS_PANEL))
    let bytes = 4 / precision.elementsPerDword
    let own = ckernels_dwords(precision.kernel, count) * panel
    let all = ckernels_dwords(precision.kernel, length) * panel
    for first in Swift.stride(from: 0, to: size, by: panel) {
      let to = values + first / panel * all
      ckernels_pack_values(
        precision.kernel, min(panel, size - first), count, rows + first * bytes, stride, to)
      (to + own).update(repeating: 0, count: all - own)
    }
  }

  /// Copies one head's keys and values of a sequence, first those of the rows before its own, to [rows, head size]
  /// each.
  private func gather(
    _ sequences: Sequences, _ sequence: Int, head: Int, from qkv: Operand,
    to gathered: (keys: UnsafeMutableRawPointer, values: UnsafeMutableRawPointer)
  ) {
    let (base, past) = (sequences.offsets[0], sequences.past(sequence))
    let bytes = 4 / precision.elementsPerDword
    let headBytes = width / heads * bytes
    for i in 0..<past.count + sequences.length(sequence) {
      let row = i < past.count ? past[i] : sequences.offsets[sequence] + i - past.count
      let (key, value) = (gathered.keys + i * headBytes, gathered.values + i * headBytes)
      guard row >= 0 else {
        memset(key, 0, headBytes)
        memset(value, 0, headBytes)
        continue
      }
      let query = qkv.base + (row - base) * qkv.numberStride * bytes + head * headBytes
      key.copyMemory(from: query + width * bytes, byteCount: headBytes)
      value.copyMemory(from: query + 2 * width * bytes, byteCount: headBytes)
    }
  }
}
