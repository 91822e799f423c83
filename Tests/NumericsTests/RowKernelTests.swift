import System
import Foundation
import System
import Testing

@testable import Numerics

/// LayerNorm, activations, softmax and attention against their definitions in Double.
struct RowKernelTests {
  @Test(arguments: [(1, 64), (70, 768), (3, 17), (2, 5)])
  func layerNorm(rows: Int, width: Int) throws {
    var numbers = Numbers(seed: 5)
    let x = try numbers.buffer(rows * width)
    let norm = LayerNorm(
      weight: try numbers.buffer(width), bias: try numbers.buffer(width), epsilon: 1e-5,
      kernels: kernels)
    let y = try FloatBuffer(count: rows * width)
    norm.apply(
      rows: rows, x.base, stride: width, to: y.base, stride: width, pool: ThreadPool(threads: 2))
    for row in 0..<rows {
      let values = array(x.base + row * width, width).map(Double.init)
      let mean = values.reduce(0, +) / Double(width)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      for i in 0..<width {
        let expected =
          (values[i] - mean) / (variance + 1e-5).squareRoot() * Double(norm.weight.base[i])
          + Double(norm.bias.base[i])
        #expect(abs(Double(y.base[row * width + i]) - expected) < 1e-5)
      }
    }
  }

  @Test(arguments: [Activation.quickGELU, .gelu, .tanhGELU])
  func activationsOverTheirWholeRange(activation: Activation) throws {
    let values: [Float] =
      stride(from: -60, through: 60, by: 0.37).map { Float($0) } + [
        0, -0.0, 1e30, -1e30, -1e38, 3e38, -3e38, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 1e-38,
      ]
    let inputs = values.count
    // Identity weights leave the activation alone to be seen.
    let weight = try FloatBuffer(count: inputs * inputs)
    for i in 0..<inputs { weight.base[i * inputs + i] = 1 }
    let linear = try withExtendedLifetime(weight) {
      try Linear(weight: weight.base, bias: nil, inputs: inputs, outputs: inputs, kernels: kernels)
    }
    let x = try FloatBuffer(count: 1 * inputs)
    for i in 0..<inputs { x.base[i] = values[i] }
    let y = try FloatBuffer(count: 1 * inputs)
    linear.apply(
      rows: 1, x.base, stride: inputs, to: y.base, stride: inputs, activation: activation,
      pool: ThreadPool(threads: 1))
    for (i, value) in values.enumerated() {
      let x = Double(value)
      let expected =
        switch activation {
        case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
        case .tanhGELU: x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
        default: x / (1 + exp(-1.702 * x))
        }
      #expect(abs(Double(y.base[i]) - expected) <= 1e-6 * max(1, abs(expected)), "at \(value)")
    }
  }

