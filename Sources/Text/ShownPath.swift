import System

extension FilePath {
  /// The path as messages show it: see `shownPath`.
  public var shown: String { shownPath(bytes) }
}

extension Failure {
  /// The same failure with a file's path before its message.
  public func about(_ path: FilePath) -> Failure { about(path.shown) }
}

/// A path as messages show it: one line of at most 300 characters. If it is a URL ("https://…"), the user and
/// password before the host, the query and the fragment become "***", since they may hold a secret.
public func shownPath(_ bytes: some Sequence<UInt8>) -> String {
  let text = Array(bytes.prefix(maximumPathBytes))
  guard var start = authorityStart(in: text, from: 0) else { return printable(text, limit: 300) }
  var shown: [UInt8] = []
  var copied = 0
  // A URL may hold others, as in "cache:http://…".
  while true {
    shown += text[copied..<start]
    let next = authorityStart(in: text, from: start)
    let end = next ?? text.count
    let rest = text[start..<end]
    let query = rest.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? end
    let authorityEnd = text[start..<query].firstIndex(of: slash) ?? query
    if hasUser(text[start..<authorityEnd]), let atSign = text[start..<query].lastIndex(of: UInt8(ascii: "@"))
    {
      shown += Array("***".utf8) + text[atSign..<query]
    } else if authorityEnd == maximumPathBytes {
      shown += Array("***".utf8)  // an "@" after the host may have been cut off
    } else {
      shown += text[start..<query]
    }
    if query < end { shown += [text[query]] + Array("***".utf8) }
    guard let next else { break }
    (start, copied) = (next, next)
  }
  return printable(shown, limit: 300)
}

/// Whether `bytes` begin with the scheme of a URL, such as "https:", "rtsp:" or "pipe:". A single letter is no
/// scheme, but a drive of another system.
public func isAddress(_ bytes: some Sequence<UInt8>) -> Bool {
  var length = 0
  for byte in bytes.prefix(32) {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): break
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
      if length == 0 { return false }
    case UInt8(ascii: ":"): return length > 1
    default: return false
    }
    length += 1
  }
  return false
}

/// The longest path that Linux accepts, in bytes.
private let maximumPathBytes = 4096
private let slash = UInt8(ascii: "/")

/// The index after the next "://", where a URL's authority (user, host and port) begins; nil if there is none.
private func authorityStart(in text: [UInt8], from start: Int) -> Int? {
  guard text.count >= 3 else { return nil }
  var index = start
  while index <= text.count - 3 {
    if text[index] == UInt8(ascii: ":"), text[index + 1] == slash, text[index + 2] == slash {
      return index + 3
    }
    index += 1
  }
  return nil
}

/// Whether an authority names a user. It does if it has an "@", and also if a colon is followed by anything but a
/// port number: that is the beginning of a password with a slash in it.
private func hasUser(_ authority: ArraySlice<UInt8>) -> Bool {
  if authority.contains(UInt8(ascii: "@")) { return true }
  guard let colon = authority.firstIndex(of: UInt8(ascii: ":")) else { return false }
  return !authority[(colon + 1)...].allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
}
