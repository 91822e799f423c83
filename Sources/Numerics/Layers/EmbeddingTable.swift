import System
import CKernels

/// A table of embeddings, one row each, in fp32 or rounded to bf16.
public struct EmbeddingTable: Sendable {
  public let rows: Int
  public let width: Int
  public let precision: Precision
  private let memory: FloatBuffer  // [rows, W], two numbers a float in bf16

  /// A table of zeros in fp32 or bf16, to be filled before it is used.
  public init(rows: Int, width: Int, precision: Precision) throws(Failure) {
    self.rows = rows
    self.width = width
    self.precision = precision
    memory = try FloatBuffer(count: precision == .fp32 ? rows * width : (rows * width + 1) / 2)
  }

  /// All numbers [rows, W] of a table in fp32.
  public var floats: UnsafeMutableBufferPointer<Float> { memory.buffer }
  /// The bytes of all numbers of a table in bf16.
  public var halves: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(start: memory.base, count: 2 * rows * width)
  }

  /// Rounds fp32 numbers [rows, W] into a table in bf16.
  public func fill(_ values: UnsafePointer<Float>, kernels: Kernels, pool: ThreadPool) {
    // Even numbers of them, so that no two shares meet in four bytes.
    let (count, share) = (rows * width, 1 << 18)
    pool.run(count: (count + share - 1) / share) { index, _ in
      let first = index * share
      var target = ckernels_target(
        precision: CKERNELS_BF16, rows: memory.base + first / 2, stride: 0, scale: nil, zero: nil, rotated: 0)
      ckernels_convert(kernels.choice, 1, min(share, count - first), values + first, 0, &target)
    }
  }

  /// Whether a table in bf16 holds no NaN and no infinity.
  public var halvesAreFinite: Bool {
    halves.bindMemory(to: UInt16.self).allSatisfy { $0 & 0x7F80 != 0x7F80 }
  }

  /// Bytes of storage.
  public var bytes: Int { 4 * memory.count }

  /// Writes row `row` as fp32 to out [W].
  public func write(_ row: Int, to out: UnsafeMutablePointer<Float>) {
    let base = UnsafeRawPointer(memory.base) + row * width * 4 / precision.elementsPerDword
    StoredRow(base: base, precision: precision, width: width).write(to: out)
  }

  /// All rows as fp32 [rows, W]; of a table in fp32 its own memory.
  public func values() throws(Failure) -> FloatBuffer {
    guard precision == .bf16 else { return memory }
    let values = try FloatBuffer(count: rows * width)
    for row in 0..<rows { write(row, to: values.base + row * width) }
    return values
  }
}
