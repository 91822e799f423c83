/// The keys and names that tell which tensors of a checkpoint are the model's. The programs that write checkpoints
/// choose them, so they are given by the room that knows the programs; by default a checkpoint is one bare state dict.
public struct StateDictKeys: Sendable {
  /// Keys at a torch checkpoint's top that a state dict may stand under. A checkpoint is refused if it has two of them.
  let containers: [String]
  /// The key of a second state dict of the model, and the prefix that its tensors' names get.
  let second: (key: String, prefix: String)?
  /// Names of parameters without a dot, which else tells a parameter's name from a note's.
  let dotless: [String]
  /// The key of a text that is kept, with the settings of the training.
  let settings: String?

  public init(
    containers: [String] = [], second: (key: String, prefix: String)? = nil, dotless: [String] = [],
    settings: String? = nil
  ) {
    self.containers = containers
    self.second = second
    self.dotless = dotless
    self.settings = settings
  }

  /// Whether a name is that of a parameter without a dot.
  func isDotless(_ name: some Sequence<UInt8>) -> Bool {
    dotless.contains { $0.utf8.elementsEqual(name) }
  }
}
