/// Mutates the pickle or the numbers, and keeps the pickle's length in step.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(
  _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: UInt32
) -> Int {
  var input = Bytes(data, size, seed: seed)
  let end = 3 + Int(input.integer(at: 1, UInt16.self))
  guard size >= 3, end <= size, input.random(below: 32) > 0 else {
    return LLVMFuzzerMutate(data, size, maximum)
  }
  switch input.random(below: 16) {
  case 0: input.mutate(0..<1, to: 1)
  case 1, 2: input.mutate(end..<size, to: maximum - end)
  default:
    input.mutate(3..<end, to: maximum - (size - end) - 3)
    input.put(UInt16(truncatingIfNeeded: end - 3 + input.bytes.count - size), at: 1)
  }
  return input.write(to: data, maximum)
}
