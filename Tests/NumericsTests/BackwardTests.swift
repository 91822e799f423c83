import Foundation
import System
import Testing

@testable import Numerics

/// Gradients of layers against central differences in Double, in every instruction set of this processor.
struct BackwardTests {
  static let choices: [Kernels] = InstructionSet.ordered.map { Kernels(for: .fp32, upTo: $0) }

  // MARK: linear layers

  private struct LinearGradients {
    var x, weight, bias: [Float]
  }

  /// Central differences by a layer's input, weight and bias.
  private struct LayerChecks {
    let x, weight, bias: GradientCheck

    init(
      x: Matrix, weight: Matrix, bias: Matrix, samples: Int,
      of loss: (_ x: [Double], _ weight: [Double], _ bias: [Double]) -> Double
    ) {
      let (x0, w0, b0) = (
        x.values.map(Double.init), weight.values.map(Double.init), bias.values.map(Double.init)
      )
      self.x = GradientCheck(at: x.values, samples: samples) { loss($0, w0, b0) }
      self.weight = GradientCheck(at: weight.values, samples: samples) { loss(x0, $0, b0) }
      self.bias = GradientCheck(at: bias.values, samples: samples) { loss(x0, w0, $0) }
    }

    func pass(_ g: LinearGradients) -> (x: Bool, weight: Bool, bias: Bool) {
      (x.passes(g.x), weight.passes(g.weight), bias.passes(g.bias))
    }
  }

  /// A linear layer at a random point, and its gradients for random gradients of its result.
  private struct LinearCase {
    let rows, inputs, outputs: Int
    let x, weight, bias, dy: Matrix

    init(_ rows: Int, _ inputs: Int, _ outputs: Int) throws {
      var numbers = Numbers(seed: 21)
      (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
      x = try Matrix(rows, inputs, &numbers)
      weight = try Matrix(outputs, inputs, &numbers)
      bias = try Matrix(1, outputs, &numbers)
      dy = try Matrix(rows, outputs, &numbers)
    }

    func loss(_ x: [Double], _ weight: [Double], _ bias: [Double]) -> Double {
      var sum = 0.0
      for row in 0..<rows {
        for o in 0..<outputs {
          var y = bias[o]
          for i in 0..<inputs { y += x[row * inputs + i] * weight[o * inputs + i] }
          sum += y * Double(dy.buffer[row * outputs + o])
        }
      }
      return sum
    }

    /// A weight that is not trained, as `LinearBackward` takes it.
    private func turned(
      _ layer: Linear, _ stored: FloatBuffer, _ isTransposed: Bool, _ pool: ThreadPool
    ) throws -> LinearBackward.Weight {
      let turned = try layer.turned()
      turned.repack(stored.base, isTransposed: !isTransposed, pool: pool)
      return .turned(turned)
    }

    func gradients(
      _ kernels: Kernels, threads: Int = 2, isTransposed: Bool = false, isFrozen: Bool = false
    ) throws -> LinearGradients {
      let pool = ThreadPool(threads: threads)
      let stored = try Matrix(outputs, inputs)
      if isTransposed {
        weight.buffer.transpose(rows: outputs, columns: inputs, into: stored.buffer)
      } else {
        stored.buffer.base.update(from: weight.buffer.base, count: outputs * inputs)
      }
      let layer = try Linear(inputs: inputs, outputs: outputs, bias: bias.buffer, kernels: kernels)
      layer.repack(stored.buffer.base, isTransposed: isTransposed, pool: pool)
      let (dx, dw, db) = (try Matrix(rows, inputs), try Matrix(outputs, inputs), try Matrix(1, outputs))
      let weight =
        try isFrozen ? self.turned(layer, stored.buffer, isTransposed, pool) : .trained(stored.buffer)
      let backward = LinearBackward(
        layer, weight: weight, gradient: dw.buffer, isTransposed: isTransposed, bias: db.buffer)
      try withRegions { (workspace) throws(Failure) in
        (
          try TransposedProduct(
            workspace, m: max(inputs, outputs), n: max(inputs, outputs), kernels: kernels),
          try InputProduct(workspace, outputs: outputs, RoundedRows(), for: layer, threads: threads)
        )
      } _: { product, down in
        backward.addGradients(rows: rows, x: x.rows, dy: dy.rows, product, pool: pool)
        backward.inputGradient(rows: rows, dy: dy.rows, to: dx.rows, down, pool: pool)
      }
      let weightGradient = try Matrix(outputs, inputs)
      if isTransposed {
        dw.buffer.transpose(rows: inputs, columns: outputs, into: weightGradient.buffer)
      } else {
        weightGradient.buffer.base.update(from: dw.buffer.base, count: outputs * inputs)
      }
      extendLifetime((self, stored, dx, dw, db))
      return LinearGradients(x: dx.values, weight: weightGradient.values, bias: db.values)
    }

    func checks() -> LayerChecks {
      LayerChecks(x: x, weight: weight, bias: bias, samples: 12) { loss($0, $1, $2) }
    }
  }

