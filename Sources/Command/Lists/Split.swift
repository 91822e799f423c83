import ArgumentParser

/// A part of a data set: its training, validation or test videos. Data sets that are divided several times number the
/// divisions: "test2".
struct Split: ExpressibleByArgument, CustomStringConvertible {
  enum Part: String, CaseIterable {
    case train, val, test

    /// The part that a data set's file calls `name`, such as "validation".
    init?(name: String) {
      let name = name.lowercased()
      guard let part = Part.allCases.first(where: { name.hasPrefix($0.rawValue) }) else { return nil }
      self = part
    }
  }

  let part: Part
  let number: Int?

  init?(argument: String) {
    let name = argument.prefix { !$0.isNumber }
    guard let part = Part(rawValue: String(name)) else { return nil }
    self.part = part
    let digits = argument.dropFirst(name.count)
    number = Int(digits)
    if !digits.isEmpty, !(1...9).contains(number ?? 0) { return nil }
  }

  var description: String { part.rawValue + (number.map(String.init) ?? "") }
}
