import Numerics
import System

/// The highest instruction set that models may compute with, by the environment of the process.
enum InstructionLimit {
  /// The word for no limit.
  private static let none = "auto"

  /// The limit that the environment names; nil: none.
  static func ofEnvironment() throws(Failure) -> InstructionSet? {
    guard let setting = EnvironmentSetting("ACTIONCLIP_INSTRUCTIONS"),
      !setting.bytes.elementsEqual(none.utf8)
    else { return nil }
    guard let set = InstructionSet.ordered.first(where: { setting.bytes.elementsEqual($0.name.utf8) })
    else { throw setting.failure(expected: "one of \(none), \(InstructionSet.orderedNames)") }
    return set
  }
}
