import ArgumentParser
import Glibc

/// The process's arguments. A file name may hold any bytes, but a Swift string repairs invalid UTF-8, and the file
/// would not be found. So an invalid byte travels through the parser as a private-use character that stands for it;
/// such characters in the arguments themselves are treated byte by byte too, so none is mistaken.
enum Arguments {
  private static let stand: UInt32 = 0x100000
  private static let range = (stand + 0x80)...(stand + 0xFF)

  /// All arguments without the command's own name.
  static func all() -> [String] {
    joiningNegativeNumbers(
      (1..<max(1, Int(CommandLine.argc))).compactMap { index in
        CommandLine.unsafeArgv[index].map { escaped(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
      })
  }

  /// Makes "--step -1" to "--step=-1". The parser would take the number for another option, and say that the value is
  /// missing.
  private static func joiningNegativeNumbers(_ arguments: [String]) -> [String] {
    let end = arguments.firstIndex(of: "--") ?? arguments.count
    var joined: [String] = []
    for argument in arguments[..<end] {
      if let option = joined.last, option.wholeMatch(of: /--[a-z0-9-]+/) != nil,
        argument.wholeMatch(of: /-\.?[0-9][0-9.e]*/) != nil
      {
        joined[joined.count - 1] = "\(option)=\(argument)"
      } else {
        joined.append(argument)
      }
    }
    return joined + arguments[end...]
  }

  private static func escaped(_ bytes: UnsafeRawBufferPointer) -> String {
    var result = String.UnicodeScalarView()
    var rest = bytes[...]
    while let byte = rest.first {
      if let scalar = scalar(rest), !standsForByte(scalar) {
        result.append(scalar)
        rest = rest.dropFirst(UTF8.width(scalar))
      } else {
        if let standing = Unicode.Scalar(stand + UInt32(byte)) { result.append(standing) }
        rest = rest.dropFirst()
      }
    }
    return String(result)
  }

  private static func scalar(_ bytes: Slice<UnsafeRawBufferPointer>) -> Unicode.Scalar? {
    let texts = (1...4).lazy.compactMap { String(validating: bytes.prefix($0), as: UTF8.self) }
    return texts.first?.unicodeScalars.first
  }

  /// The bytes that the user gave.
  static func bytes(_ argument: String) -> [UInt8] {
    argument.unicodeScalars.flatMap { scalar in
      standsForByte(scalar) ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
    }
  }

  static func standsForByte(_ scalar: Unicode.Scalar) -> Bool { range.contains(scalar.value) }

  /// Converts an argument that is text, not a file's name.
  static func text(_ argument: String) throws -> String {
    guard let text = String(validating: bytes(argument), as: UTF8.self) else {
      throw ValidationError("it is not UTF-8")
    }
    return text
  }
}
