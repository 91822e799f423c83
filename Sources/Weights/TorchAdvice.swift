/// Lines of Python that turn a checkpoint into one that is read. They are complete, but for the names of the files, and
/// work with every torch that people have: from 2.6 on torch.load takes nothing but tensors unless it is told otherwise.
public enum TorchAdvice {
  public static let arguments = "map_location='cpu', weights_only=False"
  /// Loading runs what a pickle says.
  public static let trust = " (torch.load runs code that is in the file: only if you trust it)"

  /// The lines that save `value`, a Python expression.
  static func saveAgain(_ value: String) -> String { "import torch; torch.save(\(value), 'new.pt')\(trust)" }

  /// For a module that was saved as an object: under a key of the checkpoint, which stands in the line as it is, or by
  /// itself (nil).
  static func stateOf(key: String?) -> String {
    let place = key.map { "['\($0)']" } ?? ""
    return "save the state of the module, where its program can be imported: "
      + saveAgain("torch.load('old.pt', \(arguments))\(place).state_dict()")
  }
}
