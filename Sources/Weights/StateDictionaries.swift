import System
import Text

/// The state dicts of a checkpoint that its keys name: the wanted tensors and their names. A leading `module.`, left by
/// torch's DataParallel, is removed.
struct StateDictionaries {
  private(set) var tensors: [NamedTensor] = []
  /// Top-level keys whose values are dicts, in the file's order; none for a bare state dict.
  private(set) var sections: [String] = []
  /// The text under the key of the settings.
  private(set) var settings: [UInt8]?

  private let keys: StateDictKeys
  private static let maximumSections = 64
  private static let maximumSettings = 1 << 16

  init(_ pickle: borrowing Pickle, _ keys: StateDictKeys) throws(Failure) {
    self.keys = keys
    guard let pairs = pickle.pairs(pickle.root) else { throw StateDictionaries.refusal(ofRoot: pickle) }
    var found: [(key: String, value: Int)] = []
    var second: Int?
    var isStateDictionary = false
    for (key, value) in pairs {
      let kind = pickle.kind(value)
      // Or what torch made of a kind not read: then the error is to name that.
      if kind == .tensor || kind == .opaque && pickle.isTorchs(value) { isStateDictionary = true }
      guard let bytes = pickle.string(key) else { continue }
      let isDictionary = kind == .dictionary || kind == .orderedDictionary
      let container = keys.containers.first { $0.utf8.elementsEqual(bytes) }
      let isSecond = keys.second.map { bytes.elementsEqual($0.key.utf8) } == true
      if isDictionary, sections.count < StateDictionaries.maximumSections {
        sections.append(printable(bytes, limit: 64))
      }
      if let key = keys.settings, bytes.elementsEqual(key.utf8), let text = pickle.string(value) {
        guard text.count <= StateDictionaries.maximumSettings else {
          throw .limit(
            "'\(key)' takes \(text.count) bytes; at most \(StateDictionaries.maximumSettings) are read")
        }
        settings = Array(text)
      }
      if let container, isDictionary || kind == .opaque {
        guard !found.contains(where: { $0.key == container }) else {
          throw .invalid("the checkpoint has '\(container)' twice")
        }
        found.append((container, value))
      }
      if isSecond, kind != .none {
        guard second == nil else {
          throw .invalid("the checkpoint has '\(keys.second?.key ?? "")' twice")
        }
        second = value
      }
    }
    // An inert object under a container's name, such as a pickled module, is only an error if there
    // is nothing better.
    let readable = found.filter { pickle.kind($0.value) != .opaque }
    guard readable.count <= 1 else {
      let keys = readable.map(\.key).joined(separator: "' and '")
      throw .unsupported(
        "the checkpoint has several state dicts, '\(keys)': keep one of them: "
          + TorchAdvice.saveAgain("torch.load('old.pt', \(TorchAdvice.arguments))['\(readable[0].key)']"))
    }
    if let container = readable.first ?? found.first {
      try add(container.value, of: container.key, prefix: "", pickle)
    } else if isStateDictionary {
      sections = []
      try add(pickle.root, of: nil, prefix: "", pickle)
    } else {
      throw StateDictionaries.refusal(withoutStateDictionary: pickle, keys)
    }
    if let second, let part = keys.second { try add(second, of: part.key, prefix: part.prefix, pickle) }
  }

  /// Adds a state dict's tensors. Notes among them, such as the number of an epoch, are passed over; whatever else
  /// stands under the name of a parameter is an error, not a silent gap.
  private mutating func add(
    _ dictionary: Int, of section: String?, prefix: String, _ pickle: borrowing Pickle
  ) throws(Failure) {
    let shown = section.map { "'\($0)'" } ?? "the checkpoint"
    guard let pairs = pickle.pairs(dictionary) else {
      throw .unsupported(
        "\(shown) is \(pickle.describe(dictionary)), not a dict of tensors"
          + (pickle.kind(dictionary) == .opaque ? ": \(TorchAdvice.stateOf(key: section))" : ""))
    }
    for (key, value) in pairs {
      let kind = pickle.kind(value)
      guard let bytes = pickle.string(key) else {
        guard kind == .tensor || kind == .opaque else { continue }
        throw .invalid("\(shown) has a tensor under \(pickle.describe(key)), not under a name")
      }
      guard kind == .tensor else {
        guard isParameter(bytes, kind, isNested: section != nil) else { continue }
        throw .unsupported(
          "\(quoted(bytes)) in \(shown) is \(pickle.describe(value)), not a tensor; only "
            + "dense tensors of common number types are read")
      }
      guard tensors.count < WeightsLimits.tensors else {
        throw .limit("the checkpoint has over \(WeightsLimits.tensors) tensors")
      }
      let name = try tensorName(bytes)
      let own = removing("module.", from: name) ?? name
      tensors.append(NamedTensor(name: prefix + own, tensor: pickle.values[value].a))
    }
  }

