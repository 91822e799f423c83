import System
import CKernels

/// A linear layer, y = x · weight^T + bias: the one interface to products with weights. A row's result depends on that
/// row alone.
public struct Linear: Sendable {
  public let inputs: Int
  public let outputs: Int
  public let precision: Precision
  public let kernels: Kernels
  /// Whether the weight is rotated (CKernels.h), and expects its operand so.
  public let isRotated: Bool
  /// Whether `quantised` gives the numbers of a rotated weight.
  public let isRotatedInInt8: Bool
  public let bias: FloatBuffer?  // [outputs]
  let packed: FloatBuffer

  /// Packs `weight` [outputs, inputs], which is not needed afterwards. `gains` [inputs] are those of the LayerNorm that
  /// writes the layer's input, if one does.
  public init(
    weight: UnsafePointer<Float>, bias: FloatBuffer?, inputs: Int, outputs: Int, precision: Precision = .fp32,
    gains: FloatBuffer? = nil, kernels: Kernels, pool: ThreadPool? = nil
  ) throws(Failure) {
    try self.init(
      weight: weight, bias: bias, inputs: inputs, outputs: outputs, precision: precision,
      isRotatedInInt8: Linear.rotates(weight, outputs: outputs, inputs: inputs, gains), kernels: kernels,
      pool: pool)
  }

  /// Packs `weight` where it is decided already whether int8 rotates it.
  private init(
    weight: UnsafePointer<Float>, bias: FloatBuffer?, inputs: Int, outputs: Int, precision: Precision,
    isRotatedInInt8: Bool, kernels: Kernels, pool: ThreadPool? = nil
  ) throws(Failure) {
    self.inputs = inputs
    self.outputs = outputs
    self.bias = bias
    self.precision = precision
    self.kernels = kernels
    self.isRotatedInInt8 = isRotatedInInt8
    let isRotated = precision == .int8 && isRotatedInInt8
    self.isRotated = isRotated
    packed = try FloatBuffer(count: ckernels_packed_count(precision.kernel, outputs, inputs))
    let packed = packed
    Linear.forEachShare(outputs, pool) { first, count in
      let rows = weight + first * inputs
      if isRotated {
        ckernels_pack_rotated(outputs, inputs, first, count, rows, inputs, packed.base)
      } else {
        ckernels_pack_part(precision.kernel, outputs, inputs, first, count, rows, inputs, packed.base)
      }
    }
  }

  /// Whether int8 rotates a weight [outputs, inputs]: where its rows, or the gains, have larger peaks than equally
  /// distributed numbers, as trained ones have. Rotation makes any numbers nearly normal, which has larger peaks.
  private static func rotates(
    _ weight: UnsafePointer<Float>, outputs: Int, inputs: Int, _ gains: FloatBuffer?
  ) -> Bool {
    guard ckernels_rotation_points(inputs) > 1 else { return false }
    if let gains, peak(gains.pointer, inputs) > highestFlatPeak { return true }
    let sample = min(outputs, 64)
    let peaks = (0..<sample).reduce(0) { $0 + peak(weight + $1 * outputs / sample * inputs, inputs) }
    return peaks > highestFlatPeak * Double(sample)
  }

  /// Peaks of equally distributed numbers are 1.73, those of 64 normally distributed ones 2.4, of more of them higher.
  private static let highestFlatPeak = 2.2

  /// The largest magnitude over the root of the mean square.
  private static func peak(_ numbers: UnsafePointer<Float>, _ count: Int) -> Double {
    var (largest, squares): (Float, Double) = (0, 0)
    for i in 0..<count {
      largest = max(largest, abs(numbers[i]))
      squares += Double(numbers[i]) * Double(numbers[i])
    }
    return squares > 0 ? Double(largest) / (squares / Double(count)).squareRoot() : 0
  }

  /// Makes rows of a rotated weight [outputs, inputs] those of the weight itself.
  public static func turnBack(_ rows: UnsafeMutablePointer<Float>, outputs: Int, inputs: Int) {
    for output in 0..<outputs { ckernels_rotate(inputs, rows + output * inputs) }
  }