  /// Rows of one number (of few digits, so that its mean is exact).
  @Test(arguments: [Float(0), 1, -0.125, 3e4, 0x1p60, 0x1p-100])
  func layerNormOfAConstantRowIsTheBias(value: Float) throws {
    let width = 64
    var numbers = Numbers(seed: 8)
    let (weight, bias) = (try numbers.buffer(width), try numbers.buffer(width))
    let x = try FloatBuffer(count: width)
    for i in 0..<width { x.base[i] = value }
    LayerNorm(weight: weight, bias: bias, epsilon: 1e-5, kernels: kernels).apply(
      rows: 1, x.base, stride: width, to: x.base, stride: width, pool: ThreadPool(threads: 1))
    for i in 0..<width { #expect(x[i] == bias[i]) }
  }

  /// One key far above the others, and all keys alike, at sizes where exp alone would overflow.
  @Test(arguments: [Float(1), 1e4, 1e15, 1e18])
  func attentionToEnormousScores(scale: Float) throws {
    let (length, width) = (5, 64)
    let qkv = try FloatBuffer(count: length * 3 * width)
    for row in 0..<length {
      let at = qkv.base + row * 3 * width
      for i in 0..<width {
        at[i] = scale
        at[width + i] = row == 3 ? scale : -scale
        at[2 * width + i] = Float(row)
      }
    }
    let out = try FloatBuffer(count: length * width)
    for causal in [false, true] {
      let attention = MultiHeadAttention(heads: 1, width: width, causal: causal, kernels: kernels)
      try apply(attention, Operand(qkv.base, stride: 3 * width), length: length, to: out, threads: 1)
      for row in 0..<length {
        // Before row 3 is seen all scores are equal: the mean of the rows seen.
        let expected: Float = causal && row < 3 ? Float(row) / 2 : 3
        #expect(abs(out[row * width] - expected) < 1e-5, "row \(row), causal \(causal)")
      }
    }
  }

  /// Attention of one sequence, to out [length, W].
  private func apply(
    _ attention: MultiHeadAttention, _ qkv: Operand, length: Int, to out: FloatBuffer, threads: Int
  ) throws {
    try withRegions { (workspace) throws(Failure) in
      (
        try attention.scratch(workspace, longest: length, threads: threads),
        try workspace.takeOffsets(sequences: 1, length: length)
      )
    } _: { (scratch, offsets) in
      attention.apply(
        Sequences(offsets: offsets, count: 1), qkv: qkv, to: Operand(out.base, stride: attention.width),
        scratch: scratch, pool: ThreadPool(threads: threads))
    }
  }

  @Test(arguments: [(1, false), (10, true), (77, true), (197, false), (300, true)])
  func attention(length: Int, causal: Bool) throws {
    let (heads, width) = (2, 128)
    var numbers = Numbers(seed: 6)
    let qkv = try numbers.buffer(length * 3 * width)
    let out = try FloatBuffer(count: length * width)
    let attention = MultiHeadAttention(heads: heads, width: width, causal: causal, kernels: kernels)
    try apply(attention, Operand(qkv.base, stride: 3 * width), length: length, to: out, threads: 2)
    let size = width / heads
    for head in 0..<heads {
      for q in stride(from: 0, to: length, by: 7) {
        let seen = causal ? q + 1 : length
        let query = qkv.base + q * 3 * width + head * size
        let scores = (0..<seen).map { k -> Double in
          let key = qkv.base + k * 3 * width + width + head * size
          return (0..<size).reduce(0) { $0 + Double(query[$1]) * Double(key[$1]) } / 8
        }
        let total = scores.reduce(0) { $0 + exp($1) }
        for i in stride(from: 0, to: size, by: 9) {
          let expected = (0..<seen).reduce(0.0) {
            let value = qkv.base[$1 * 3 * width + 2 * width + head * size + i]
            return $0 + exp(scores[$1]) / total * Double(value)
          }
          #expect(abs(Double(out.base[q * width + head * size + i]) - expected) < 1e-5)
        }
      }
    }
  }

  /// Frames that see their neighbours, against frames whose neighbours' rows are named one by one. The softmax of either
  /// has the same keys in another order.
  @Test(arguments: [(1, 1), (1, 5), (2, 3), (3, 2), (3, 9)])
  func attentionToNeighbours(reach: Int, frames: Int) throws {
    let (videos, tokens, width) = (2, 5, 48)
    let count = videos * frames
    var numbers = Numbers(seed: 12)
    let qkv = try numbers.buffer(count * tokens * 3 * width)
    let (seen, named) = (
      try FloatBuffer(count: count * tokens * width), try FloatBuffer(count: count * tokens * width)
    )
    let rows = (0..<count).flatMap { sequence in
      (-reach...reach).filter { $0 != 0 }.flatMap { step in
        (0..<tokens).map { token in
          (0..<frames).contains(sequence % frames + step) ? (sequence + step) * tokens + token : -1
        }
      }
    }
    let before = (0...count).map { $0 * 2 * reach * tokens }
    let attention = MultiHeadAttention(heads: 2, width: width, causal: false, kernels: kernels)
    let operand = Operand(qkv.base, stride: 3 * width)
    try rows.withUnsafeBufferPointer { rows in
      try before.withUnsafeBufferPointer { before in
        try withRegions { (workspace) throws(Failure) in
          (
            try attention.scratch(workspace, longest: (2 * reach + 1) * tokens, threads: 2),
            try workspace.takeOffsets(sequences: count, length: tokens)
          )
        } _: { (scratch, offsets) in
          let pool = ThreadPool(threads: 2)
          let view = Sequences(offsets: offsets, count: count, view: .init(reach: reach, frames: frames))
          let list = Sequences(
            offsets: offsets, count: count,
            before: .init(rows: rows.baseAddress!, offsets: before.baseAddress!))
          for (sequences, out) in [(view, seen), (list, named)] {
            attention.apply(
              sequences, qkv: operand, to: Operand(out.base, stride: width), scratch: scratch, pool: pool)
          }
        }
      }
    }
    for i in 0..<seen.count { #expect(abs(seen[i] - named[i]) < 2e-6) }
  }

  @Test func finiteMeansNoNaNAndNoInfinityAnywhere() throws {
    let x = try FloatBuffer(count: 100)
    x.base[3] = Float.greatestFiniteMagnitude
    x.base[4] = -Float.leastNonzeroMagnitude
    #expect(x.isFinite)
    for bad in [Float.nan, .infinity, -.infinity] {
      for place in [0, 17, 99] {
        let old = x.base[place]
        x.base[place] = bad
        #expect(!x.isFinite)
        x.base[place] = old
      }
    }
  }
}
