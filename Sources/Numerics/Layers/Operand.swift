import System
import CKernels

/// The A operand of a product: rows of activations in the kernels' form. It is a view of memory that another owns.
public struct Operand: @unchecked Sendable {
  public let precision: Precision
  let base: UnsafeMutableRawPointer
  /// Dwords from one row to the next.
  let stride: Int
  /// A scale and a zero for each row of int8, whose numbers stand for scale · (number - zero); nil in other precisions.
  let scales: UnsafeMutablePointer<Float>?
  let zeros: UnsafeMutablePointer<Float>?
  /// Whether rows that are written are rotated, as a rotated weight needs them.
  let isRotated: Bool

  private init(
    _ precision: Precision, _ base: UnsafeMutableRawPointer, stride: Int,
    _ scales: UnsafeMutablePointer<Float>?, _ zeros: UnsafeMutablePointer<Float>?, isRotated: Bool = false
  ) {
    self.precision = precision
    self.base = base
    self.stride = stride
    self.scales = scales
    self.zeros = zeros
    self.isRotated = isRotated
  }

  /// A view of fp32 rows, `stride` floats apart.
  public init(_ rows: UnsafePointer<Float>, stride: Int) {
    self.init(.fp32, UnsafeMutableRawPointer(mutating: rows), stride: stride, nil, nil)
  }

  /// Takes memory for `rows` rows of `width` numbers from the workspace.
  public init(
    _ workspace: Workspace, _ precision: Precision, rows: Int, width: Int
  ) throws(Failure) {
    let stride = Operand.stride(precision, width)
    self.init(
      precision, UnsafeMutableRawPointer(try workspace.take(rows * stride)), stride: stride,
      precision == .int8 ? try workspace.take(rows) : nil,
      precision == .int8 ? try workspace.take(rows) : nil)
  }

  /// A view of fp32 or bf16 rows of `width` numbers, a multiple of 16, without gaps between them.
  public init(gapless memory: UnsafeMutablePointer<Float>, _ precision: Precision, width: Int) {
    self.init(
      precision, UnsafeMutableRawPointer(memory), stride: width / precision.elementsPerDword, nil, nil)
  }

  /// Floats of memory for such rows, in whole cache lines.
  public static func gaplessFloats(_ precision: Precision, rows: Int, width: Int) -> Int {
    Workspace.rounded(rows * (width / precision.elementsPerDword))
  }

  /// These rows, without gaps between them, each `count` of them as one.
  public func joined(_ count: Int) -> Operand { Operand(precision, base, stride: count * stride, nil, nil) }

  private static func stride(_ precision: Precision, _ width: Int) -> Int {
    ckernels_operand_stride(precision.kernel, width)
  }

  /// The rows from `row` on.
  public func from(_ row: Int) -> Operand {
    Operand(
      precision, base + row * stride * 4, stride: stride, scales.map { $0 + row }, zeros.map { $0 + row },
      isRotated: isRotated)
  }

  /// This memory as rows of another width.
  public func reshaped(width: Int) -> Operand {
    Operand(precision, base, stride: Operand.stride(precision, width), scales, zeros)
  }

  /// This memory, in the layer's precision, as rows of its inputs.
  public func input(of layer: Linear) -> Operand {
    Operand(
      precision, base, stride: Operand.stride(precision, layer.inputs), scales, zeros,
      isRotated: layer.isRotated)
  }

  /// Row `row` of numbers in fp32 or bf16.
  func stored(_ row: Int, width: Int) -> StoredRow {
    StoredRow(base: base + row * stride * 4, precision: precision, width: width)
  }

  /// Elements from one row to the next.
  var numberStride: Int { stride * precision.elementsPerDword }

  var kernel: ckernels_operand {
    ckernels_operand(rows: base, stride: stride, scale: scales, zero: zeros)
  }
  var target: ckernels_target {
    ckernels_target(
      precision: precision.kernel, rows: base, stride: stride, scale: scales, zero: zeros,
      rotated: isRotated ? 1 : 0)
  }

  /// Copies row `row` of another operand of the same precision and width to row `target`.
  public func set(_ target: Int, to other: Operand, row: Int) {
    (base + target * stride * 4).copyMemory(from: other.base + row * other.stride * 4, byteCount: stride * 4)
    if let scales, let zeros, let from = other.scales, let fromZeros = other.zeros {
      scales[target] = from[row]
      zeros[target] = fromZeros[row]
    }
  }

  /// Writes fp32 rows of `width` numbers, rounded to the operand's precision.
  public func fill(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, width: Int, kernels: Kernels, pool: ThreadPool
  ) {
    pool.runRows(rows) { first, count in
      var target = from(first).target
      ckernels_convert(kernels.choice, count, width, x + first * xStride, xStride, &target)
    }
  }

  /// Writes fp32 or bf16 rows, rounded to int8.
  public func quantise(rows: Int, _ x: Operand, width: Int, kernels: Kernels, pool: ThreadPool) {
    guard x.precision == .bf16 else {
      let rowsOfX = UnsafePointer(x.base.assumingMemoryBound(to: Float.self))
      return fill(rows: rows, rowsOfX, stride: x.stride, width: width, kernels: kernels, pool: pool)
    }
    pool.runRows(rows) { first, count in
      var target = from(first).target
      let source = x.from(first)
      ckernels_quantise(
        kernels.choice, count, width, source.base.assumingMemoryBound(to: UInt16.self), source.numberStride,
        &target)
    }
  }
}

extension ThreadPool {
  /// Calls `body(first, count)` for blocks of rows, each large enough for a thread.
  func runRows(_ rows: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
    let block = 48
    run(count: (rows + block - 1) / block) { index, _ in
      body(index * block, min(block, rows - index * block))
    }
  }
}
