import System
import Testing

@testable import Numerics

/// One layout is measured and then taken: its regions lie apart, aligned, and in exactly the memory that was measured.
struct WorkspaceTests {
  private struct Regions {
    let a, b, c: UnsafeMutablePointer<Float>
    let offsets: UnsafeMutablePointer<Int>
  }

  private static func layout(_ workspace: Workspace) throws(Failure) -> Regions {
    let a = try workspace.take(17)
    let (b, c) = try workspace.takeOneOf { (workspace) throws(Failure) in
      try workspace.take(5)
    } _: { (workspace) throws(Failure) in
      try workspace.take(100)
    }
    return Regions(a: a, b: b, c: c, offsets: try workspace.takeOffsets(sequences: 3, length: 7))
  }

  @Test func aLayoutTakesWhatItMeasures() throws {
    let floats = try Workspace.measure(Self.layout)
    #expect(floats == 32 + 112 + 16)
    let workspace = try Workspace(capacity: floats)
    let regions = try Self.layout(workspace)
    #expect(regions.b == regions.a + 32 && regions.c == regions.b)
    #expect((0...3).map { regions.offsets[$0] } == [0, 7, 14, 21])
    #expect(UInt(bitPattern: regions.offsets) == UInt(bitPattern: regions.a) + 4 * 144)
    #expect(UInt(bitPattern: regions.a) % 64 == 0)
    #expect(throws: Failure.self) { try workspace.take(1) }
    workspace.reset()
    #expect(try Self.layout(workspace).a == regions.a)
  }

  @Test func refusedMemoryIsToldInBytes() throws {
    for (count, expected) in [
      (Int.max / 16, Failure.outOfMemory(bytes: Int.max / 16 * 4)), (Int.max, .outOfMemory(bytes: .max)),
    ] {
      let error = #expect(throws: Failure.self) {
        try Workspace.measure { (workspace) throws(Failure) in
          _ = try workspace.take(Int.max / 8 - Int.max / 16)
          return try workspace.take(count)
        }
      }
      #expect(error == expected)
    }
    let error = #expect(throws: Failure.self) {
      try WorkspacePool().with { (workspace) throws(Failure) in
        try workspace.take(1 << 58)
      } run: { (_) throws(Failure) in
      }
    }
    #expect(error == .outOfMemory(bytes: 1 << 60))
  }
}