  /// Calls `body(first, count)` for runs of outputs that fill whole panels.
  static func forEachShare(
    _ outputs: Int, _ pool: ThreadPool?, _ body: (_ first: Int, _ count: Int) -> Void
  ) {
    let share = 4 * Int(CKERNELS_PANEL)
    let shares = (outputs + share - 1) / share
    func one(_ index: Int) { body(index * share, min(share, outputs - index * share)) }
    if let pool { pool.run(count: shares) { index, _ in one(index) } } else { for i in 0..<shares { one(i) } }
  }

  /// Packs int8 numbers [outputs, inputs] with a scale for each output, which are not needed afterwards. `isRotated` says
  /// whether they are a rotated weight's.
  public init(
    quantised: UnsafePointer<Int8>, scales: FloatBuffer, isRotated: Bool, bias: FloatBuffer?, inputs: Int,
    outputs: Int, kernels: Kernels, pool: ThreadPool? = nil
  ) throws(Failure) {
    self.inputs = inputs
    self.outputs = outputs
    self.bias = bias
    precision = .int8
    self.kernels = kernels
    self.isRotated = isRotated && ckernels_rotation_points(inputs) > 1
    isRotatedInInt8 = self.isRotated
    packed = try FloatBuffer(count: ckernels_packed_count(CKERNELS_INT8, outputs, inputs))
    let packed = packed
    withExtendedLifetime(scales) {
      Linear.forEachShare(outputs, pool) { first, count in
        ckernels_pack_quantised(
          outputs, inputs, first, count, quantised + first * inputs, scales.base + first, packed.base)
      }
    }
  }

  /// A layer whose weight is all zeros. In fp32 and bf16 `repack` can fill it.
  public init(
    inputs: Int, outputs: Int, bias: FloatBuffer? = nil, precision: Precision = .fp32, kernels: Kernels
  ) throws(Failure) {
    self.inputs = inputs
    self.outputs = outputs
    self.bias = bias
    self.precision = precision
    self.kernels = kernels
    (isRotated, isRotatedInInt8) = (false, false)
    packed = try FloatBuffer(count: ckernels_packed_count(precision.kernel, outputs, inputs))
  }

  private init(_ other: Linear, _ kernels: Kernels) {
    (inputs, outputs, bias, packed) = (other.inputs, other.outputs, other.bias, other.packed)
    (precision, isRotated, isRotatedInInt8) = (other.precision, other.isRotated, other.isRotatedInInt8)
    self.kernels = kernels
  }

  /// The layer over the same memory, computed with other kernels.
  public func with(_ kernels: Kernels) -> Linear { Linear(self, kernels) }

  /// The precision of the rows that the layer is applied to.
  public var inputPrecision: Precision { kernels.inputPrecision(precision) }

  /// Bytes of weight storage.
  public var bytes: Int { 4 * packed.count }

  /// Bytes of weight storage of a layer of these sizes.
  public static func bytes(inputs: Int, outputs: Int, _ precision: Precision) -> Int {
    4 * ckernels_packed_count(precision.kernel, outputs, inputs)
  }

  /// The weight [outputs, inputs] as it was rounded, in memory of its own; in fp32 bit for bit as it was given.
  public func weight() throws(Failure) -> FloatBuffer {
    let weight = try FloatBuffer(count: outputs * inputs)
    withExtendedLifetime(packed) {
      ckernels_unpack(precision.kernel, outputs, inputs, packed.base, weight.base)
    }
    if isRotated { Linear.turnBack(weight.base, outputs: outputs, inputs: inputs) }
    return weight
  }

  /// The weight in int8: numbers [outputs, inputs], and a scale for each output.
  public func quantised() throws(Failure) -> (numbers: FloatBuffer, scales: FloatBuffer) {
    guard precision == .int8 else {
      let weight = try weight()
      return try withExtendedLifetime(weight) { () throws(Failure) in
        try Linear(
          weight: weight.base, bias: nil, inputs: inputs, outputs: outputs, precision: .int8,
          isRotatedInInt8: isRotatedInInt8, kernels: kernels
        ).quantised()
      }
    }
    let count = outputs * inputs
    let (numbers, scales) = (try FloatBuffer(count: count), try FloatBuffer(count: outputs))
    // The bytes go to the end of the memory, and are widened from its beginning.
    let bytes = UnsafeMutableRawPointer(numbers.base).advanced(by: 3 * count).assumingMemoryBound(
      to: Int8.self)
    withExtendedLifetime(packed) {
      ckernels_unpack_quantised(outputs, inputs, packed.base, bytes, scales.base)
    }
    for i in 0..<count { numbers.base[i] = Float(bytes[i]) }
    return (numbers, scales)
  }

