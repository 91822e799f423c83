/// A 64-bit FNV-1a hash that tells files and settings apart. It guards against mistakes, not against forgery.
struct Fingerprint {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }

  /// Adds a text and a separator, so that "ab", "c" and "a", "bc" differ.
  mutating func add(_ text: String) {
    add(text.utf8)
    add([0])
  }

  var text: String {
    let digits = String(state, radix: 16)
    return "fnv1a64:" + String(repeating: "0", count: 16 - digits.count) + digits
  }

  static func of(_ bytes: [UInt8]) -> String {
    var fingerprint = Fingerprint()
    fingerprint.add(bytes)
    return fingerprint.text
  }

  static func of(_ texts: [String]) -> String {
    var fingerprint = Fingerprint()
    for text in texts { fingerprint.add(text) }
    return fingerprint.text
  }

  static func of(file: FilePath) throws(CommandError) -> String {
    var fingerprint = Fingerprint()
    try Files.forEachChunk(of: file) { fingerprint.add($0) }
    return fingerprint.text
  }
}
