import System
import TensorNames
import Text
import Weights

/// Sizes that stand beside a model's tensors, in a configuration, a name or a tensor of one number, to be held against
/// those that the tensors have: a configuration of another model would give wrong numbers without a word.
struct StatedSizes: Equatable, Sendable {
  /// A size that tensors tell.
  enum Size: Sendable {
    case imageSize, patchSize, visionWidth, visionLayers, visionHidden, embeddingSize
    case textWidth, textLayers, textHidden, contextLength, vocabularySize
    case frames  // of an X-CLIP
  }

  private struct Statement: Equatable {
    let size: Size
    let value: Int
    /// Names the statement: "config.json says that 'vision_config.image_size' is".
    let text: String
  }

  private var statements: [Statement] = []

  /// `text` goes before the value in a message.
  mutating func add(_ size: Size, _ value: Int, _ text: String) {
    statements.append(Statement(size: size, value: value, text: text))
  }

  mutating func add(_ other: StatedSizes) { statements += other.statements }

  /// Holds every statement against tensors that have the reference's names. A size that the tensors do not tell is
  /// passed over: the model says which tensor it misses.
  func check(_ tensors: any TensorSource) throws(Failure) {
    for statement in statements {
      guard let found = StatedSizes.measure(statement.size, tensors), found.value != statement.value else {
        continue
      }
      throw Failure(
        .optionConflict,
        "\(statement.text) \(statement.value), but \(found.by) gives \(found.value): the two are not of one model"
      )
    }
  }

  static func measure(_ size: Size, _ tensors: any TensorSource) -> (value: Int, by: String)? {
    func dimension(_ name: String, _ axis: Int, rank: Int) -> (value: Int, by: String)? {
      guard let shape = tensors.info(name)?.shape, shape.count == rank else { return nil }
      return (shape[axis], "tensor '\(name)' of shape \(shape)")
    }
    func hidden(_ blocks: String) -> String { "\(blocks)0.\(TensorNames.Block.fc)weight" }
    func layers(_ blocks: String) -> (value: Int, by: String)? {
      var count = 0
      while count < 1000, tensors.names.containsBlock("\(blocks)\(count).") { count += 1 }
      return count > 0 ? (count, "the number of '\(blocks)N'") : nil
    }
    /// The side of a patch in pixels: the patch embedding's, times those of the convolutions before it.
    func patch() -> (value: Int, by: String)? {
      let names = TensorNames.Vision.self
      guard var found = dimension(names.patchEmbedding, 2, rank: 4) else { return nil }
      for (stem, axis) in [(names.firstStem, 2), (names.secondStem, 1)] {
        guard let side = dimension(stem + "weight", axis, rank: 4)?.value else { continue }
        guard (1...1024).contains(side), (1...1024).contains(found.value) else { return nil }
        found.value *= side
      }
      return found
    }
    switch size {
    case .patchSize: return patch()
    case .visionWidth: return dimension(TensorNames.Vision.patchEmbedding, 0, rank: 4)
    case .visionLayers: return layers(TensorNames.Vision.blocks)
    case .visionHidden: return dimension(hidden(TensorNames.Vision.blocks), 0, rank: 2)
    case .embeddingSize: return dimension(TensorNames.Vision.projection, 1, rank: 2)
    case .textWidth: return dimension(TensorNames.Text.tokenEmbedding, 1, rank: 2)
    case .textLayers: return layers(TensorNames.Text.blocks)
    case .textHidden: return dimension(hidden(TensorNames.Text.blocks), 0, rank: 2)
    case .contextLength: return dimension(TensorNames.Text.positionalEmbedding, 0, rank: 2)
    case .frames: return dimension(TensorNames.Integration.positions, 1, rank: 3)
    case .vocabularySize: return dimension(TensorNames.Text.tokenEmbedding, 0, rank: 2)
    case .imageSize:
      guard let patch = patch(),
        let rows = dimension(TensorNames.Vision.positionalEmbedding, 0, rank: 2),
        (2...65_537).contains(rows.value),
        (1...1024).contains(patch.value)
      else { return nil }
      let grid = Int(Double(rows.value - 1).squareRoot().rounded())
      guard grid * grid == rows.value - 1 else { return nil }
      return (
        grid * patch.value,
        "'\(TensorNames.Vision.positionalEmbedding)' with patches of \(patch.value) pixels"
      )
    }
  }
}

extension [String] {
  /// Whether a name begins so; the names are sorted by their bytes.
  fileprivate func containsBlock(_ prefix: String) -> Bool {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if bytesPrecede(self[middle], prefix) { low = middle + 1 } else { high = middle }
    }
    return low < count && self[low].utf8.starts(with: prefix.utf8)
  }
}
