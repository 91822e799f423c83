/// Tables from a family's names to their roles. Names of layers end in a dot, as in `TensorNames`: a layer has a weight
/// and a bias.
extension [String: TensorRole] {
  /// `layers` are the family's layers by the reference's names; `thirds` are beginnings of the names of a block's
  /// queries, keys and values, with the weight and the bias that the reference has of all three.
  init(
    layers: KeyValuePairs<String, String>,
    thirds: KeyValuePairs<String, (weight: String, bias: String)> = [:],
    _ others: [String: TensorRole] = [:]
  ) {
    self = others
    for (theirs, ours) in layers {
      self[theirs + "weight"] = .tensor(ours + "weight")
      self[theirs + "bias"] = .tensor(ours + "bias")
    }
    for (theirs, ours) in thirds {
      for (index, projection) in ["q_proj.", "k_proj.", "v_proj."].enumerated() {
        self[theirs + projection + "weight"] = .part(index, of: ours.weight)
        self[theirs + projection + "bias"] = .part(index, of: ours.bias)
      }
    }
  }
}
