import System
import CKernels

/// Rows in the form in which they are a product's first factor: a view of somebody's memory.
public struct Operand: @unchecked Sendable {
  public let precision: Precision
  let base: UnsafeMutableRawPointer
  /// In units of four bytes.
  let stride: Int
  /// int8 only: what a row's numbers stand for is scale · (number - zero).
  let scales: UnsafeMutablePointer<Float>?
  let zeros: UnsafeMutablePointer<Float>?

  private init(
    _ precision: Precision, _ base: UnsafeMutableRawPointer, stride: Int,
    _ scales: UnsafeMutablePointer<Float>?, _ zeros: UnsafeMutablePointer<Float>?
  ) {
    self.precision = precision
    self.base = base
    self.stride = stride
    self.scales = scales
    self.zeros = zeros
  }

  /// fp32 rows that lie somewhere already.
  public init(_ rows: UnsafePointer<Float>, stride: Int) {
    self.init(.fp32, UnsafeMutableRawPointer(mutating: rows), stride: stride, nil, nil)
  }

  /// `rows` rows of `width` numbers in memory of the workspace.
  public init(
    _ workspace: Workspace, _ precision: Precision, rows: Int, width: Int
  ) throws(Failure) {
    let stride = Operand.stride(precision, width)
    self.init(
      precision, UnsafeMutableRawPointer(try workspace.take(rows * stride)), stride: stride,
      precision == .int8 ? try workspace.take(rows) : nil,
      precision == .int8 ? try workspace.take(rows) : nil)
  }

  private static func stride(_ precision: Precision, _ width: Int) -> Int {
    ckernels_operand_stride(precision.kernel, width)
  }

  /// From row `row` on.
  public func from(_ row: Int) -> Operand {
    Operand(
      precision, base + row * stride * 4, stride: stride, scales.map { $0 + row }, zeros.map { $0 + row })
  }

  /// The same memory for rows of another width.
  public func reshaped(width: Int) -> Operand {
    Operand(precision, base, stride: Operand.stride(precision, width), scales, zeros)
  }

  /// Numbers from one row to the next.
  var numberStride: Int { stride * precision.elementsPerDword }

  var kernel: ckernels_operand {
    ckernels_operand(rows: base, stride: stride, scale: scales, zero: zeros)
  }
  var target: ckernels_target {
    ckernels_target(precision: precision.kernel, rows: base, stride: stride, scale: scales, zero: zeros)
  }

  /// Row `row` of another operand of the same precision and width as row `place`.
  public func set(_ place: Int, to other: Operand, row: Int) {
    (base + place * stride * 4).copyMemory(from: other.base + row * other.stride * 4, byteCount: stride * 4)
    if let scales, let zeros, let from = other.scales, let fromZeros = other.zeros {
      scales[place] = from[row]
      zeros[place] = fromZeros[row]
    }
  }

  /// Rows of `width` fp32 numbers, rounded as the precision has it.
  public func fill(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, width: Int, pool: ThreadPool
  ) {
    pool.runRows(rows) { first, count in
      var target = from(first).target
      ckernels_convert(count, width, x + first * xStride, xStride, &target)
    }
  }

  /// int8 rows from bf16 ones.
  public func quantise(rows: Int, _ x: Operand, width: Int, pool: ThreadPool) {
    pool.runRows(rows) { first, count in
      var target = from(first).target
      let source = x.from(first)
      ckernels_quantise(
        count, width, source.base.assumingMemoryBound(to: UInt16.self), source.numberStride, &target)
    }
  }
}

extension ThreadPool {
  /// `body(first, count)` for blocks of rows that are worth a thread's while.
  func runRows(_ rows: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    let block = 48
    run(count: (rows + block - 1) / block) { index, _ in
      body(index * block, min(block, rows - index * block))
    }
  }
}