  /// Whether what stands under a name is meant for a parameter: the name has a dot, as those of modules' parts have, or
  /// is one of the model's own without. Inside a state dict nothing but plain notes may stand beside tensors.
  private func isParameter(
    _ name: UnsafeRawBufferPointer, _ kind: PickleValue.Kind, isNested: Bool
  ) -> Bool {
    // torch's own place for what a module keeps besides tensors.
    if name.suffix(12).elementsEqual("_extra_state".utf8) { return false }
    if kind == .opaque || name.contains(UInt8(ascii: ".")) || keys.isDotless(name) { return true }
    switch kind {
    case .none, .bool, .float, .integer, .string: return false
    default: return isNested
    }
  }
}

// MARK: - Checkpoints without a state dict

extension StateDictionaries {
  private static func refusal(ofRoot pickle: borrowing Pickle) -> Failure {
    let what = "the checkpoint is \(pickle.describe(pickle.root)), not a dict of tensors"
    switch pickle.kind(pickle.root) {
    case .opaque: return .unsupported("\(what): \(TorchAdvice.stateOf(key: nil))")
    case .tuple:
      let tuple = pickle.values[pickle.root]
      let place = (0..<tuple.b).first { pickle.pairs(Int(pickle.elements[tuple.a + $0])) != nil }
      guard let place else { return .unsupported(what) }
      return .unsupported(
        "\(what); save its part \(place) alone: "
          + TorchAdvice.saveAgain("torch.load('old.pt', \(TorchAdvice.arguments))[\(place)]"))
    default: return .unsupported(what)
    }
  }

  /// Pairs of dicts that are looked at for a piece of advice.
  private static let pairsOfAdvice = 1 << 16

  /// Names the first key under which a module or the tensors of one may be meant.
  private static func refusal(
    withoutStateDictionary pickle: borrowing Pickle, _ keys: StateDictKeys
  ) -> Failure {
    let what =
      "the checkpoint holds no state dict: none of '" + keys.containers.joined(separator: "', '")
      + "', and no tensors at its top"
    guard let pairs = pickle.pairs(pickle.root) else { return .unsupported(what) }
    var module: String?
    // One dict may stand under many keys: all that are looked at are counted.
    var left = pairsOfAdvice
    for (key, value) in pairs.prefix(pairsOfAdvice) {
      guard let bytes = pickle.string(key), let name = plain(bytes) else { continue }
      if pickle.kind(value) == .opaque, module == nil { module = name }
      var inside = pickle.pairs(value)
      while left > 0, let (_, part) = inside?.next() {
        left -= 1
        guard pickle.kind(part) == .tensor else { continue }
        return .unsupported(
          "\(what); if those of '\(name)' are meant, save them alone: "
            + TorchAdvice.saveAgain("torch.load('old.pt', \(TorchAdvice.arguments))['\(name)']"))
      }
    }
    guard let module else { return .unsupported(what) }
    return .unsupported("\(what); if '\(module)' is the model, \(TorchAdvice.stateOf(key: module))")
  }

  /// A key that can stand in a line of Python as it is.
  private static func plain(_ key: UnsafeRawBufferPointer) -> String? {
    let isPlain = key.allSatisfy {
      ($0 >= 0x30 && $0 <= 0x39) || ($0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A) || $0 == 0x5F
    }
    return isPlain && (1...64).contains(key.count) ? String(decoding: key, as: UTF8.self) : nil
  }
}
