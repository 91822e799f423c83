import System
import Testing

@testable import Numerics

/// Products with weights: right, and the same bits however they are cut up.
struct LinearTests {
  /// A layer and the numbers it was made from.
  private struct Layer {
    let weight: FloatBuffer
    let bias: FloatBuffer
    let linear: Linear

    init(_ inputs: Int, _ outputs: Int, seed: UInt64, precision: Precision = .fp32) throws {
      var numbers = Numbers(seed: seed)
      weight = try numbers.buffer(inputs * outputs)
      bias = try numbers.buffer(outputs)
      linear = try Linear(
        weight: weight.base, bias: bias, inputs: inputs, outputs: outputs, precision: precision,
        kernels: kernels)
    }
  }

  private func input(_ rows: Int, _ width: Int) throws -> FloatBuffer {
    var numbers = Numbers(seed: 7)
    let x = try FloatBuffer(count: rows * width)
    for i in 0..<rows * width { x.base[i] = numbers.next() }
    return x
  }

  private func apply(_ linear: Linear, _ x: FloatBuffer, rows: Int, threads: Int) throws -> [Float] {
    let y = try FloatBuffer(count: rows * linear.outputs)
    let pool = ThreadPool(threads: threads)
    try withRegions { (workspace) throws(Failure) in
      try Operand(workspace, linear.precision, rows: rows, width: linear.inputs)
    } _: { memory in
      let operand = memory.input(of: linear)
      operand.fill(
        rows: rows, x.base, stride: linear.inputs, width: linear.inputs, kernels: kernels,
        pool: pool)
      linear.apply(rows: rows, operand, to: Operand(y.base, stride: linear.outputs), pool: pool)
    }
    return array(y.base, rows * linear.outputs)
  }

  /// One accumulator from first to last, fused where the processor fuses: not close, but equal.
  @Test(arguments: [
    (1, 64, 64), (3, 17, 5), (50, 768, 96), (33, 64, 2048), (197, 128, 384), (13, 100, 33),
    (25, 3, 16), (12, 1, 1), (200, 3072, 40),
  ])
  func isTheSumFromFirstToLast(rows: Int, inputs: Int, outputs: Int) throws {
    let layer = try Layer(inputs, outputs, seed: 1)
    let x = try input(rows, inputs)
    let y = try apply(layer.linear, x, rows: rows, threads: 2)
    #if arch(arm64)
    let fused = true
    #else
    let fused = kernels.products(.fp32) != .portable
    #endif
    for row in 0..<rows {
      for output in 0..<outputs {
        var sum: Float = 0
        for i in 0..<inputs {
          let (a, w) = (x.base[row * inputs + i], layer.weight.base[output * inputs + i])
          sum = fused ? sum.addingProduct(a, w) : sum + a * w
        }
        if y[row * outputs + output] != sum + layer.bias.base[output] {
          Issue.record("row \(row), output \(output)")
          return
        }
      }
    }
  }

  @Test(
    arguments: Precision.allCases, [(64, 64), (128, 384), (768, 768), (512, 2048), (100, 60), (3072, 92)])
  func aRowDoesNotDependOnItsNeighbours(precision: Precision, size: (Int, Int)) throws {
    let (inputs, outputs) = size
    let linear = try Layer(inputs, outputs, seed: 2, precision: precision).linear
    let x = try input(900, inputs)
    let all = try apply(linear, x, rows: 900, threads: 1)
    for (first, rows) in [(0, 1), (0, 31), (0, 32), (1, 33), (32, 200), (64, 5), (7, 890)] {
      let part = try FloatBuffer(count: rows * inputs)
      part.base.update(from: x.base + first * inputs, count: rows * inputs)
      let alone = try apply(linear, part, rows: rows, threads: 1)
      let same = bits(alone) == bits(Array(all[first * outputs..<(first + rows) * outputs]))
      #expect(same, "rows \(first) ..< \(first + rows)")
    }
    // And at another place in the batch.
    let moved = try FloatBuffer(count: 900 * inputs)
    for row in 0..<900 {
      (moved.base + (row + 13) % 900 * inputs).update(from: x.base + row * inputs, count: inputs)
    }
    let y = try apply(linear, moved, rows: 900, threads: 1)
    for row in 0..<900 {
      let to = (row + 13) % 900
      let same =
        bits(Array(y[to * outputs..<(to + 1) * outputs]))
        == bits(Array(all[row * outputs..<(row + 1) * outputs]))
      #expect(same, "row \(row) at \(to)")
    }
  }

  @Test(arguments: Precision.allCases, [(1, 768, 2304), (197, 768, 768), (600, 128, 512), (40, 64, 100)])
  func threadsDoNotChangeBits(precision: Precision, size: (Int, Int, Int)) throws {
    let (rows, inputs, outputs) = size
    let linear = try Layer(inputs, outputs, seed: 3, precision: precision).linear
    let x = try input(rows, inputs)
    let one = try apply(linear, x, rows: rows, threads: 1)
    for threads in [2, 3, 4, 7, 8] {
      let same = bits(try apply(linear, x, rows: rows, threads: threads)) == bits(one)
      #expect(same, "\(threads) threads")
    }
  }

