import System
import Text

/// The tensors of a TorchScript module, named as its state dict names them: the attributes' names on the way
/// from the module at the top, joined by dots.
///
/// Other attributes (numbers, strings, lists, dicts, and the tensors in those) are no part of a state dict and are
/// skipped. A submodule in two places gives its tensors under both names. Every path is walked, so the attributes on
/// all of them together are limited, and no module may contain itself.
struct ModuleTree {
  private(set) var tensors: [NamedTensor] = []

  /// A module whose attributes are being walked.
  private struct Level {
    /// The object's value in the pickle.
    let module: Int
    var attributes: PicklePairs
    /// Bytes of the path that lead to it, with the dot.
    let path: Int
  }

  static let maximumAttributes = 1_000_000
  static let maximumModules = 65_536

  /// Names of modules and tensors, to find duplicates.
  private var names: [String] = []
  private var modules = 0

  init(_ pickle: borrowing Pickle, _ keys: StateDictKeys) throws(Failure) {
    guard pickle.kind(pickle.root) == .object else {
      throw .unsupported("the TorchScript archive holds \(pickle.describe(pickle.root)), not a module")
    }
    var path: [UInt8] = []
    var levels: [Level] = []
    var attributes = 0
    try enter(pickle.root, path, &levels, pickle)
    while !levels.isEmpty {
      guard let (key, value) = levels[levels.count - 1].attributes.next() else {
        levels.removeLast()
        continue
      }
      attributes += 1
      guard attributes <= ModuleTree.maximumAttributes else {
        throw .limit("the modules have over \(ModuleTree.maximumAttributes) attributes")
      }
      path.removeSubrange(levels[levels.count - 1].path...)
      try appendName(key, to: &path, pickle)
      switch pickle.kind(value) {
      case .tensor:
        guard tensors.count < WeightsLimits.tensors else {
          throw .limit("the modules have over \(WeightsLimits.tensors) tensors")
        }
        let name = try tensorName(path)
        tensors.append(NamedTensor(name: name, tensor: pickle.values[value].a))
        names.append(name)
      case .object:
        names.append(try tensorName(path))
        path.append(UInt8(ascii: "."))
        try enter(value, path, &levels, pickle)
      case .opaque where pickle.standsForTensor(value):
        throw .unsupported(
          "\(quoted(path)) is \(pickle.describe(value)), which is not read; only dense tensors of common number "
            + "types are")
      default:
        guard levels.count > 1 || !keys.isDotless(path) else {
          throw .unsupported("\(quoted(path)) is \(pickle.describe(value)), not a tensor")
        }
      }
    }
    try refuseDuplicates()
  }

  private func appendName(
    _ key: Int, to path: inout [UInt8], _ pickle: borrowing Pickle
  ) throws(Failure) {
    guard let name = pickle.string(key) else {
      throw .invalid(
        "\(ModuleTree.described(path)) has an attribute under \(pickle.describe(key)), not under a name")
    }
    // A dot would make one module's attribute look like another's.
    guard !name.isEmpty, !name.contains(UInt8(ascii: ".")) else {
      throw .invalid("\(ModuleTree.described(path)) has an attribute named \(quoted(name)), which names none")
    }
    guard name.count <= WeightsLimits.nameBytes - path.count else {
      throw .limit(
        "the name of attribute \(quoted(name, limit: 64)) of \(ModuleTree.described(path)) takes over "
          + "\(WeightsLimits.nameBytes) bytes")
    }
    path += name
  }

  /// `path` ends with a dot, or is empty for the module at the top.
  private mutating func enter(
    _ module: Int, _ path: [UInt8], _ levels: inout [Level], _ pickle: borrowing Pickle
  ) throws(Failure) {
    var what: String { ModuleTree.described(path) }
    guard !levels.contains(where: { $0.module == module }) else {
      throw .invalid("\(what) lies within itself")
    }
    guard levels.count < Pickle.maximumDepth else {
      throw .limit("\(what) lies over \(Pickle.maximumDepth) modules deep")
    }
    modules += 1
    guard modules <= ModuleTree.maximumModules else {
      throw .limit("the archive has over \(ModuleTree.maximumModules) modules")
    }
    guard let state = pickle.state(of: module) else {
      throw .invalid("\(what), \(pickle.describe(module)), was never given its attributes")
    }
    guard let attributes = pickle.pairs(state) else {
      throw .unsupported(
        "\(what), \(pickle.describe(module)), is kept as \(pickle.describe(state)) of its class's own making; only "
          + "modules kept as a dict of their attributes are read")
    }
    levels.append(Level(module: module, attributes: attributes, path: path.count))
  }

  private func refuseDuplicates() throws(Failure) {
    let sorted = names.sorted(by: bytesPrecede)
    for (a, b) in zip(sorted, sorted.dropFirst()) where a.utf8.elementsEqual(b.utf8) {
      throw .invalid("two attributes are named \(quoted(a.utf8))")
    }
  }

  private static func described(_ path: [UInt8]) -> String {
    path.isEmpty
      ? "the module" : "module \(quoted(path.last == UInt8(ascii: ".") ? path.dropLast() : path[...]))"
  }
}
