import System

/// The product of counts. Throws if it does not fit an Int; the message names the argument `name`, whose size it is.
public func product(_ factors: [Int], _ name: String) throws(Failure) -> Int {
  var result = 1
  for factor in factors {
    let (next, overflow) = result.multipliedReportingOverflow(by: factor)
    guard !overflow, next >= 0 else { throw .argument("\(name): \(factors) their product is too large") }
    result = next
  }
  return result
}
