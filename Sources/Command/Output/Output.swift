import Glibc

/// Unbuffered standard output: a reader at the other end of a pipe gets every line when it is made.
struct Output {
  func write(_ text: String) throws {
    var text = text
    try text.withUTF8 { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let start = UnsafeBufferPointer(rebasing: rest).baseAddress
        let written = Glibc.write(STDOUT_FILENO, start, rest.count)
        if written > 0 {
          rest = rest.dropFirst(written)
        } else if written < 0, errno == EINTR {
          continue
        } else if written < 0, errno == EPIPE {
          throw AlreadyReported()  // the reader has gone: nobody is left to tell
        } else {
          throw CommandError.system("cannot write to standard output")
        }
      }
    }
  }

  func line(_ text: String) throws { try write(text + "\n") }
}

/// Messages on standard error, one line each.
enum Diagnostics {
  static func error(_ message: String) { line("error", message) }
  static func warning(_ message: String) { line("warning", message) }
  /// A message that nothing is wrong about.
  static func note(_ message: String) { raw("actionclip: \(printable(message))\n") }

  private static func line(_ kind: String, _ message: String) {
    raw("actionclip: \(kind): \(printable(message))\n")
  }

  static func raw(_ text: String) {
    _ = text.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
  }
}

/// Text as one line without control and direction characters: the name of a file or label must not steer the
/// terminal, nor pass for another.
func printable(_ text: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control where scalar == "\n" || scalar == "\t": result.append(" ")
    case .privateUse where Arguments.standsForByte(scalar): result.append("\u{FFFD}")
    case .control, .lineSeparator, .paragraphSeparator: result.append("\u{FFFD}")
    case .format where scalar.properties.isBidiControl: result.append("\u{FFFD}")
    default: result.append(scalar)
    }
  }
  return String(result)
}

/// "1 clip", "2 clips".
func numbered(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }

/// Formats as `printf` does. LC_NUMERIC stays "C", so the decimal mark is always a point.
func formatted(_ format: String, _ arguments: any CVarArg...) -> String {
  withVaList(arguments) { list in
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      guard let start = buffer.baseAddress else { return "" }
      vsnprintf(start, buffer.count, format, list)
      return String(cString: start)
    }
  }
}
