/// Mutates the header or the numbers, then keeps the length before the header in step with it and, mostly, the numbers
/// with the last offset that the header names: otherwise nearly every mutation ends at the first check.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: UInt32
) -> Int {
  var input = Bytes(data, size, seed: seed)
  let length = Int(truncatingIfNeeded: input.integer(at: 0, UInt64.self))
  guard size >= 8, length >= 0, length <= size - 8, input.random(below: 16) > 0 else {
    return LLVMFuzzerMutate(data, size, maximum)
  }
  var header = 8 + length
  let inHeader = input.random(below: 8) > 0
  input.mutate(
    inHeader ? 8..<header : header..<size, to: max(1, inHeader ? maximum - (size - length) : maximum - header)
  )
  if inHeader { header += input.bytes.count - size }
  input.put(UInt64(header - 8), at: 0)
  if input.random(below: 4) > 0 {
    let wanted = min(lastOffset(input.bytes[8..<header]), max(0, maximum - header))
    let missing = wanted - (input.bytes.count - header)
    if missing > 0 {
      input.bytes += [UInt8](repeating: 0x3F, count: missing)
    } else {
      input.bytes.removeLast(-missing)
    }
  }
  return input.write(to: data, maximum)
}

/// The largest second number of any "data_offsets": [first, second].
private func lastOffset(_ header: ArraySlice<UInt8>) -> Int {
  let key = Array("data_offsets".utf8)
  var largest = 0
  var position = header.startIndex
  while position + key.count < header.endIndex {
    guard header[position] == key[0], header[position...].starts(with: key) else {
      position += 1
      continue
    }
    position += key.count
    var numbers = [0, 0]
    var index = 0
    while position < header.endIndex, header[position] != UInt8(ascii: "]") {
      let byte = header[position]
      if byte == UInt8(ascii: ",") { index = 1 }
      if byte >= 0x30, byte <= 0x39, numbers[index] < 1 << 20 {
        numbers[index] = numbers[index] * 10 + Int(byte - 0x30)
      }
      position += 1
    }
    largest = max(largest, numbers[1])
  }
  return largest
}
