import System
import Numerics

/// A small deterministic generator: the same numbers on every run and machine.
struct Numbers {
  var state: UInt64
  init(seed: UInt64) { state = seed &* 2_862_933_555_777_941_757 &+ 3_037_000_493 }

  /// Uniform in -1 ... 1.
  mutating func next() -> Float {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Float(Int32(truncatingIfNeeded: state >> 32)) / Float(1 << 31)
  }

  mutating func buffer(_ count: Int) throws -> FloatBuffer {
    let buffer = try FloatBuffer(count: count)
    for i in 0..<count { buffer.base[i] = next() }
    return buffer
  }
}

/// The kernels that layers compute with here, in each precision.
let kernels = Kernels(for: .int8)

func array(_ pointer: UnsafePointer<Float>, _ count: Int) -> [Float] {
  Array(UnsafeBufferPointer(start: pointer, count: count))
}

/// All numbers of a buffer, which may be a temporary.
func array(_ buffer: FloatBuffer) -> [Float] {
  withExtendedLifetime(buffer) { array(buffer.pointer, buffer.count) }
}

func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

/// Runs `body` with the regions that `layout` takes from a new workspace.
func withRegions<Regions>(
  _ layout: (Workspace) throws(Failure) -> Regions, _ body: (Regions) -> Void
) throws {
  try WorkspacePool().with(layout) { (regions) throws(Failure) in body(regions) }
}

extension Numbers {
  /// A matrix of numbers in -1 ... 1.
  mutating func matrix(_ rows: Int, _ columns: Int) throws -> DenseMatrix {
    let matrix = try DenseMatrix(rows: rows, columns: columns)
    for row in 0..<rows { for column in 0..<columns { matrix[row, column] = Double(next()) } }
    return matrix
  }
}

/// The numbers of a view, row after row.
func array(_ view: MatrixView) -> [Double] {
  (0..<view.rows).flatMap { row in (0..<view.columns).map { view[row, $0] } }
}

func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }

/// The largest difference between two arrays of one length.
func distance(_ a: [Double], _ b: [Double]) -> Double {
  zip(a, b).reduce(a.count == b.count ? 0 : .infinity) { max($0, abs($1.0 - $1.1)) }
}
