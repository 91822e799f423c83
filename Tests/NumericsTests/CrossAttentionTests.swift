import Glibc
import Numerics
import System
import Testing

/// Queries that attend to keys and values of another sequence.
struct CrossAttentionTests {
  /// Against its definition in Double, of one of several sets of keys, with more queries than a thread takes at once. A
  /// query alone has the bits that it has among others.
  @Test(arguments: [(1, 1), (5, 4), (130, 49), (64, 196)])
  func attention(rows: Int, count: Int) throws {
    let (heads, width) = (3, 96)
    var numbers = Numbers(seed: 9)
    let (queries, keys) = (try numbers.buffer(rows * width), try numbers.buffer(2 * count * width))
    let values = try numbers.buffer(2 * count * width)
    let (out, one) = (try FloatBuffer(count: rows * width), try FloatBuffer(count: width))
    let attention = CrossAttention(heads: heads, width: width, precision: .fp32, kernels: kernels)
    let pool = ThreadPool(threads: 2)
    let rowsOf = { (buffer: FloatBuffer, first: Int) in Operand(buffer.base + first * width, stride: width) }
    try withRegions { (workspace) throws(Failure) in
      (
        try attention.memory(workspace, sets: 2, count: count),
        try attention.scratch(workspace, count: count, threads: 2)
      )
    } _: { (memory, scratch) in
      for set in 0..<2 {
        attention.pack(
          keys: rowsOf(keys, set * count), values: rowsOf(values, set * count), count: count, into: memory,
          set: set, pool: pool)
      }
      attention.apply(
        queries: rowsOf(queries, 0), rows: rows, count: count, memory, set: 1, to: rowsOf(out, 0), scratch,
        pool: pool)
      attention.apply(
        queries: rowsOf(queries, rows - 1), rows: 1, count: count, memory, set: 1, to: rowsOf(one, 0),
        scratch,
        pool: pool)
    }
    #expect(
      bits(array(out.pointer + (rows - 1) * width, width)) == bits(array(one.pointer, width)))
    let size = width / heads
    for (row, i) in [(0, 0), (rows / 2, size + 3), (rows - 1, width - 1)] {
      let first = i / size * size
      let weights = (0..<count).map { key -> Double in
        let sum = (first..<first + size).reduce(0.0) {
          $0 + Double(queries.base[row * width + $1]) * Double(keys.base[(count + key) * width + $1])
        }
        return exp(sum / Double(size).squareRoot())
      }
      let expected = (0..<count).reduce(0.0) {
        $0 + weights[$1] * Double(values.base[(count + $1) * width + i])
      }
      let found = Double(out.base[row * width + i])
      #expect(abs(found - expected / weights.reduce(0, +)) < 1e-5, "row \(row), number \(i)")
    }
  }
}
