/// The length in bytes of the decimal number at the beginning of `bytes`, by the grammar of JSON (minus sign, digits,
/// fraction, exponent); nil if there is none or it is incomplete. Swift's own parser would accept "nan", "inf" and
/// "0x1p3".
/// - Parameter allowsZeros: whether more digits may follow a leading zero, which JSON forbids.
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