  /// Computing some columns writes only those, with the bits that they have among all.
  @Test(arguments: Precision.allCases)
  func columnsAloneAreThoseAmongAll(precision: Precision) throws {
    let linear = try Layer(64, 96, seed: 9, precision: precision).linear
    let x = try input(20, 64)
    let all = try apply(linear, x, rows: 20, threads: 1)
    let pool = ThreadPool(threads: 2)
    let y = try FloatBuffer(count: 20 * 96)
    try withRegions { (workspace) throws(Failure) in
      try Operand(workspace, precision, rows: 20, width: 64)
    } _: { memory in
      let operand = memory.input(of: linear)
      operand.fill(rows: 20, x.base, stride: 64, width: 64, kernels: kernels, pool: pool)
      linear.apply(
        rows: 20, operand, to: Operand(y.base, stride: 96), columns: 32..<80, pool: pool)
    }
    for i in 0..<20 * 96 { #expect(y[i] == ((32..<80).contains(i % 96) ? all[i] : 0)) }
  }

  /// A large number in each row and in each output's weights costs the others less precision than where rows are rounded
  /// as they are. Rows of 2730 numbers, as in a gated MLP, are not made of whole runs.
  @Test(arguments: [(768, 767), (3072, 3071), (2730, 2559), (2730, 2687)])
  func int8SharesLargeNumbersOut(inputs: Int, large: Int) throws {
    let outputs = 48
    var numbers = Numbers(seed: 11)
    let weight = try numbers.buffer(inputs * outputs)
    for output in 0..<outputs { weight.base[output * inputs + output] = 20 }
    let x = try input(20, inputs)
    for row in 0..<20 { x.base[row * inputs + large] = 40 }
    let rotated = try Linear(
      weight: weight.base, bias: nil, inputs: inputs, outputs: outputs, precision: .int8, kernels: kernels)
    let scales = try FloatBuffer(count: outputs)
    let rounded = (0..<outputs * inputs).map { Int8((weight.base[$0] * 127 / 20).rounded()) }
    for output in 0..<outputs { scales.base[output] = 20 / 127 }
    let plain = try Linear(
      quantised: rounded, scales: scales, isRotated: false, bias: nil, inputs: inputs, outputs: outputs,
      kernels: kernels)
    #expect(rotated.isRotated && !plain.isRotated)
    let errors = try [rotated, plain].map { layer in
      let y = try apply(layer, x, rows: 20, threads: 1)
      var sum = 0.0
      for row in 0..<20 {
        for output in 0..<outputs {
          var exact = 0.0
          for i in 0..<inputs {
            exact += Double(x.base[row * inputs + i]) * Double(weight.base[output * inputs + i])
          }
          sum += (Double(y[row * outputs + output]) - exact) * (Double(y[row * outputs + output]) - exact)
        }
      }
      return sum.squareRoot()
    }
    #expect(errors[0] < 0.7 * errors[1], "\(errors)")
  }

  /// Rounding to bf16 takes the peak of this weight below the bound from which on int8 rotates.
  @Test func rotationIsDecidedByTheWeightAsItWasGiven() throws {
    let (inputs, outputs) = (32, 16)
    let weight = try FloatBuffer(count: inputs * outputs)
    for i in 0..<weight.count { weight.base[i] = i % inputs == 0 ? 2.3508 : 1 }
    let layer = try Linear(
      weight: weight.base, bias: nil, inputs: inputs, outputs: outputs, precision: .bf16, kernels: kernels)
    #expect(layer.isRotatedInInt8)
    // The second half of a rotated row holds differences of the halves.
    let numbers = try layer.quantised().numbers
    #expect(numbers.base[16] > 0 && numbers.base[17] == 0)
  }

  @Test func noRowsAreNoWork() throws {
    let linear = try Layer(64, 96, seed: 5).linear
    let nothing = try FloatBuffer(count: 0)
    for threads in [1, 4] {
      linear.apply(
        rows: 0, nothing.base, stride: 64, to: nothing.base, stride: 96,
        pool: ThreadPool(threads: threads))
    }
    #expect(nothing[0] == 0)
  }

  @Test func addsToTheResidualOnlyItsLiveRows() throws {
    let linear = try Layer(64, 96, seed: 4).linear
    let x = try input(5, 64)
    let residual = try FloatBuffer(count: 5 * 96)
    for i in 0..<residual.count { residual.base[i] = 1 }
    linear.add(
      rows: 5, Operand(x.base, stride: 64), to: residual.base, stride: 96, pool: ThreadPool(threads: 2))
    let y = try apply(linear, x, rows: 5, threads: 1)
    for i in 0..<5 * 96 { #expect(abs(residual.base[i] - (1 + y[i])) < 1e-5) }
    for i in 5 * 96..<residual.count { #expect(residual.base[i] == 1) }
  }
}
