/// The system has refused memory. Rooms answer it with their own error.
public struct OutOfMemory: Error {
  /// Bytes that were asked for; Int.max where the number does not fit an Int.
  public let bytes: Int

  public init(bytes: Int) { self.bytes = bytes }
}
