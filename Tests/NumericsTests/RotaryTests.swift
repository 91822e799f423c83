import Glibc
import Numerics
import System
import Testing

/// Rotary positions, and normalised products of activations, against their definitions.
struct RotaryTests {
  private let grid = 3, width = 16, heads = 2

  /// Rows of queries, keys and values of two frames, turned: the class token's, values and, if they are left out,
  /// queries stay as they are, and pairs keep their lengths.
  @Test(arguments: [true, false], [true, false]) func turnsPairsByTheirPlaces(
    columnsFirst: Bool, queries: Bool
  ) throws {
    let rows = 2 * (1 + grid * grid)
    var numbers = Numbers(seed: 5)
    let qkv = try numbers.buffer(rows * 3 * width)
    let before = array(qkv.pointer, qkv.count)
    let rotary = try RotaryPositions(
      grid: grid, width: width, heads: heads, before: 1, columnsFirst: columnsFirst
    ) { Double($0) + 0.5 }
    rotary.apply(
      rows: rows, Operand(qkv.pointer, stride: 3 * width), queries: queries, pool: ThreadPool(threads: 2))
    let half = width / heads / 2
    for row in 0..<rows {
      let patch = row % (1 + grid * grid) - 1
      for column in stride(from: 0, to: 3 * width, by: 2) {
        let place = row * 3 * width + column
        let (a, b) = (Double(before[place]), Double(before[place + 1]))
        let isTurned = patch >= 0 && column < 2 * width && (queries || column >= width)
        let j = column % (width / heads) / 2
        let coordinate = (j < half / 2) == columnsFirst ? patch % grid : patch / grid
        let angle =
          isTurned ? (Double(coordinate) + 0.5) / pow(10_000, Double(j % (half / 2)) / Double(half / 2)) : 0
        #expect(abs(Double(qkv.base[place]) - (a * cos(angle) - b * sin(angle))) < 1e-6)
        #expect(abs(Double(qkv.base[place + 1]) - (b * cos(angle) + a * sin(angle))) < 1e-6)
      }
    }
  }

  /// The product of two rows, normalised, in the place of one of them, for any number of threads.
  @Test(arguments: [1, 3]) func normalisesProducts(threads: Int) throws {
    let (rows, width) = (37, 24)
    var numbers = Numbers(seed: 8)
    let (x, other) = (try numbers.buffer(rows * width), try numbers.buffer(rows * width))
    let (weight, bias) = (try numbers.buffer(width), try numbers.buffer(width))
    let norm = LayerNorm(weight: weight, bias: bias, epsilon: 1e-6, kernels: kernels)
    let before = array(x.pointer, rows * width)
    try withRegions { (workspace) throws(Failure) in
      try RowScratch(workspace, width: width, threads: threads)
    } _: { scratch in
      let target = Operand(x.pointer, stride: width)
      norm.apply(
        rows: rows, target, times: Operand(other.pointer, stride: width), to: target, scratch,
        pool: ThreadPool(threads: threads))
    }
    for row in 0..<rows {
      let products = (0..<width).map {
        Double(before[row * width + $0]) * Double(other.base[row * width + $0])
      }
      let mean = products.reduce(0, +) / Double(width)
      let variance = products.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      for i in 0..<width {
        let expected =
          (products[i] - mean) / (variance + 1e-6).squareRoot() * Double(weight.base[i])
          + Double(bias.base[i])
        #expect(abs(Double(x.base[row * width + i]) - expected) < 1e-5)
      }
    }
  }
}
