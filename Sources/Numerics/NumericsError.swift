/// What this room can fail with. Everything else is a matter of correct shapes, which callers check.
public enum NumericsError: Error, Equatable, Sendable {
  /// The system refused this many bytes.
  case outOfMemory(bytes: Int)
}
