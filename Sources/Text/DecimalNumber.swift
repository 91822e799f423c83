/// The number of bytes that a decimal number takes at the beginning of `bytes`, by JSON's grammar: a minus sign, digits, a
/// fraction, an exponent; nil where there is none or it breaks off. Swift's own reading takes "nan", "inf" and "0x1p3" too.
/// - Parameter allowsZeros: whether further digits may follow a leading zero, which JSON refuses.
public func decimalLength(_ bytes: some Collection<UInt8>, allowsZeros: Bool = false) -> Int? {
  var rest = bytes[...]
  func digits() -> Int {
    let count = rest.prefix { (0x30...0x39).contains($0) }.count
    rest = rest.dropFirst(count)
    return count
  }
  func skip(_ characters: StaticString) -> Bool {
    guard let next = rest.first, characters.withUTF8Buffer({ $0.contains(next) }) else { return false }
    rest = rest.dropFirst()
    return true
  }
  _ = skip("-")
  let startsWithZero = rest.first == 0x30
  let whole = digits()
  guard whole == 1 || whole > 1 && (allowsZeros || !startsWithZero) else { return nil }
  if skip("."), digits() == 0 { return nil }
  if skip("eE") {
    _ = skip("+-")
    if digits() == 0 { return nil }
  }
  return bytes.distance(from: bytes.startIndex, to: rest.startIndex)
}
