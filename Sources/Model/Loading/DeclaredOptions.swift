import System
import Numerics
import Weights

/// What a file says about its own options in its metadata (docs/FORMAT.md); nil where it says nothing.
public struct DeclaredOptions: Sendable, Equatable {
  public var joint: Bool?
  public var temporalShift: Bool?
  public var head: TemporalHeadKind?
  public var frames: Int?
  /// See `Configuration.temporalView`; nil is none.
  public var temporalView: Int?
  /// What told the activation and the heads, where it was not the file's own metadata: "config.json".
  public var configuration: String?
  public var visionHeads: Int?
  public var textHeads: Int?
  /// The numbers of heads above are a guess.
  public var headsAreAssumed = false
  /// Unlike the others a default only: any precision may be asked for.
  public var precision: Precision?
  public var activation: EncoderActivation?
  public var epsilon: Float?
  public var headEpsilon: Float?
  /// A default only, where nothing else tells the number of frames.
  public var usualFrames: Int?

  public init(
    joint: Bool? = nil, temporalShift: Bool? = nil, head: TemporalHeadKind? = nil, frames: Int? = nil,
    precision: Precision? = nil, activation: EncoderActivation? = nil, epsilon: Float? = nil,
    headEpsilon: Float? = nil, usualFrames: Int? = nil, visionHeads: Int? = nil, textHeads: Int? = nil
  ) {
    self.joint = joint
    self.temporalShift = temporalShift
    self.head = head
    self.frames = frames
    self.precision = precision
    self.activation = activation
    self.epsilon = epsilon
    self.headEpsilon = headEpsilon
    self.usualFrames = usualFrames
    self.visionHeads = visionHeads
    self.textHeads = textHeads
  }

  /// Holds numbers that need no choice of the caller's against their ranges.
  func check() throws(Failure) {
    let epsilons = [("epsilon", epsilon), ("head_epsilon", headEpsilon)]
    for case (let name, let value?) in epsilons where !Configuration.epsilons.contains(value) {
      let range = Configuration.epsilons
      throw Failure(
        .invalid,
        "the file says that \(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    if let usualFrames, !(1...Configuration.maximumFrames).contains(usualFrames) {
      throw Failure(
        .invalid,
        "the file says that frames are \(usualFrames), expected 1 to \(Configuration.maximumFrames)")
    }
  }
}

/// An option and who chose it: the file about itself, or else the caller.
struct Choice<Value: Equatable> {
  let value: Value?
  /// The metadata's key and value, where the file chose.
  private let declared: String?

  var isDeclared: Bool { declared != nil }

  init(
    _ name: String, asked: Value?, declared: Value?, by configuration: String? = nil,
    shown: (Value) -> String
  ) throws(Failure) {
    if let asked, let declared, asked != declared {
      throw Failure(
        .optionConflict,
        "\(name) \(shown(asked)) was asked for, but "
          + (configuration.map { "\($0) says \(shown(declared))" }
            ?? "the file says \(shown(declared)) ('actionclip.\(name)')"))
    }
    value = declared ?? asked
    self.declared = declared.map { "'actionclip.\(name)' is \(shown($0))" }
  }

  /// The error that the tensors, by what was `found`, contradict this choice: the caller's, worded as
  /// what was `asked`, is a conflict; the file's makes the file contradict itself.
  func contradiction(_ asked: String, _ found: String) -> Failure {
    guard let declared else { return Failure(.optionConflict, "\(asked), but \(found)") }
    return Failure(.invalid, "\(declared), but \(found)")
  }
}
