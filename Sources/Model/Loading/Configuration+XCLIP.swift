import System
import TensorNames
import Weights

// The parts of X-CLIP: message tokens, the MIT head and prompts that a video makes. A file has all three or none.

extension Configuration {
  /// Whether the file has message tokens, which exclude the other ways for frames to see each other.
  mutating func inferMessages(_ reader: ParameterReader) throws(Failure) {
    let name = "\(TensorNames.Vision.blocks)0.\(TensorNames.Block.messageFC)weight"
    hasMessages = reader.has(name)
    guard hasMessages else { return }
    let other =
      joint
      ? "joint space-time tokens"
      : temporalShift != .off ? "temporal shift" : temporalView > 0 ? "a temporal view" : nil
    if let other {
      throw Failure(
        .optionConflict,
        "the checkpoint is an X-CLIP (it has '\(name)'), whose message tokens exclude \(other); the file or options "
          + "ask for both")
    }
  }

  /// The layers of a video's prompts, and the attention heads beside the encoders. Called once the head is known.
  mutating func inferPrompts(_ reader: ParameterReader, _ declared: DeclaredOptions) throws(Failure) {
    let names = TensorNames.VideoPrompts.self
    let hasPrompts = reader.has(names.alpha)
    guard hasMessages || hasPrompts else {
      if head == IntegrationHead.kind {
        integrationHeads = try ownHeads(declared.integrationHeads, "integration_heads")
      }
      return
    }
    // A missing one of the three parts is named, also where a head of another kind was asked for.
    let parts = [
      "\(TensorNames.Vision.blocks)0.\(TensorNames.Block.messageFC)weight", TensorNames.Integration.positions,
      names.alpha,
    ]
    for name in parts where !reader.has(name) {
      throw Failure(
        .missingTensor, "tensor '\(name)' is missing, a part of the X-CLIP that the others are of")
    }
    promptLayers = try reader.countLayers(
      names.layers, VideoPrompts.firstOfLayer, for: "the prompts that a video makes need it")
    integrationHeads = try ownHeads(declared.integrationHeads, "integration_heads")
    promptHeads = try ownHeads(declared.promptHeads, "prompt_heads")
  }

  /// Attention heads over embeddings: as the file says, or else one for each 64 numbers.
  private func ownHeads(_ declared: Int?, _ key: String) throws(Failure) -> Int {
    guard declared != nil || embeddingSize % Configuration.headSize == 0 else {
      throw Failure(
        .tensorShape, "the embedding size is \(embeddingSize), expected a multiple of 64 for \(key)")
    }
    let heads = declared ?? embeddingSize / Configuration.headSize
    guard heads > 0, embeddingSize % heads == 0, (embeddingSize / heads).isMultiple(of: 2),
      embeddingSize / heads <= 256
    else {
      throw Failure(
        .invalid,
        "\(key) is \(heads), but the embedding size is \(embeddingSize); heads are of an even number up to 256"
      )
    }
    return heads
  }
}
