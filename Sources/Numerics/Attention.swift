import System
import CKernels
import Glibc

/// Where each sequence of a batch begins: sequence i has rows offsets[i] ..< offsets[i + 1], which may
/// go on from rows of earlier sequences.
public struct Sequences {
  public let offsets: UnsafePointer<Int>
  public let count: Int
  private let before: Before?

  /// What comes before a sequence's own rows: for sequence i rows[places[i] ..< places[i + 1]], each
  /// a row of another sequence, or -1 for a row whose key and value are zero.
  public struct Before {
    let rows: UnsafePointer<Int>
    let places: UnsafePointer<Int>

    public init(rows: UnsafePointer<Int>, places: UnsafePointer<Int>) {
      self.rows = rows
      self.places = places
    }
  }

  public init(offsets: UnsafePointer<Int>, count: Int, before: Before? = nil) {
    self.offsets = offsets
    self.count = count
    self.before = before
  }

  public var rows: Int { offsets[count] - offsets[0] }
  /// Of its own rows.
  public func length(_ index: Int) -> Int { offsets[index + 1] - offsets[index] }

  /// The rows before its own.
  func past(_ index: Int) -> UnsafeBufferPointer<Int> {
    guard let before else { return UnsafeBufferPointer(start: nil, count: 0) }
    let place = before.places[index]
    return UnsafeBufferPointer(start: before.rows + place, count: before.places[index + 1] - place)
  }

  /// Sequences first ..< first + count.
  public func slice(_ first: Int, _ count: Int) -> Sequences {
    Sequences(
      offsets: offsets + first, count: count,
      before: before.map { Before(rows: $0.rows, places: $0.places + first) })
  }
}

extension Workspace {
  /// Floats that `takeIntegers` uses up.
  public static func integers(_ count: Int) -> Int { rounded(2 * count) }

  public func takeIntegers(_ count: Int) throws(NumericsError) -> UnsafeMutablePointer<Int> {
    UnsafeMutableRawPointer(try take(2 * count)).bindMemory(to: Int.self, capacity: count)
  }

  /// Floats that `takeOffsets` uses up.
  public static func offsets(sequences: Int) -> Int { integers(sequences + 1) }

  /// Offsets of sequences of one length.
  public func takeOffsets(
    sequences: Int, length: Int
  ) throws(NumericsError) -> UnsafeMutablePointer<Int> {
    let offsets = try takeIntegers(sequences + 1)
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

/// softmax(q · k^T / sqrt(head size)) · v per sequence and head, from rows of [q, k, v], in their precision.
public struct MultiHeadAttention: Sendable {
  public let heads: Int
  public let width: Int
  public let causal: Bool
  /// fp32 or bf16.
  public let precision: Precision

  public init(heads: Int, width: Int, causal: Bool, precision: Precision = .fp32) {
    self.heads = heads
    self.width = width
    self.causal = causal
    self.precision = precision
  }

  /// One thread's scratch for a sequence and head: packed keys and values, a tile's scores, and keys and
  /// values brought together from rows that do not lie together. In floats.
  private struct Scratch {
    let keys, values, scores, gathered, floats: Int

    init(longest: Int, headSize: Int, precision: Precision) {
      keys = 0
      values = keys + Workspace.rounded(ckernels_packed_count(precision.kernel, longest, headSize))
      scores = values + Workspace.rounded(ckernels_packed_count(precision.kernel, headSize, longest))
      gathered = scores + Workspace.rounded(ckernels_attention_scratch(precision.kernel, longest))
      floats = gathered + 2 * Workspace.rounded(longest * headSize)
    }
  }

  /// Floats of scratch for sequences of up to `longest` rows, those before their own included, on `threads` threads.
  public func scratch(longest: Int, threads: Int) -> Int {
    threads * Scratch(longest: longest, headSize: width / heads, precision: precision).floats
  }

  /// out [rows, W] from qkv [rows, 3W], both counted from the first sequence's first row. Of one
  /// wanted row for each sequence, out is [sequences, W], and so are the queries, which are then not looked
  /// for in qkv.
  public func apply(
    _ sequences: Sequences, qkv: Operand, queries: Operand? = nil, to out: Operand,
    wanted: WantedRows = .all, scratch: UnsafeMutablePointer<Float>, longest: Int, pool: ThreadPool
  ) {
    let size = width / heads
    let bytes = 4 / precision.together
    let stride = qkv.numberStride
    let base = sequences.offsets[0]
    let regions = Scratch(longest: longest, headSize: size, precision: precision)
    pool.run(count: sequences.count * heads) { index, slot in
      let (sequence, head) = (index / heads, index % heads)
      let past = sequences.past(sequence)
      let length = past.count + sequences.length(sequence)
      let row = sequences.offsets[sequence] - base
      let own = scratch + slot * regions.floats
      let (keys, values) = (own + regions.keys, own + regions.values)
      let range = wanted.range(sequences.length(sequence))
      let q = qkv.base + (row * stride + head * size) * bytes
      if past.isEmpty {
        ckernels_pack_keys(precision.kernel, length, size, q + width * bytes, stride, keys)
        ckernels_pack_values(precision.kernel, size, length, q + 2 * width * bytes, stride, values)
      } else {
        let gatheredKeys = UnsafeMutableRawPointer(own + regions.gathered)
        let gatheredValues = gatheredKeys + Workspace.rounded(longest * size) * 4
        for i in 0..<length {
          if i < past.count, past[i] < 0 {
            memset(gatheredKeys + i * size * bytes, 0, size * bytes)
            memset(gatheredValues + i * size * bytes, 0, size * bytes)
            continue
          }
          let from =
            qkv.base + ((i < past.count ? past[i] - base : row + i - past.count) * stride + head * size)
            * bytes
          (gatheredKeys + i * size * bytes).copyMemory(from: from + width * bytes, byteCount: size * bytes)
          (gatheredValues + i * size * bytes).copyMemory(
            from: from + 2 * width * bytes, byteCount: size * bytes)
        }
        ckernels_pack_keys(precision.kernel, length, size, gatheredKeys, size, keys)
        ckernels_pack_values(precision.kernel, size, length, gatheredValues, size, values)
      }
      var attention = ckernels_attention(
        precision: precision.kernel, keys: length, size: size, scale: 1 / Float(size).squareRoot(),
        packed_keys: keys, packed_values: values, scratch: own + regions.scores)
      let query =
        if let queries { queries.base + (sequence * queries.numberStride + head * size) * bytes } else {
          q + range.lowerBound * stride * bytes
        }
      ckernels_attend(
        &attention, range.count, query, queries?.numberStride ?? stride,
        causal ? past.count + range.lowerBound : -1,
        out.base + ((wanted == .all ? row : sequence) * out.numberStride + head * size) * bytes,
        out.numberStride)
    }
  }
}
