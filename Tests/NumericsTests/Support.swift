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

func array(_ pointer: UnsafePointer<Float>, _ count: Int) -> [Float] {
  Array(UnsafeBufferPointer(start: pointer, count: count))
}

func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

/// Runs `body` with the regions that `layout` takes from a new workspace.
func withRegions<Regions>(
  _ layout: (Workspace) throws(Failure) -> Regions, _ body: (Regions) -> Void
) throws {
  try WorkspacePool().with(layout) { (regions) throws(Failure) in body(regions) }
}
