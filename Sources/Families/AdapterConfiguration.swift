import System
import Text

/// adapter_config.json of PEFT's LoRA, which says how the matrices beside it are added to a model's weights. Each key is
/// done, harmless, or refused by name. Source: peft tuners/lora/config.py.
struct AdapterConfiguration {
  /// The factor on a product before it is divided by its rank.
  private(set) var alpha = 8.0
  /// Whether a product is divided by the root of its rank (rsLoRA).
  private(set) var usesRoot = false
  /// The name or path of the model that was adapted.
  private(set) var base: String?

  /// Keys that change no number once the matrices are there: of training, of which modules were chosen, of how the
  /// matrices began.
  private static let harmless: Set<String> = [
    "r", "rank_pattern", "target_modules", "exclude_modules", "modules_to_save", "layers_to_transform",
    "layers_pattern", "lora_dropout", "bias", "task_type", "inference_mode", "revision", "auto_mapping",
    "peft_version", "megatron_core", "runtime_config", "qalora_group_size", "eva_config",
    "ensure_weight_tying",
  ]

  /// Beginnings of ways to start training that change the model's own weights too.
  private static let changingStarts = ["pissa", "olora", "corda", "loftq"]

  init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    var json = Configurations.reader(bytes)
    var type: String?
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "peft_type":
        type = try Configurations.text(&json)
        guard type == nil || type == "LORA" else {
          throw .unsupported("is \(quoted((type ?? "").utf8)), expected 'LORA', which alone is merged here")
        }
      case "lora_alpha": alpha = try Configurations.number(&json) ?? alpha
      case "use_rslora": usesRoot = try Configurations.bool(&json) ?? false
      case "base_model_name_or_path": base = try Configurations.text(&json)
      case "fan_in_fan_out":
        try Configurations.expect(false, &json, "CLIP's weights are [outputs, inputs]")
      case "init_lora_weights":
        guard try json.kind() == .string, let start = try Configurations.text(&json) else {
          return try Configurations.pass(&json)
        }
        guard !AdapterConfiguration.changingStarts.contains(where: start.hasPrefix) else {
          throw .unsupported(
            "is \(quoted(start.utf8)), which changes the model's own weights too: merge it in peft (merge_and_unload)"
          )
        }
      case let key where AdapterConfiguration.harmless.contains(key): try Configurations.pass(&json)
      default:
        try Configurations.refuseUnlessOff(
          &json,
          "may change how the LoRA is merged, in a way that is not known here: merge it in peft (merge_and_unload)"
        )
      }
    }
    try json.finish()
    guard type != nil else { throw .invalid("'peft_type' is missing, expected 'LORA'") }
  }

  /// The factor on a product of matrices of this rank.
  func scaling(rank: Int) -> Float {
    Float(alpha / (usesRoot ? Double(rank).squareRoot() : Double(rank)))
  }
}
