import TensorNames
import Weights

extension StateDictKeys {
  /// The dict of the reference's checkpoints that the temporal head's tensors stand in. The reference always writes it,
  /// and nobody else does.
  static let headKey = "fusion_model_state_dict"

  /// Keys under which the programs of all families save their models. ActionCLIP's training saves {epoch,
  /// model_state_dict, fusion_model_state_dict, optimizer_state_dict}; others save a state dict alone, or in
  /// {state_dict: ...} or {model: ...}, and SlowFast's programs in {model_state: ..., cfg: ...}.
  static let known = StateDictKeys(
    containers: ["model_state_dict", "state_dict", "model", "model_state"],
    second: (headKey, TensorNames.Head.prefix),
    dotless: [
      TensorNames.logitScale, TensorNames.Text.positionalEmbedding, TensorNames.Text.projection, "logit_bias",
    ],
    settings: "cfg")
}
