import CActionCLIP
import System

/// Writes a text to the caller's buffer, and its size in bytes with the NUL; only the size if `out` is NULL and
/// `capacity` 0. `name` is the output's, without "_out".
func writeText(
  _ text: String, to out: UnsafeMutablePointer<CChar>?, capacity: Int, size: UnsafeMutablePointer<Int>,
  _ name: String = "text"
) throws(Failure) {
  let needed = text.utf8.count + 1
  if out != nil || capacity != 0 {
    guard let out else { throw .argument("\(name)_out is NULL but \(name)_capacity is \(capacity)") }
    guard needed <= capacity else {
      throw Failure(
        .bufferTooSmall,
        "\(name)_capacity is \(capacity), but the text takes \(needed) bytes")
    }
    var position = 0
    for byte in text.utf8 {
      out[position] = CChar(bitPattern: byte)
      position += 1
    }
    out[position] = 0
  }
  size.pointee = needed
}
