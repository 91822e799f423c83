import Foundation
import System
import Testing

@testable import Numerics

/// The gradient of attention against central differences in Double.
struct AttentionBackwardTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let lengths: [Int]
    let heads, size: Int
    var causal = false
    var wanted = WantedRows.all

    var width: Int { heads * size }
    var rows: Int { lengths.reduce(0, +) }
    var results: Int { wanted == .all ? rows : lengths.count }
    var testDescription: String { "\(lengths), \(heads) x \(size), causal \(causal), \(wanted)" }

    /// The sum of dout times the results; queries are the rows' own.
    func loss(_ qkv: [Double], _ dout: [Float]) -> Double {
      var (sum, row, result) = (0.0, 0, 0)
      for length in lengths {
        for own in wanted.range(length) {
          for head in 0..<heads {
            func at(_ key: Int, _ part: Int, _ i: Int) -> Double {
              qkv[(row + key) * 3 * width + part * width + head * size + i]
            }
            let seen = 0..<(causal ? own + 1 : length)
            let weights = seen.map { key in
              exp((0..<size).reduce(0) { $0 + at(own, 0, $1) * at(key, 1, $1) } / Double(size).squareRoot())
            }
            let total = weights.reduce(0, +)
            for i in 0..<size {
              let out = seen.reduce(0) { $0 + weights[$1] / total * at($1, 2, i) }
              sum += out * Double(dout[result * width + head * size + i])
            }
          }
          result += 1
        }
        row += length
      }
      return sum
    }

    func gradient(_ qkv: Matrix, _ dout: Matrix, _ kernels: Kernels, threads: Int) throws -> [Float] {
      let attention = MultiHeadAttention(heads: heads, width: width, causal: causal, kernels: kernels)
      let (dqkv, queries) = (try Matrix(rows, 3 * width), try Matrix(lengths.count, width))
      var offsets = [0]
      for length in lengths {
        let row = offsets[offsets.count - 1] + wanted.range(length).lowerBound
        (queries.buffer.base + (offsets.count - 1) * width).update(
          from: qkv.buffer.base + row * 3 * width, count: width)
        offsets.append(offsets[offsets.count - 1] + length)
      }
      try withRegions { (workspace) throws(Failure) in
        try attention.backwardScratch(workspace, longest: lengths.max() ?? 0, threads: threads)
      } _: { scratch in
        offsets.withUnsafeBufferPointer {
          guard let start = $0.baseAddress else { return }
          attention.backward(
            Sequences(offsets: start, count: lengths.count), qkv: qkv.rows,
            queries: wanted == .all ? nil : queries.rows, dout: dout.rows, to: dqkv.rows, wanted: wanted,
            scratch: scratch, pool: ThreadPool(threads: threads))
        }
      }
      extendLifetime((qkv, dout, dqkv, queries))
      return dqkv.values
    }
  }

  static let examples = [
    Example(lengths: [5, 3], heads: 2, size: 4), Example(lengths: [51], heads: 1, size: 4),
    Example(lengths: [7, 1, 4], heads: 2, size: 6, causal: true),
    Example(lengths: [50], heads: 1, size: 3, causal: true),
    Example(lengths: [6, 9], heads: 2, size: 8, wanted: .first),
    Example(lengths: [6, 3], heads: 1, size: 20, causal: true, wanted: .last),
  ]

  @Test(arguments: examples) func isTheDerivative(example: Example) throws {
    var numbers = Numbers(seed: 31)
    let qkv = try Matrix(example.rows, 3 * example.width, &numbers)
    let dout = try Matrix(example.results, example.width, &numbers)
    let check = GradientCheck(at: qkv.values, samples: 25) { example.loss($0, dout.values) }
    for kernels in BackwardTests.choices {
      #expect(check.passes(try example.gradient(qkv, dout, kernels, threads: 2)))
    }
  }

  @Test func wrongGradientsFail() throws {
    let example = Self.examples[0]
    var numbers = Numbers(seed: 32)
    let qkv = try Matrix(example.rows, 3 * example.width, &numbers)
    let dout = try Matrix(example.results, example.width, &numbers)
    let right = try example.gradient(qkv, dout, kernels, threads: 1)
    let check = GradientCheck(at: qkv.values, samples: 100) { example.loss($0, dout.values) }
    #expect(check.passes(right))
    #expect(!check.passes(right.map { $0 * 1.05 }))
    // Without the gradient through the keys; with those of queries and keys exchanged.
    let width = example.width
    let dropped = right.indices.map { $0 / width % 3 == 1 ? 0 : right[$0] }
    #expect(!check.passes(dropped))
    let exchanged = right.indices.map {
      $0 / width % 3 == 0 ? right[$0 + width] : $0 / width % 3 == 1 ? right[$0 - width] : right[$0]
    }
    #expect(!check.passes(exchanged))
  }

  @Test(arguments: examples) func threadsDoNotChangeIt(example: Example) throws {
    var numbers = Numbers(seed: 33)
    let qkv = try Matrix(example.rows, 3 * example.width, &numbers)
    let dout = try Matrix(example.results, example.width, &numbers)
    let one = try example.gradient(qkv, dout, kernels, threads: 1)
    for threads in [2, 3] {
      #expect(bits(try example.gradient(qkv, dout, kernels, threads: threads)) == bits(one))
    }
  }
}
