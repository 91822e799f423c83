import CKernels

/// Where each sequence of a batch begins: sequence i has rows offsets[i] ..< offsets[i + 1].
public struct Sequences {
  public let offsets: UnsafePointer<Int>
  public let count: Int

  public init(offsets: UnsafePointer<Int>, count: Int) {
    self.offsets = offsets
    self.count = count
  }

  public var rows: Int { offsets[count] - offsets[0] }
  public func length(_ index: Int) -> Int { offsets[index + 1] - offsets[index] }

  /// Sequences first ..< first + count.
  public func slice(_ first: Int, _ count: Int) -> Sequences {
    Sequences(offsets: offsets + first, count: count)
  }
}

extension Workspace {
  /// Floats that `takeOffsets` uses up.
  public static func offsets(sequences: Int) -> Int { rounded(2 * (sequences + 1)) }

  /// Offsets of sequences of one length.
  public func takeOffsets(
    sequences: Int, length: Int
  ) throws(NumericsError) -> UnsafeMutablePointer<Int> {
    let offsets = UnsafeMutableRawPointer(try take(2 * (sequences + 1)))
      .bindMemory(to: Int.self, capacity: sequences + 1)
    for i in 0...sequences { offsets[i] = i * length }
    return offsets
  }
}

/// Which rows of each sequence a result is wanted for.
public enum WantedRows: Sendable {
  case all, first, last

  /// Among those of a sequence of `length` rows.
  public func range(_ length: Int) -> Range<Int> {
    switch self {
    case .all: 0..<length
    case .first: 0..<1
    case .last: length - 1..<length
    }
  }
}

/// softmax(q · k^T / sqrt(head size)) · v per sequence and head, from rows of [q, k, v].
public struct MultiHeadAttention: Sendable {
  public let heads: Int
  public let width: Int
  public let causal: Bool

  public init(heads: Int, width: Int, causal: Bool) {
    self.heads = heads
    self.width = width
    self.causal = causal
  }

  /// Queries treated at a time, which bounds the score matrix.
  private static let queryBlock = 96

  /// One thread's scratch for a sequence and head: packed keys and values, and scores.
  private struct Scratch {
    let keys, values, scores, floats: Int

    init(longest: Int, headSize: Int) {
      keys = 0
      values = keys + Workspace.rounded(ckernels_packed_count(longest, headSize))
      scores = values + Workspace.rounded(ckernels_packed_count(headSize, longest))
      floats =
        scores + Workspace.rounded(min(MultiHeadAttention.queryBlock, longest) * longest)
    }
  }

  /// Floats of scratch for sequences of up to `longest` rows on `threads` threads.
  public func scratch(longest: Int, threads: Int) -> Int {
    threads * Scratch(longest: longest, headSize: width / heads).floats
  }

  /// out [rows, W] from qkv [rows, 3W], both counted from the first sequence's first row. Of one
  /// wanted row for each sequence, out is [sequences, W].
  public func apply(
    _ sequences: Sequences, qkv: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>,
    wanted: WantedRows = .all, scratch: UnsafeMutablePointer<Float>, longest: Int, pool: ThreadPool
  ) {
    let size = width / heads
    let stride = 3 * width
    let scale = 1 / Float(size).squareRoot()
    let base = sequences.offsets[0]
    let regions = Scratch(longest: longest, headSize: size)
    pool.run(count: sequences.count * heads) { index, slot in
      let (sequence, head) = (index / heads, index % heads)
      let length = sequences.length(sequence)
      let row = sequences.offsets[sequence] - base
      let own = scratch + slot * regions.floats
      let (keys, values, scores) = (
        own + regions.keys, own + regions.values, own + regions.scores
      )
      let q = qkv + row * stride + head * size
      let range = wanted.range(length)
      let o = out + (wanted == .all ? row : sequence) * width + head * size
      ckernels_pack_rows(length, size, q + width, stride, keys)
      ckernels_pack_columns(size, length, q + 2 * width, stride, values)
      var first = range.lowerBound
      while first < range.upperBound {
        let queries = min(MultiHeadAttention.queryBlock, range.upperBound - first)
        ckernels_gemm(
          queries, size, q + first * stride, stride, keys, 0, ckernels_panels(length), length,
          scores, length)
        ckernels_softmax(queries, length, scale, scores, length, causal ? first : -1)
        ckernels_gemm(
          queries, length, scores, length, values, 0, ckernels_panels(size), size,
          o + (first - range.lowerBound) * width, width)
        first += queries
      }
    }
  }
}
