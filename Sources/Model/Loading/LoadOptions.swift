import Numerics

/// The caller's choices for a model; nil: as the checkpoint says.
public struct LoadOptions: Sendable {
  public var joint: Bool?
  public var temporalShift: ShiftForm?
  public var head: TemporalHeadKind?
  public var frames: Int?
  public var threads: Int
  /// Processor ids that the model's threads are pinned to in turn; empty: the affinity of the thread that starts them.
  public var processors: [Int32]
  /// The precision of the encoders' products.
  public var precision: Precision?
  /// The highest instruction set that the model may compute with; nil: the best of the processor's.
  public var instructions: InstructionSet?
  public var activation: EncoderActivation?
  /// Frames on each side that a frame's tokens attend to, 0: none; see `Configuration.temporalView`.
  public var temporalView: Int?
  /// Whether the model is to be trained: then only the encoders' matrices are held below fp32.
  public var isForTraining = false
  /// Whether numbers are read. If not, the model is for its sizes alone: it has memory that no number was written to.
  public var readsNumbers = true
  /// Parameters of another model with the same kernels, by name, which this one shares where it would hold them alike.
  public var shared: [String: Parameter] = [:]

  public init(
    joint: Bool? = nil, temporalShift: ShiftForm? = nil, head: TemporalHeadKind? = nil, frames: Int? = nil,
    threads: Int = 1, processors: [Int32] = [], precision: Precision? = nil,
    instructions: InstructionSet? = nil, activation: EncoderActivation? = nil, temporalView: Int? = nil
  ) {
    self.joint = joint
    self.temporalShift = temporalShift
    self.head = head
    self.frames = frames
    self.threads = threads
    self.processors = processors
    self.precision = precision
    self.instructions = instructions
    self.activation = activation
    self.temporalView = temporalView
  }
}
