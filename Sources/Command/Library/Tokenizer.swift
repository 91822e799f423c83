import CActionCLIP

/// A tokenizer without a model: owns the library's handle.
final class Tokenizer {
  private let handle: OpaquePointer
  private var ids = [Int32](repeating: 0, count: 256)

  init(path: FilePath) throws(LibraryError) {
    var loaded: OpaquePointer?
    try check(actionclip_tokenizer_load(path.cString, &loaded), on: path)
    guard let loaded else { throw LibraryError(status: 0, message: "\(path.shown): no tokenizer was given") }
    handle = loaded
  }

  deinit { actionclip_tokenizer_free(handle) }

  /// Token ids of UTF-8 text, which may hold NUL bytes, without markers.
  func encode(_ text: [UInt8]) throws -> ArraySlice<Int32> {
    var count = 0
    try text.withUnsafeBytes { raw in
      let bytes = raw.assumingMemoryBound(to: CChar.self)
      // An empty array has no address, but the library requires one.
      try withUnsafePointer(to: CChar(0)) { empty in
        let start = bytes.baseAddress ?? empty
        var capacity = ids.count
        var status = actionclip_tokenizer_encode(handle, start, bytes.count, &ids, capacity, &count)
        if status == ACTIONCLIP_ERROR_BUFFER_TOO_SMALL {
          try check(actionclip_tokenizer_encode(handle, start, bytes.count, nil, 0, &count))
          capacity = count
          ids = [Int32](repeating: 0, count: capacity)
          status = actionclip_tokenizer_encode(handle, start, bytes.count, &ids, capacity, &count)
        }
        try check(status)
      }
    }
    return ids.prefix(count)
  }
}
