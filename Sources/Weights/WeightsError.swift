import Glibc

/// Why a weight file was refused. `kind` is for programs, `message` is one line for people: it
/// names the tensor, entry or offset, what was expected and what was found.
public struct WeightsError: Error, Equatable, Sendable {
  public enum Kind: Sendable {
    /// Missing, unreadable, or not a regular file.
    case fileOpen
    /// Reading failed half-way, or the file changed meanwhile.
    case fileRead
    /// A new file could not be written or put in its place.
    case fileWrite
    /// Another file than the one whose SHA-256 was given.
    case hashMismatch
    /// No format known here begins like this.
    case unknownFormat
    /// Damaged, truncated or contradictory.
    case invalid
    /// Sound, but not read by this version.
    case unsupported
    /// Beyond a limit on size, count or depth.
    case limit
    case outOfMemory
    /// The file has no tensor of this name.
    case missingTensor
    /// A tensor's shape does not fit the memory it is read into.
    case tensorShape
  }

  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

extension WeightsError {
  public static func invalid(_ message: String) -> WeightsError { WeightsError(.invalid, message) }
  public static func unsupported(_ message: String) -> WeightsError { WeightsError(.unsupported, message) }
  public static func limit(_ message: String) -> WeightsError { WeightsError(.limit, message) }

  /// The same error, saying in which file or part it happened.
  public func within(_ name: String) -> WeightsError { WeightsError(kind, "\(name): \(message)") }

  /// The same for a path as the system takes it.
  func within(_ path: UnsafePointer<CChar>) -> WeightsError {
    within(printable(UnsafeRawBufferPointer(start: path, count: strlen(path)), limit: 300))
  }
}

/// Bytes from a file as quoted text that cannot break a one-line message: repaired to UTF-8,
/// control and direction characters replaced, cut at `limit` characters.
public func quoted(_ bytes: some Sequence<UInt8>, limit: Int = 128) -> String {
  "'" + printable(bytes, limit: limit) + "'"
}

func printable(_ bytes: some Sequence<UInt8>, limit: Int) -> String {
  // 4 bytes is the longest UTF-8 sequence: enough for `limit` scalars, however long the input.
  let beginning = Array(bytes.prefix(limit * 4 + 4))
  let text = String(decoding: beginning, as: UTF8.self)
  if beginning.count <= limit, beginning.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
    if count == limit {
      result += "..."
      break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: result += "?"
    default: result.unicodeScalars.append(scalar)
    }
    count += 1
  }
  return result
}

/// Bytes in hexadecimal, for a message that shows how a file begins.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits: [Character] = Array("0123456789abcdef")
  var result = ""
  for byte in bytes {
    if !result.isEmpty { result += " " }
    result.append(digits[Int(byte >> 4)])
    result.append(digits[Int(byte & 15)])
  }
  return result
}
