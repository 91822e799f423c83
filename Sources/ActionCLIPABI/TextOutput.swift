import CActionCLIP
import System

/// Gives a caller a text and its size in bytes with the NUL, or the size alone where `out` is NULL and `capacity` 0.
func writeText(
  _ text: String, to out: UnsafeMutablePointer<CChar>?, capacity: Int, size: UnsafeMutablePointer<Int>
) throws(Failure) {
  let needed = text.utf8.count + 1
  if out != nil || capacity != 0 {
    guard let out else { throw .argument("text_out is NULL but text_capacity is \(capacity)") }
    guard needed <= capacity else {
      throw Failure(
        .bufferTooSmall,
        "text_capacity is \(capacity), but the text takes \(needed) bytes")
    }
    var place = 0
    for byte in text.utf8 {
      out[place] = CChar(bitPattern: byte)
      place += 1
    }
    out[place] = 0
  }
  size.pointee = needed
}
