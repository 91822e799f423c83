import CKernels

/// Rows that are looked up, in fp32 or rounded to bf16.
public struct EmbeddingTable: Sendable {
  public let rows: Int
  public let width: Int
  public let precision: Precision
  private let memory: FloatBuffer  // [rows, W], two numbers a float in bf16

  public init(
    _ values: UnsafePointer<Float>, rows: Int, width: Int, precision: Precision
  ) throws(NumericsError) {
    self.rows = rows
    self.width = width
    self.precision = precision.between
    guard precision != .fp32 else {
      memory = try FloatBuffer(count: rows * width)
      memory.base.update(from: values, count: rows * width)
      return
    }
    let lines = (width + 1) / 2
    memory = try FloatBuffer(count: rows * lines)
    var target = ckernels_target(
      precision: CKERNELS_BF16, rows: memory.base, stride: lines, scale: nil, zero: nil)
    ckernels_convert(rows, width, values, width, &target)
  }

  public var bytes: Int { 4 * memory.count }

  /// Row `row` as fp32 to [W].
  public func write(_ row: Int, to out: UnsafeMutablePointer<Float>) {
    guard precision == .bf16 else {
      out.update(from: memory.base + row * width, count: width)
      return
    }
    let halves = UnsafeRawPointer(memory.base + row * ((width + 1) / 2)).assumingMemoryBound(to: UInt16.self)
    for i in 0..<width { out[i] = Float(bitPattern: UInt32(halves[i]) << 16) }
  }

  /// All rows as fp32 [rows, W]; in fp32 the memory itself.
  public func values() throws(NumericsError) -> FloatBuffer {
    guard precision == .bf16 else { return memory }
    let values = try FloatBuffer(count: rows * width)
    for row in 0..<rows { write(row, to: values.base + row * width) }
    return values
  }
}
