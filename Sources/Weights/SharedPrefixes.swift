/// The prefix `module.`, which torch's DataParallel puts before every name that it saves. It is removed only where all
/// names of a state dict carry it: then it says nothing. The names that begin with `apart` are a state dict of their
/// own, which carries it after that beginning.
struct SharedPrefixes {
  private static let wrapper = "module."
  /// Whether the names of the first state dict carry the prefix, and those of the second.
  private let first, second: Bool
  private let apart: String?

  init(_ names: [String], apart: String?) {
    self.apart = apart
    let others = names.filter { SharedPrefixes.isApart($0, apart) }
    let wrapped = names.count { $0.utf8.starts(with: SharedPrefixes.wrapper.utf8) }
    first = others.count + wrapped == names.count
    second = others.allSatisfy { $0.utf8.starts(with: ((apart ?? "") + SharedPrefixes.wrapper).utf8) }
  }

  func removed(from name: String) -> String {
    if second, let apart, let rest = removing(apart + SharedPrefixes.wrapper, from: name) {
      return apart + rest
    }
    if first, let rest = removing(SharedPrefixes.wrapper, from: name) { return rest }
    return name
  }

  private static func isApart(_ name: String, _ prefix: String?) -> Bool {
    prefix.map { name.utf8.starts(with: $0.utf8) } == true
  }
}
