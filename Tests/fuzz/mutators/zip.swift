/// Any mutation, then, mostly, what the entries say about each other is put right again: offsets, sizes, checksums and
/// the end records, from where the headers' signatures lie. Each kind is now and then left as it fell.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: UInt32
) -> Int {
  let size = LLVMFuzzerMutate(data, size, maximum)
  var input = Bytes(data, size, seed: seed)
  guard input.random(below: 8) > 0 else { return size }
  repair(&input)
  return input.write(to: data, maximum)
}

private func repair(_ input: inout Bytes) {
  let end = input.bytes.count - 22
  guard end >= 0, input.integer(at: end, UInt32.self) == 0x0605_4B50 else { return }
  var locals: [Int] = []
  var centrals: [Int] = []
  for offset in 0..<end {
    switch input.integer(at: offset, UInt32.self) {
    case 0x0403_4B50 where centrals.isEmpty: locals.append(offset)
    case 0x0201_4B50: centrals.append(offset)
    default: break
    }
  }
  let wide = end - 76
  let hasWide = wide >= 0 && input.integer(at: wide, UInt32.self) == 0x0606_4B50
  let directory = centrals.first ?? (hasWide ? wide : end)
  for (index, central) in centrals.enumerated() where index < locals.count {
    let next = index + 1 < locals.count ? locals[index + 1] : directory
    repairEntry(&input, local: locals[index], next: next, central: central)
  }
  if input.random(below: 8) > 0 {
    input.put(UInt16(truncatingIfNeeded: centrals.count), at: end + 8)
    input.put(UInt16(truncatingIfNeeded: centrals.count), at: end + 10)
  }
  let directoryEnd = hasWide ? wide : end
  if input.random(below: 8) > 0 {
    input.put(UInt32(truncatingIfNeeded: directoryEnd - directory), at: end + 12)
    input.put(UInt32(truncatingIfNeeded: directory), at: end + 16)
  }
  guard hasWide, input.random(below: 8) > 0 else { return }
  input.put(UInt64(truncatingIfNeeded: centrals.count), at: wide + 24)
  input.put(UInt64(truncatingIfNeeded: centrals.count), at: wide + 32)
  input.put(UInt64(truncatingIfNeeded: directoryEnd - directory), at: wide + 40)
  input.put(UInt64(truncatingIfNeeded: directory), at: wide + 48)
  input.put(UInt64(truncatingIfNeeded: wide), at: wide + 64)
}

private func repairEntry(_ input: inout Bytes, local: Int, next: Int, central: Int) {
  let described = input.integer(at: local + 6, UInt16.self) & 8 != 0
  let nameCount = Int(input.integer(at: local + 26, UInt16.self))
  let extra = local + 30 + nameCount
  let start = extra + Int(input.integer(at: local + 28, UInt16.self))
  // A zip64 field widens the descriptor.
  let isWide = described && start - extra >= 4 && input.integer(at: extra, UInt16.self) == 1
  let tail = described ? (isWide ? 24 : 16) : 0
  guard start <= next - tail else { return }
  let size = next - tail - start
  let crc = crc32(input.bytes[start..<start + size])
  if input.random(below: 8) > 0 { input.put(UInt32(truncatingIfNeeded: local), at: central + 42) }
  if input.random(below: 8) > 0 {
    input.put(crc, at: central + 16)
    input.put(described ? 0 : crc, at: local + 14)
    if described { input.put(crc, at: next - tail + 4) }
  }
  if input.random(below: 8) > 0, input.integer(at: central + 20, UInt32.self) != .max {
    for place in [central + 20, central + 24] { input.put(UInt32(truncatingIfNeeded: size), at: place) }
    if !isWide {
      let said = described ? 0 : UInt32(truncatingIfNeeded: size)
      for place in [local + 18, local + 22] { input.put(said, at: place) }
    }
  }
  if described, input.random(below: 8) > 0 {
    input.put(UInt32(0x0807_4B50), at: next - tail)
    if isWide {
      input.put(UInt64(truncatingIfNeeded: size), at: next - 16)
      input.put(UInt64(truncatingIfNeeded: size), at: next - 8)
    } else {
      input.put(UInt32(truncatingIfNeeded: size), at: next - 8)
      input.put(UInt32(truncatingIfNeeded: size), at: next - 4)
    }
  }
  // Names and flags must agree as well.
  if input.random(below: 4) > 0, input.integer(at: central + 28, UInt16.self) == UInt16(nameCount) {
    for index in 0..<nameCount where central + 46 + index < input.bytes.count && local + 30 + index < next {
      input.bytes[central + 46 + index] = input.bytes[local + 30 + index]
    }
    input.put(input.integer(at: local + 6, UInt32.self), at: central + 8)
  }
}

private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  var crc: UInt32 = .max
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = crc & 1 == 1 ? 0xEDB8_8320 ^ crc >> 1 : crc >> 1 }
  }
  return ~crc
}
