import Numerics
import System
import TensorNames
import Weights

/// The learned vectors that an encoder's learned tokens begin blocks 1, 2, … with, in place of what the block before
/// made of them ("deep" prompts: VPT, arXiv 2203.12119; ViFi-CLIP clip/model.py, `ResidualAttentionBlock_ViFi_CLIP`).
final class DeepPrompts: Sendable {
  /// The vectors of blocks 1, 2, … in order, each [K, W].
  private let layers: [FloatBuffer]
  private let count: Int  // K
  private let width: Int

  /// Reads the vectors of blocks `prefix`1., `prefix`2. and so on, as far as each has some; nil: there are none.
  /// `count` is K.
  init?(
    _ reader: ParameterReader, _ prefix: String, blocks: Int, count: Int, width: Int
  ) throws(Failure) {
    var layers: [FloatBuffer] = []
    if count > 0 {
      for block in 1..<max(blocks, 1) {
        let name = DeepPrompts.name(prefix, block)
        guard reader.has(name) else { break }
        layers.append(try reader.promptVectors(name, [count, width]))
      }
    }
    guard !layers.isEmpty else { return nil }
    (self.layers, self.count, self.width) = (layers, count, width)
  }

  static func name(_ prefix: String, _ block: Int) -> String {
    "\(prefix)\(block).\(TensorNames.Block.prompts)"
  }

  /// Writes a block's vectors to the last K rows of every sequence of x [rows, W].
  func write(before layer: Int, to x: UnsafeMutablePointer<Float>, endOf sequences: Sequences) {
    guard let vectors = vectors(layer) else { return }
    for sequence in 0..<sequences.count {
      (x + (sequences.offsets[sequence + 1] - count) * width).update(from: vectors, count: count * width)
    }
  }

  /// Writes a block's vectors to the rows of x [rows, W] that are learned tokens. `tokens` [rows] has the number of each
  /// row's learned token, or a number below 0.
  func write(
    before layer: Int, to x: UnsafeMutablePointer<Float>, rows: Int, _ tokens: UnsafePointer<Int>
  ) {
    guard let vectors = vectors(layer) else { return }
    for row in 0..<rows where tokens[row] >= 0 {
      (x + row * width).update(from: vectors + tokens[row] * width, count: width)
    }
  }

  private func vectors(_ layer: Int) -> UnsafePointer<Float>? {
    (1...layers.count).contains(layer) ? layers[layer - 1].pointer : nil
  }
}

extension ParameterReader {
  /// Learned tokens, rounded to fp16 as ViFi-CLIP's program takes them in every forward pass.
  func promptVectors(_ name: String, _ shape: [Int]) throws(Failure) -> FloatBuffer {
    let buffer = try tensor(name, shape)
    for i in 0..<buffer.count {
      guard let half = FloatConversion.half(buffer.base[i]) else {
        throw Failure(.notFinite, "tensor '\(name)' holds \(buffer.base[i]), which is beyond fp16")
      }
      let rounded = FloatConversion.float(half: half)
      // Numbers that another model shares are rounded already, and are not written.
      if rounded != buffer.base[i] { buffer.base[i] = rounded }
    }
    return buffer
  }
}
