import System

/// Passes `body` zeroed memory for `count` elements, which lives as long as the call. Refused memory is an error that
/// names `purpose`.
func withBuffer<T: BitwiseCopyable, R>(
  _ type: T.Type, count: Int, for purpose: String,
  _ body: (UnsafeMutableBufferPointer<T>) throws(Failure) -> R
) throws(Failure) -> R {
  let (size, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<T>.stride)
  guard count >= 0, !overflow else { throw .outOfMemory(purpose) }
  let memory: MemoryBlock
  do { memory = try MemoryBlock(count: size, zeroed: true) } catch { throw .outOfMemory(purpose) }
  return try body(memory.bytes.bindMemory(to: T.self))
}

/// The product of counts, which must fit an Int. The error names the argument `name` that they size.
public func product(_ factors: [Int], _ name: String) throws(Failure) -> Int {
  var result = 1
  for factor in factors {
    let (next, overflow) = result.multipliedReportingOverflow(by: factor)
    guard !overflow, next >= 0 else { throw .argument("\(name): \(factors) multiply to too much") }
    result = next
  }
  return result
}
