import CKernels

/// Where each sequence of a batch begins: sequence i has rows offsets[i] ..< offsets[i + 1], which may
/// go on from rows of earlier sequences.
public struct Sequences {
  public let offsets: UnsafePointer<Int>
  public let count: Int
  private let before: Before?

  /// What comes before a sequence's own rows: for sequence i rows[places[i] ..< places[i + 1]], each
  /// a row of an earlier sequence.
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

  /// One thread's scratch for a sequence and head: packed keys and values, scores, and keys and values
  /// brought together from rows that do not lie together.
  private struct Scratch {
    let keys, values, scores, gathered, floats: Int

    init(longest: Int, headSize: Int) {
      keys = 0
      values = keys + Workspace.rounded(ckernels_packed_count(longest, headSize))
      scores = values + Workspace.rounded(ckernels_packed_count(headSize, longest))
      gathered = scores + Workspace.rounded(min(MultiHeadAttention.queryBlock, longest) * longest)
      floats = gathered + 2 * Workspace.rounded(longest * headSize)
    }
  }

  /// Floats of scratch for sequences of up to `longest` rows, those before their own included, on `threads` threads.
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
      let past = sequences.past(sequence)
      let length = past.count + sequences.length(sequence)
      let row = sequences.offsets[sequence] - base
      let own = scratch + slot * regions.floats
      let (keys, values, scores) = (
        own + regions.keys, own + regions.values, own + regions.scores
      )
      let q = qkv + row * stride + head * size
      let range = wanted.range(sequences.length(sequence))
      let o = out + (wanted == .all ? row : sequence) * width + head * size
      if past.isEmpty {
        ckernels_pack_rows(length, size, q + width, stride, keys)
        ckernels_pack_columns(size, length, q + 2 * width, stride, values)
      } else {
        let gatheredKeys = own + regions.gathered
        let gatheredValues = gatheredKeys + Workspace.rounded(longest * size)
        for i in 0..<length {
          let from = qkv + (i < past.count ? past[i] - base : row + i - past.count) * stride
          (gatheredKeys + i * size).update(from: from + width + head * size, count: size)
          (gatheredValues + i * size).update(from: from + 2 * width + head * size, count: size)
        }
        ckernels_pack_rows(length, size, gatheredKeys, size, keys)
        ckernels_pack_columns(size, length, gatheredValues, size, values)
      }
      var first = range.lowerBound
      while first < range.upperBound {
        let queries = min(MultiHeadAttention.queryBlock, range.upperBound - first)
        ckernels_gemm(
          queries, size, q + first * stride, stride, keys, 0, ckernels_panels(length), length,
          scores, length)
        ckernels_softmax(
          queries, length, scale, scores, length, causal ? past.count + first : -1)
        ckernels_gemm(
          queries, length, scores, length, values, 0, ckernels_panels(size), size,
          o + (first - range.lowerBound) * width, width)
        first += queries
      }
    }
  }
}
