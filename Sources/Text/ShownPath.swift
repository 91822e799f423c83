import System

extension FilePath {
  /// The path for a message: see `shownPath`.
  public var shown: String { shownPath(bytes) }
}

extension Failure {
  /// This failure with the file's path before its message.
  public func about(_ path: FilePath) -> Failure { about(path.shown) }
}

/// A path, or what was given for one, for messages: one line of at most 300 characters. Of an address ("https://…") neither
/// the user and password before the host nor a query or fragment is shown: all may hold a secret.
public func shownPath(_ bytes: some Sequence<UInt8>) -> String {
  let text = Array(bytes.prefix(longestPath))
  guard var start = authority(in: text, from: 0) else { return printable(text, limit: 300) }
  var shown: [UInt8] = []
  var copied = 0
  // An address may hold others, as in "cache:http://…".
  while true {
    shown += text[copied..<start]
    let next = authority(in: text, from: start)
    let end = next ?? text.count
    let rest = text[start..<end]
    let query = rest.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? end
    let host = text[start..<query].firstIndex(of: slash) ?? query
    if hasUser(text[start..<host]), let at = text[start..<query].lastIndex(of: UInt8(ascii: "@")) {
      shown += Array("***".utf8) + text[at..<query]
    } else if host == longestPath {
      shown += Array("***".utf8)  // what would show whether it is a host was cut off
    } else {
      shown += text[start..<query]
    }
    if query < end { shown += [text[query]] + Array("***".utf8) }
    guard let next else { break }
    (start, copied) = (next, next)
  }
  return printable(shown, limit: 300)
}

/// Whether `bytes` begin like an address: "https:", "rtsp:", "pipe:", but not one letter, which is a disk elsewhere.
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

/// As long as Linux takes a path.
private let longestPath = 4096
private let slash = UInt8(ascii: "/")

/// The place after the next "://".
private func authority(in text: [UInt8], from start: Int) -> Int? {
  guard text.count >= 3 else { return nil }
  var place = start
  while place <= text.count - 3 {
    if text[place] == UInt8(ascii: ":"), text[place + 1] == slash, text[place + 2] == slash {
      return place + 3
    }
    place += 1
  }
  return nil
}

/// Whether a user, or a user and the beginning of a password with a slash in it, stands before the host. What follows
/// a colon is a port otherwise.
private func hasUser(_ authority: ArraySlice<UInt8>) -> Bool {
  if authority.contains(UInt8(ascii: "@")) { return true }
  guard let colon = authority.firstIndex(of: UInt8(ascii: ":")) else { return false }
  return !authority[(colon + 1)...].allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
}
