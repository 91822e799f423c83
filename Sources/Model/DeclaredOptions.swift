import Numerics
import Weights

/// What a file says about its own options in its metadata (docs/FORMAT.md); nil where it says nothing.
public struct DeclaredOptions: Sendable, Equatable {
  public var joint: Bool?
  public var temporalShift: Bool?
  public var head: TemporalHead?
  public var frames: Int?
  public var visionHeads: Int?
  public var textHeads: Int?
  /// Unlike the others a default only: any precision may be asked for.
  public var precision: Precision?

  public init(
    joint: Bool? = nil, temporalShift: Bool? = nil, head: TemporalHead? = nil, frames: Int? = nil,
    precision: Precision? = nil
  ) {
    self.joint = joint
    self.temporalShift = temporalShift
    self.head = head
    self.frames = frames
    self.precision = precision
  }
}

/// An option and who chose it: the file about itself, or else the caller.
struct Choice<Value: Equatable> {
  let value: Value?
  /// The metadata's key and value, where the file chose.
  private let declared: String?

  var isDeclared: Bool { declared != nil }

  init(
    _ name: String, asked: Value?, declared: Value?, shown: (Value) -> String
  ) throws(ModelError) {
    if let asked, let declared, asked != declared {
      throw ModelError(
        .optionConflict,
        "\(name) \(shown(asked)) was asked for, but the file says \(shown(declared)) ('actionclip.\(name)')")
    }
    value = declared ?? asked
    self.declared = declared.map { "'actionclip.\(name)' is \(shown($0))" }
  }

  /// The error that the tensors, by what was `found`, contradict this choice: the caller's, worded as
  /// what was `asked`, is a conflict; the file's makes the file contradict itself.
  func contradiction(_ asked: String, _ found: String) -> ModelError {
    guard let declared else { return ModelError(.optionConflict, "\(asked), but \(found)") }
    return ModelError(.weights(.invalid), "\(declared), but \(found)")
  }
}
