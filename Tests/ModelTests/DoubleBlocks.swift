import Foundation

@testable import Model

/// Residual attention blocks with one head, straight from the definition in Double, one row after the other.
struct DoubleBlocks {
  private let tensors: InMemoryTensors
  private let prefix: String
  private let width: Int
  private let causal: Bool
  private let activation: EncoderActivation
  private let epsilon: Double

  init(
    _ tensors: InMemoryTensors, _ prefix: String, width: Int, causal: Bool, activation: EncoderActivation,
    epsilon: Double
  ) {
    self.tensors = tensors
    self.prefix = prefix
    self.width = width
    self.causal = causal
    self.activation = activation
    self.epsilon = epsilon
  }

  func values(_ name: String) -> [Double] { tensors.tensors[name]?.values.map(Double.init) ?? [] }

  func norm(_ x: [Double], _ name: String) -> [Double] {
    let (weight, bias) = (values(name + "weight"), values(name + "bias"))
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
    return x.indices.map { (x[$0] - mean) / (variance + epsilon).squareRoot() * weight[$0] + bias[$0] }
  }

  private func activate(_ x: Double) -> Double {
    switch activation {
    case .quickGELU: x / (1 + exp(-1.702 * x))
    case .gelu: x * 0.5 * (1 + erf(x / 2.0.squareRoot()))
    case .tanhGELU: x * 0.5 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }
  }

  /// x [rows][width] through both layers, or one of them.
  func apply(_ x: inout [[Double]], layers: Range<Int> = 0..<2) {
    for layer in layers {
      let block = "\(prefix)\(layer)."
      let input = Dense(values(block + "attn.in_proj_weight"), values(block + "attn.in_proj_bias"))
      let output = Dense(values(block + "attn.out_proj.weight"), values(block + "attn.out_proj.bias"))
      let fc = Dense(values(block + "mlp.c_fc.weight"), values(block + "mlp.c_fc.bias"))
      let projection = Dense(values(block + "mlp.c_proj.weight"), values(block + "mlp.c_proj.bias"))
      let qkv = x.map { input.apply(norm($0, block + "ln_1.")) }
      for row in x.indices {
        let seen = 0..<(causal ? row + 1 : x.count)
        let weights = seen.map { key in
          exp((0..<width).reduce(0) { $0 + qkv[row][$1] * qkv[key][width + $1] } / Double(width).squareRoot())
        }
        let total = weights.reduce(0, +)
        let attended = (0..<width).map { i in
          seen.reduce(0) { $0 + weights[$1] / total * qkv[$1][2 * width + i] }
        }
        x[row] = zip(x[row], output.apply(attended)).map { $0 + $1 }
      }
      for row in x.indices {
        let hidden = fc.apply(norm(x[row], block + "ln_2.")).map(activate)
        x[row] = zip(x[row], projection.apply(hidden)).map { $0 + $1 }
      }
    }
  }

  private struct Dense {
    let weight: [Double]
    let bias: [Double]

    init(_ weight: [Double], _ bias: [Double]) { (self.weight, self.bias) = (weight, bias) }

    func apply(_ x: [Double]) -> [Double] {
      bias.indices.map { o in x.indices.reduce(bias[o]) { $0 + x[$1] * weight[o * x.count + $1] } }
    }
  }
}
