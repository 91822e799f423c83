import Text

/// The state dicts of a checkpoint: which tensors are wanted, and their names.
///
/// ActionCLIP's training saves {epoch, model_state_dict, fusion_model_state_dict,
/// optimizer_state_dict}. Others save a state dict alone, or in {state_dict: ...} or {model: ...}.
/// The fusion head's tensors get the prefix `fusion.`; a leading `module.`, left by DataParallel,
/// is removed.
struct StateDictionaries {
  private(set) var tensors: [NamedTensor] = []
  /// Top-level keys whose values are dicts, in the file's order; none for a bare state dict.
  private(set) var sections: [String] = []

  private static let containers = ["model_state_dict", "state_dict", "model", "model_state"]
  private static let fusion = "fusion_model_state_dict"
  private static let maximumSections = 64

  init(_ pickle: borrowing Pickle) throws(WeightsError) {
    guard let pairs = pickle.pairs(pickle.root) else {
      throw .unsupported(
        "the checkpoint is \(pickle.describe(pickle.root)), not a dict of tensors; save the "
          + "module's state: torch.save(model.state_dict(), 'new.pt')")
    }
    var found: [(key: String, value: Int)] = []
    var fusion: Int?
    var isStateDictionary = false
    for (key, value) in pairs {
      let kind = pickle.kind(value)
      // Or what torch made of a kind not read: then the error is to name that.
      if kind == .tensor || kind == .opaque && pickle.isTorchs(value) { isStateDictionary = true }
      guard let bytes = pickle.string(key) else { continue }
      let isDictionary = kind == .dictionary || kind == .orderedDictionary
      let container = StateDictionaries.containers.first { $0.utf8.elementsEqual(bytes) }
      let isFusion = bytes.elementsEqual(StateDictionaries.fusion.utf8)
      if isDictionary, sections.count < StateDictionaries.maximumSections {
        sections.append(printable(bytes, limit: 64))
      }
      if let container, isDictionary || kind == .opaque {
        guard !found.contains(where: { $0.key == container }) else {
          throw .invalid("the checkpoint has '\(container)' twice")
        }
        found.append((container, value))
      }
      if isFusion, kind != .none {
        guard fusion == nil else {
          throw .invalid("the checkpoint has '\(StateDictionaries.fusion)' twice")
        }
        fusion = value
      }
    }
    // An inert object under a container's name, such as a pickled module, is only an error if there
    // is nothing better.
    let readable = found.filter { pickle.kind($0.value) != .opaque }
    guard readable.count <= 1 else {
      let keys = readable.map(\.key).joined(separator: "' and '")
      throw .unsupported("the checkpoint has several state dicts, '\(keys)': keep one of them")
    }
    if let container = readable.first ?? found.first {
      try add(container.value, of: container.key, prefix: "", pickle)
    } else if isStateDictionary {
      sections = []
      try add(pickle.root, of: nil, prefix: "", pickle)
    } else {
      throw .unsupported(
        "the checkpoint holds no state dict: none of '"
          + StateDictionaries.containers.joined(separator: "', '") + "', and no tensors at its top")
    }
    if let fusion { try add(fusion, of: StateDictionaries.fusion, prefix: "fusion.", pickle) }
  }

  /// Adds a state dict's tensors. Plain numbers, strings and the like among them are passed over;
  /// an object that may stand for a tensor is an error, not a silent gap.
  private mutating func add(
    _ dictionary: Int, of section: String?, prefix: String, _ pickle: borrowing Pickle
  ) throws(WeightsError) {
    let section = section.map { "'\($0)'" } ?? "the checkpoint"
    guard let pairs = pickle.pairs(dictionary) else {
      throw .unsupported(
        "\(section) is \(pickle.describe(dictionary)), not a dict of tensors")
    }
    for (key, value) in pairs {
      let kind = pickle.kind(value)
      guard kind == .tensor || kind == .opaque else { continue }
      guard let bytes = pickle.string(key) else {
        throw .invalid("\(section) has a tensor under \(pickle.describe(key)), not under a name")
      }
      guard kind == .tensor else {
        throw .unsupported(
          "\(quoted(bytes)) in \(section) is \(pickle.describe(value)), which is not read; only "
            + "dense tensors of common number types are")
      }
      guard tensors.count < WeightsLimits.tensors else {
        throw .limit("the checkpoint has over \(WeightsLimits.tensors) tensors")
      }
      let name = try tensorName(bytes)
      let own = removing("module.", from: name) ?? name
      tensors.append(NamedTensor(name: prefix + own, tensor: pickle.values[value].a))
    }
  }
}