  /// Writes activation(x [rows, inputs] · weight^T + bias) to y [rows, outputs], which is fp32 or bf16. Columns outside
  /// of `columns`, whole panels of 16, are not touched.
  public func apply(
    rows: Int, _ x: Operand, to y: Operand, columns: Range<Int>? = nil, activation: Activation = .identity,
    pool: ThreadPool
  ) {
    multiply(
      rows: rows, x, y.base, y.numberStride, y.precision == .fp32 ? CKERNELS_STORE_FP32 : CKERNELS_STORE_BF16,
      columns ?? 0..<outputs, activation, pool)
  }

  /// Writes activation(x · weight^T + bias) to y, both fp32, for layers of that precision.
  public func apply(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int,
    to y: UnsafeMutablePointer<Float>, stride yStride: Int,
    activation: Activation = .identity, pool: ThreadPool
  ) {
    apply(
      rows: rows, Operand(x, stride: xStride), to: Operand(y, stride: yStride), activation: activation,
      pool: pool)
  }

  /// Adds x [rows, inputs] · weight^T + bias to residual [rows, outputs].
  public func add(
    rows: Int, _ x: Operand, to residual: UnsafeMutablePointer<Float>, stride: Int, pool: ThreadPool
  ) {
    multiply(
      rows: rows, x, UnsafeMutableRawPointer(residual), stride, CKERNELS_ADD_FP32, 0..<outputs, .identity,
      pool)
  }

  private func multiply(
    rows: Int, _ x: Operand, _ y: UnsafeMutableRawPointer, _ yStride: Int, _ store: ckernels_store,
    _ columns: Range<Int>, _ activation: Activation, _ pool: ThreadPool
  ) {
    let size = store == CKERNELS_STORE_BF16 ? 2 : 4
    forEachBlock(rows: rows, columns, pool: pool) { block in
      var operand = x.from(block.row).kernel
      var result = ckernels_result(
        bias: bias.map { UnsafePointer($0.base) }, activation: activation.kernel, store: store,
        y: y + block.row * yStride * size, stride: yStride)
      ckernels_gemm(
        kernels.choice, precision.kernel, block.rows, inputs, &operand, packed.base, block.panel,
        block.panels, outputs, &result)
    }
  }

  /// A part of a product that one thread computes: rows, and whole panels of columns.
  struct Block {
    var row, rows, panel, panels: Int
  }

  /// The fewest rows of a piece, where rows alone are cut.
  private static let rowsPerPiece = 192

  /// The fewest rows that products share evenly among so many threads, by rows alone.
  public static func evenRows(threads: Int) -> Int { 2 * threads * rowsPerPiece }

  /// Cuts a product into two pieces for each thread, by rows where there are many, else by columns too. Pieces differ
  /// by no more than a tile or a pair of panels, since threads wait for the last one; more of them would read the
  /// weights more often.
  private func forEachBlock(
    rows: Int, _ columns: Range<Int>, pool: ThreadPool, _ body: (Block) -> Void
  ) {
    guard rows > 0 else { return }
    let firstPanel = columns.lowerBound / Int(CKERNELS_PANEL)
    let panels = ckernels_panels(columns.upperBound) - firstPanel
    let wanted = 2 * pool.threads
    let tile = ckernels_tile_rows(kernels.choice, precision.kernel)
    let (tiles, pairs) = ((rows + tile - 1) / tile, (panels + 1) / 2)
    let rowBlocks = max(1, min(wanted, rows / Linear.rowsPerPiece))
    let columnBlocks = pool.threads == 1 ? 1 : max(1, min(wanted / rowBlocks, pairs / 2))
    pool.run(count: rowBlocks * columnBlocks) { index, _ in
      let (i, j) = (index / columnBlocks, index % columnBlocks)
      let row = tiles * i / rowBlocks * tile
      let panel = pairs * j / columnBlocks * 2
      body(
        Block(
          row: row, rows: min(tiles * (i + 1) / rowBlocks * tile, rows) - row,
          panel: firstPanel + panel, panels: min(pairs * (j + 1) / columnBlocks * 2, panels) - panel))
    }
  }
}
