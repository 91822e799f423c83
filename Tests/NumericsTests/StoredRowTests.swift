import Numerics
import System
import Testing

/// Rows that are stored in bf16 come back as the numbers that they were rounded to.
struct StoredRowTests {
  /// The nearest bf16, ties to even.
  private func rounded(_ value: Float) -> Float {
    let bits = value.bitPattern
    return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
  }

  /// A table's rows by themselves and together, where rows of bf16 begin in the middle of four bytes too.
  @Test(arguments: [Precision.fp32, .bf16], [1, 7, 64]) func aTableGivesItsRows(
    precision: Precision, width: Int
  ) throws {
    let rows = 5
    var numbers = Numbers(seed: 11)
    let given = try numbers.buffer(rows * width)
    let table = try EmbeddingTable(rows: rows, width: width, precision: precision)
    if precision == .fp32 {
      _ = table.floats.update(fromContentsOf: given.buffer)
    } else {
      table.fill(given.pointer, kernels: kernels, pool: ThreadPool(threads: 2))
    }
    let expected = array(given).map { precision == .fp32 ? $0 : rounded($0) }
    let row = try FloatBuffer(count: width)
    for index in 0..<rows {
      table.write(index, to: row.base)
      #expect(bits(array(row)) == bits(Array(expected[index * width..<(index + 1) * width])))
    }
    #expect(bits(array(try table.values())) == bits(expected))
  }

  /// Normalising rows of bf16, or their products, gives the bits of normalising the same numbers in fp32.
  @Test(arguments: [true, false], [8, 24, 40]) func bf16IsNormalisedAsItsNumbers(
    multiplies: Bool, width: Int
  ) throws {
    let rows = 19
    var numbers = Numbers(seed: 12)
    let (x, other) = (try numbers.buffer(rows * width), try numbers.buffer(rows * width))
    for i in 0..<rows * width { (x.base[i], other.base[i]) = (rounded(x.base[i]), rounded(other.base[i])) }
    let norm = LayerNorm(
      weight: try numbers.buffer(width), bias: try numbers.buffer(width), epsilon: 1e-6, kernels: kernels)
    let (plain, halves) = (try FloatBuffer(count: rows * width), try FloatBuffer(count: rows * width))
    let pool = ThreadPool(threads: 2)
    try withRegions { (workspace) throws(Failure) in
      (
        try RowScratch(workspace, width: width, threads: 2),
        try Operand(workspace, .bf16, rows: rows, width: width),
        try Operand(workspace, .bf16, rows: rows, width: width)
      )
    } _: { scratch, xHalves, otherHalves in
      xHalves.fill(rows: rows, x.pointer, stride: width, width: width, kernels: kernels, pool: pool)
      otherHalves.fill(rows: rows, other.pointer, stride: width, width: width, kernels: kernels, pool: pool)
      func apply(_ x: Operand, _ other: Operand, to out: FloatBuffer) {
        norm.apply(
          rows: rows, x, times: multiplies ? other : nil, to: Operand(out.pointer, stride: width), scratch,
          pool: pool)
      }
      apply(Operand(x.pointer, stride: width), Operand(other.pointer, stride: width), to: plain)
      apply(xHalves, otherHalves, to: halves)
    }
    withExtendedLifetime((x, other)) {}
    #expect(bits(array(halves)) == bits(array(plain)))
    #expect(array(plain).contains { $0 != 0 })
  }
}
