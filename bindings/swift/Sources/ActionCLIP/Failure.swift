import CActionCLIP

/// A failed call: its status, and one line that says what is wrong and what to do.
public struct Failure: Error, CustomStringConvertible, Equatable {
  /// The status, ACTIONCLIP_ERROR_* in actionclip.h.
  public let status: Int32
  /// One line for people.
  public let message: String

  /// The name of the status in C, such as "ACTIONCLIP_ERROR_FILE_OPEN".
  public var name: String { String(cString: actionclip_status_name(status)) }
  public var description: String { "\(message) (\(name))" }
}

/// Throws for a status below 0, with the message of the thread's latest call.
func check(_ status: Int32) throws(Failure) {
  if status < 0 { throw Failure(status: status, message: String(cString: actionclip_last_error())) }
}

/// The handle that a call writes to its output.
func made(_ call: (UnsafeMutablePointer<OpaquePointer?>) -> Int32) throws(Failure) -> OpaquePointer {
  var handle: OpaquePointer?
  try check(call(&handle))
  guard let handle else {
    throw Failure(status: ACTIONCLIP_ERROR_INTERNAL, message: "the library gave no handle")
  }
  return handle
}

/// Calls `body` with texts as an array of C strings, which live as long as the call. An empty list is a pointer to
/// nothing, nil is NULL.
func withCStrings<Result>(
  _ texts: [String]?, _ body: (UnsafePointer<UnsafePointer<CChar>?>?, Int) throws(Failure) -> Result
) throws(Failure) -> Result {
  guard let texts else { return try body(nil, 0) }
  if texts.contains(where: { $0.utf8.contains(0) }) {
    throw Failure(status: ACTIONCLIP_ERROR_INVALID_ARGUMENT, message: "a text has a NUL in it")
  }
  let copies = UnsafeMutableBufferPointer<UnsafePointer<CChar>?>.allocate(capacity: max(texts.count, 1))
  copies.initialize(repeating: nil)
  defer {
    for copy in copies { copy?.deallocate() }
    copies.deallocate()
  }
  for (index, text) in texts.enumerated() {
    let bytes = text.utf8CString
    let copy = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
    _ = copy.initialize(from: bytes)
    copies[index] = UnsafePointer(copy.baseAddress)
  }
  return try body(UnsafePointer(copies.baseAddress), texts.count)
}

/// The texts of a list that C gives by index.
func texts(_ count: Int32, _ at: (Int32) -> UnsafePointer<CChar>?) throws(Failure) -> [String] {
  try check(count)
  return (0..<count).compactMap { at($0).map { String(cString: $0) } }
}
