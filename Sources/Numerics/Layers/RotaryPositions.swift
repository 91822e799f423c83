import Glibc
import System

/// Rotary positions of a square grid of patches (RoPE in two dimensions; timm `RotaryEmbeddingCat`). In each head of
/// queries and keys, d numbers, pair j of numbers 2j and 2j + 1 is turned by an angle, coordinate / 10000^(4j/d). The
/// coordinate is that of the patch's row for the first d/4 pairs and of its column for the others, or the other way
/// round; j is counted from 0 in both halves. Tokens before the patches are not turned. A class, so that it takes no room
/// in the blocks of other models.
public final class RotaryPositions: Sendable {
  private let cosines: FloatBuffer  // [g, d/4], of a row's or a column's angles
  private let sines: FloatBuffer  // [g, d/4]
  private let grid, width, heads: Int
  /// Tokens of a sequence before its patches.
  private let first: Int
  private let columnsFirst: Bool

  /// The positions of `grid` rows and columns with the coordinates that `coordinate` gives. Columns turn the first half
  /// of a head's pairs if `columnsFirst`, else rows. `width` / `heads` is a multiple of 4.
  public init(
    grid: Int, width: Int, heads: Int, before first: Int, columnsFirst: Bool, _ coordinate: (Int) -> Double
  ) throws(Failure) {
    (self.grid, self.width, self.heads) = (grid, width, heads)
    (self.first, self.columnsFirst) = (first, columnsFirst)
    let bands = width / heads / 4
    cosines = try FloatBuffer(count: grid * bands)
    sines = try FloatBuffer(count: grid * bands)
    for place in 0..<grid {
      for j in 0..<bands {
        let angle = coordinate(place) / pow(10_000, Double(j) / Double(bands))
        cosines.base[place * bands + j] = Float(cos(angle))
        sines.base[place * bands + j] = Float(sin(angle))
      }
    }
  }

  /// Turns keys, and with `queries` those too, of rows [rows, 3W] of queries, keys and values, fp32 or bf16, which are
  /// whole sequences of tokens before patches and all patches.
  public func apply(rows: Int, _ qkv: Operand, queries: Bool, pool: ThreadPool) {
    let (length, size, bands) = (first + grid * grid, width / heads, width / heads / 4)
    let (c, s) = (cosines.base, sines.base)
    pool.runRows(rows) { start, count in
      for row in start..<start + count {
        let patch = row % length - first
        guard patch >= 0 else { continue }
        let (y, x) = (patch / grid, patch % grid)
        let (before, after) = columnsFirst ? (x * bands, y * bands) : (y * bands, x * bands)
        for head in (queries ? 0 : heads)..<2 * heads {
          let numbers = row * qkv.numberStride + head * size
          RotaryPositions.turn(qkv, numbers, c + before, s + before, pairs: bands)
          RotaryPositions.turn(qkv, numbers + size / 2, c + after, s + after, pairs: bands)
        }
      }
    }
  }

  /// Turns the pairs that begin at number `first` of the operand.
  private static func turn(
    _ x: Operand, _ first: Int, _ c: UnsafePointer<Float>, _ s: UnsafePointer<Float>, pairs: Int
  ) {
    if x.precision == .bf16 {
      turn(x.base.assumingMemoryBound(to: UInt32.self) + first / 2, c, s, pairs: pairs)
    } else {
      turn(x.base.assumingMemoryBound(to: Float.self) + first, c, s, pairs: pairs)
    }
  }

  private static func turn(
    _ x: UnsafeMutablePointer<Float>, _ c: UnsafePointer<Float>, _ s: UnsafePointer<Float>, pairs: Int
  ) {
    for j in 0..<pairs {
      let (a, b) = (x[2 * j], x[2 * j + 1])
      x[2 * j] = a * c[j] - b * s[j]
      x[2 * j + 1] = b * c[j] + a * s[j]
    }
  }

  /// Turns pairs of bf16, each in a dword, and rounds them to nearest, ties to even.
  private static func turn(
    _ x: UnsafeMutablePointer<UInt32>, _ c: UnsafePointer<Float>, _ s: UnsafePointer<Float>, pairs: Int
  ) {
    for j in 0..<pairs {
      let (a, b) = (Float(bitPattern: x[j] << 16), Float(bitPattern: x[j] & 0xFFFF_0000))
      let (turnedA, turnedB) = ((a * c[j] - b * s[j]).bitPattern, (b * c[j] + a * s[j]).bitPattern)
      let low = (turnedA &+ 0x7FFF &+ (turnedA >> 16 & 1)) >> 16
      let high = (turnedB &+ 0x7FFF &+ (turnedB >> 16 & 1)) & 0xFFFF_0000
      x[j] = high | low
    }
  }
}