  @Test(arguments: [(5, 17, 33), (3, 64, 16), (530, 7, 9)])
  func linear(rows: Int, inputs: Int, outputs: Int) throws {
    let example = try LinearCase(rows, inputs, outputs)
    let checks = example.checks()
    for kernels in Self.choices {
      #expect(checks.pass(try example.gradients(kernels)) == (true, true, true))
    }
    let stored = try example.gradients(kernels)
    let transposed = try example.gradients(kernels, isTransposed: true)
    #expect(stored.x == transposed.x && stored.bias == transposed.bias)
    for isTransposed in [false, true] {
      let frozen = try example.gradients(kernels, isTransposed: isTransposed, isFrozen: true)
      #expect(stored.x == frozen.x)
    }
    #expect(zip(stored.weight, transposed.weight).allSatisfy { abs($0 - $1) < 1e-4 })
  }

  /// In bf16 rows are rounded before they are multiplied: numbers that bf16 holds exactly, with sums that fp32 does,
  /// give the bits of fp32.
  @Test(arguments: [(5, 18, 34), (3, 64, 16), (531, 8, 10)])
  func linearInBF16(rows: Int, inputs: Int, outputs: Int) throws {
    func whole(_ count: Int, _ factor: Int) -> [Float] { (0..<count).map { Float($0 * factor % 13 - 6) } }
    func gradients(_ precision: Precision, threads: Int) throws -> [[Float]] {
      let (kernels, pool) = (Kernels(for: precision), ThreadPool(threads: threads))
      let (x, dy) = (try Matrix(rows, inputs), try Matrix(rows, outputs))
      let (weight, dw, dx) = (
        try Matrix(outputs, inputs), try Matrix(outputs, inputs), try Matrix(rows, inputs)
      )
      for (matrix, factor) in [(x, 5), (dy, 7), (weight, 3)] {
        for (i, value) in whole(matrix.buffer.count, factor).enumerated() { matrix.buffer.base[i] = value }
      }
      let layer = try Linear(inputs: inputs, outputs: outputs, precision: precision, kernels: kernels)
      layer.repack(weight.buffer.base, isTransposed: false, pool: pool)
      let backward = LinearBackward(
        layer, weight: .trained(weight.buffer), gradient: dw.buffer, bias: nil)
      try withRegions { (workspace) throws(Failure) in
        (
          try TransposedProduct(
            workspace, m: outputs, n: inputs, precision: layer.inputPrecision, kernels: kernels),
          try InputProduct(
            workspace, outputs: outputs,
            RoundedRows(workspace, rows: rows, width: max(inputs, outputs), for: layer), for: layer,
            threads: threads)
        )
      } _: { product, down in
        backward.addGradients(rows: rows, x: x.rows, dy: dy.rows, product, pool: pool)
        backward.inputGradient(rows: rows, dy: dy.rows, to: dx.rows, down, pool: pool)
      }
      extendLifetime((x, dy, weight))
      return [dx.values, dw.values]
    }
    let expected = try gradients(.fp32, threads: 1)
    for threads in [1, 2, 8] { #expect(try gradients(.bf16, threads: threads) == expected) }
  }

  @Test func wrongLinearGradientsFail() throws {
    let example = try LinearCase(5, 12, 12)
    let checks = example.checks()
    let right = try example.gradients(kernels)
    let scaled = LinearGradients(
      x: right.x.map { $0 * 1.05 }, weight: right.weight.map { $0 * 1.05 }, bias: right.bias.map { $0 * 1.05 }
    )
    #expect(checks.pass(scaled) == (false, false, false))
    // The last row's term is missing.
    var dropped = right
    for o in 0..<12 {
      for i in 0..<12 {
        dropped.weight[o * 12 + i] -= example.dy.buffer[48 + o] * example.x.buffer[48 + i]
      }
      dropped.bias[o] -= example.dy.buffer[48 + o]
    }
    #expect(checks.pass(dropped) == (true, false, false))
    var transposed = right
    for o in 0..<12 {
      for i in 0..<12 { transposed.weight[o * 12 + i] = right.weight[i * 12 + o] }
    }
    for row in 0..<5 {
      for i in 0..<12 {
        // dy · weight^T in place of dy · weight.
        transposed.x[row * 12 + i] = (0..<12).reduce(0) {
          $0 + example.dy.buffer[row * 12 + $1] * example.weight.buffer[i * 12 + $1]
        }
      }
    }
    #expect(checks.pass(transposed) == (false, false, true))
  }

  // MARK: layer normalisation

  private struct NormCase {
    static let epsilon: Float = 1e-5
    let rows, width: Int
    let x, weight, bias, dy: Matrix

    init(_ rows: Int, _ width: Int) throws {
      var numbers = Numbers(seed: 22)
      (self.rows, self.width) = (rows, width)
      x = try Matrix(rows, width, &numbers)
      weight = try Matrix(1, width, &numbers)
      bias = try Matrix(1, width, &numbers)
      dy = try Matrix(rows, width, &numbers)
    }

    /// Mean and 1 / standard deviation of a row.
    static func moments(_ x: ArraySlice<Double>) -> (mean: Double, scale: Double) {
      let mean = x.reduce(0, +) / Double(x.count)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
      return (mean, 1 / (variance + Double(epsilon)).squareRoot())
    }

    func loss(_ x: [Double], _ weight: [Double], _ bias: [Double]) -> Double {
      var sum = 0.0
      for row in 0..<rows {
        let own = x[row * width..<(row + 1) * width]
        let (mean, scale) = NormCase.moments(own)
        for (i, value) in own.enumerated() {
          sum += ((value - mean) * scale * weight[i] + bias[i]) * Double(dy.buffer[row * width + i])
        }
      }
      return sum
    }

    func gradients(_ kernels: Kernels, threads: Int = 2, adding: Bool = false) throws -> LinearGradients {
      let norm = LayerNorm(
        weight: weight.buffer, bias: bias.buffer, epsilon: NormCase.epsilon, kernels: kernels)
      let (dx, dw, db) = (try Matrix(rows, width), try Matrix(1, width), try Matrix(1, width))
      if adding { for i in 0..<rows * width { dx.buffer.base[i] = 3 } }
      let moments = try Matrix(rows, 2)
      LayerNormBackward(norm, weight: dw.buffer, bias: db.buffer).apply(
        rows: rows, x: x.rows, dy: dy.rows, to: dx.rows, adding: adding, moments: moments.buffer.base,
        pool: ThreadPool(threads: threads))
      extendLifetime((self, dx, dw, db, moments))
      return LinearGradients(x: dx.values, weight: dw.values, bias: db.values)
    }

    func checks() -> LayerChecks {
      LayerChecks(x: x, weight: weight, bias: bias, samples: 40) { loss($0, $1, $2) }
    }
  }

  @Test(arguments: [(3, 64), (5, 17), (60, 20), (2, 200)]) func layerNorm(rows: Int, width: Int) throws {
    let example = try NormCase(rows, width)
    let checks = example.checks()
    for kernels in Self.choices {
      let gradients = try example.gradients(kernels)
      #expect(checks.pass(gradients) == (true, true, true))
      let added = try example.gradients(kernels, adding: true)
      #expect(zip(added.x, gradients.x).allSatisfy { abs($0 - 3 - $1) < 1e-5 })
    }
  }

  @Test func wrongLayerNormGradientsFail() throws {
    let example = try NormCase(4, 32)
    let checks = example.checks()
    let right = try example.gradients(kernels)
    var wrong = right
    wrong.x = right.x.map { $0 * 1.05 }
    #expect(checks.pass(wrong) == (false, true, true))
    // Without the terms of the mean and of the variance.
    for row in 0..<4 {
      let (_, scale) = NormCase.moments(example.x.values.map(Double.init)[row * 32..<row * 32 + 32])
      for i in 0..<32 {
        wrong.x[row * 32 + i] =
          Float(scale) * example.dy.buffer[row * 32 + i] * example.weight.buffer[i]
      }
    }
    #expect(checks.pass(wrong) == (false, true, true))
    wrong.weight = right.bias
    #expect(checks.pass(wrong) == (false, false, true))
  }

  // MARK: activations

  @Test(arguments: [Activation.identity, .quickGELU, .gelu, .tanhGELU, .relu]) func activations(
    activation: Activation
  )
    throws
  {
    let values = stride(from: Float(-20), through: 20, by: 0.3137).map { $0 }
    func function(_ x: Double) -> Double {
      switch activation {
      case .identity: x
      case .quickGELU: x / (1 + exp(-1.702 * x))
      case .gelu: x / 2 * erfc(-x / 2.0.squareRoot())
      case .tanhGELU: x / (1 + exp(-2 * (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
      case .relu: max(x, 0)
      }
    }
    var numbers = Numbers(seed: 23)
    let dy = values.map { _ in numbers.next() + 2 }
    let check = GradientCheck(at: values, samples: 200) { combined($0.map(function), dy) }
    for kernels in Self.choices {
      let (x, gradient, y, plain) = (
        try Matrix(1, values.count), try Matrix(1, values.count), try Matrix(1, values.count),
        try Matrix(1, values.count)
      )
      for (i, value) in values.enumerated() {
        x.buffer.base[i] = value
        gradient.buffer.base[i] = dy[i]
      }
      let pool = ThreadPool(threads: 1)
      activation.backward(
        rows: 1, width: values.count, x: x.rows, gradient: gradient.rows, to: y.rows, kernels: kernels,
        pool: pool)
      activation.apply(
        rows: 1, width: values.count, x.rows, to: plain.rows, kernels: kernels, pool: pool)
      extendLifetime((x, gradient, y, plain))
      #expect(check.passes(gradient.values))
      #expect(!check.passes(gradient.values.map { $0 * 1.05 }))
      #expect(bits(y.values) == bits(plain.values))
      #expect(zip(y.values, values).allSatisfy { abs(Double($0) - function(Double($1))) < 1e-5 })
    }
  }

  /// The activation applied alone has the bits that a product with it writes.
  @Test(arguments: [Activation.quickGELU, .gelu, .tanhGELU, .relu]) func activationAloneIsThatOfProducts(
    activation: Activation
  ) throws {
    var numbers = Numbers(seed: 24)
    let (x, weight) = (try Matrix(9, 32, &numbers), try Matrix(48, 32, &numbers))
    let (together, apart) = (try Matrix(9, 48), try Matrix(9, 48))
    let pool = ThreadPool(threads: 2)
    for kernels in Self.choices {
      let layer = try Linear(
        weight: weight.buffer.base, bias: nil, inputs: 32, outputs: 48, kernels: kernels)
      layer.apply(
        rows: 9, x.rows.operand, to: together.rows.operand, activation: activation, pool: pool)
      layer.apply(rows: 9, x.rows.operand, to: apart.rows.operand, pool: pool)
      activation.apply(rows: 9, width: 48, apart.rows, to: apart.rows, kernels: kernels, pool: pool)
      #expect(bits(together.values) == bits(apart.values))
    }
    extendLifetime((x, weight, together, apart))
  }

  // MARK: the optimiser's step

  @Test func adamWIsItsDefinition() throws {
    for kernels in Self.choices {
      var numbers = Numbers(seed: 26)
      let weight = try numbers.buffer(100)
      let (mean, square) = (try FloatBuffer(count: 100), try FloatBuffer(count: 100))
      var exact = array(weight.base, 100).map(Double.init)
      var (m, v) = ([Double](repeating: 0, count: 100), [Double](repeating: 0, count: 100))
      for number in 1...20 {
        let gradient = try numbers.buffer(100)
        AdamWStep(number: number, rate: 1e-2, weightDecay: 0.2, beta1: 0.9, beta2: 0.98, epsilon: 1e-8).apply(
          weight, gradient: gradient, mean: mean, square: square, kernels: kernels,
          pool: ThreadPool(threads: 2))
        for i in 0..<100 {
          let g = Double(gradient[i])
          m[i] = 0.9 * m[i] + 0.1 * g
          v[i] = 0.98 * v[i] + 0.02 * g * g
          let unbiased = m[i] / (1 - pow(0.9, Double(number)))
          let spread = v[i] / (1 - pow(0.98, Double(number)))
          exact[i] = exact[i] * (1 - 1e-2 * 0.2) - 1e-2 * unbiased / (spread.squareRoot() + 1e-8)
        }
      }
      #expect((0..<100).allSatisfy { abs(Double(weight[$0]) - exact[$0]) < 2e-6 })
    }
  }

  // MARK: threads

  @Test func threadsDoNotChangeGradients() throws {
    let linear = try LinearCase(700, 40, 150)
    let norm = try NormCase(300, 130)
    let first = try (linear.gradients(kernels, threads: 1), norm.gradients(kernels, threads: 1))
    for threads in [2, 3] {
      let same = try (linear.gradients(kernels, threads: threads), norm.gradients(kernels, threads: threads))
      #expect(bits(same.0.x) == bits(first.0.x) && bits(same.0.weight) == bits(first.0.weight))
      #expect(bits(same.0.bias) == bits(first.0.bias) && bits(same.1.x) == bits(first.1.x))
      #expect(bits(same.1.weight) == bits(first.1.weight) && bits(same.1.bias) == bits(first.1.bias))
    }
  }
}
