import System

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
