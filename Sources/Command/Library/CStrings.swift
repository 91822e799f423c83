/// Calls `body` with the path as a C string, or with NULL for nil.
func withCString(_ path: FilePath?, _ body: (UnsafePointer<CChar>?) -> Int32) -> Int32 {
  guard let path else { return body(nil) }
  return path.cString.withUnsafeBufferPointer { body($0.baseAddress) }
}

/// Calls `body` with the text as a C string, or with NULL for nil.
func withCString(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Int32) -> Int32 {
  guard let text else { return body(nil) }
  return text.withCString(body)
}

/// Reads a text of the library: `call` gets a buffer with its capacity, and a place for the size with the NUL. With
/// neither buffer nor capacity it gives the size alone.
func text(
  _ call: (UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>) -> Int32
) throws(LibraryError) -> String {
  var size = 0
  try check(call(nil, 0, &size))
  var text = [CChar](repeating: 0, count: size)
  try check(call(&text, size, &size))
  return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Calls `body` with an array of C strings that live until it returns.
func withCStrings<Result>(
  _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) throws -> Result
) rethrows -> Result {
  var bytes: [CChar] = []
  var starts: [Int] = []
  for text in texts {
    starts.append(bytes.count)
    bytes.append(contentsOf: text.utf8CString)
  }
  return try bytes.withUnsafeBufferPointer { buffer in
    var pointers = starts.map { start in buffer.baseAddress.map { $0 + start } }
    pointers.append(nil)
    return try pointers.withUnsafeBufferPointer { list in
      guard let first = list.baseAddress else { preconditionFailure("a list with its end is not empty") }
      return try body(first)
    }
  }
}
