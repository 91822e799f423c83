// fuzz: -max_len=2048
import System
import Text
@testable import Weights

/// Any JSON, walked as it comes: what to expect next is told by the next byte, or by nothing at all where it is none of
/// the beginnings. Then the same bytes as a list of strings.
@_cdecl("fuzz_json")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  try? walk(bytes)
  try? passOver(bytes)
  let text = UnsafeBufferPointer(start: data, count: size)
  guard let strings = try? JSONStrings.read(text) else { return 0 }
  var written = GrowingArray<UInt8>()
  guard (try? JSONStrings.append(strings, to: &written)) != nil else { return 0 }
  guard let again = try? JSONStrings.read(written.view) else {
    fatalError("what was written is read")
  }
  precondition(again.count == strings.count)
  for index in 0..<strings.count { precondition(again[index].elementsEqual(strings[index])) }
  return 0
}

/// Checks that skipped text is JSON to the last byte.
private func passOver(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
  var json = JSONReader(bytes, maximumDepth: 8, maximumKeys: 256)
  try json.skip(atMost: 128)
  try json.finish()
  precondition(json.position == bytes.count)
}

private func walk(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
  var json = JSONReader(bytes, maximumDepth: 32, maximumKeys: 256)
  var isObject: [Bool] = []
  try value(&json, bytes, &isObject)
  while let inObject = isObject.last {
    let goesOn = inObject ? try json.nextKey(atMost: 128) != nil : try json.nextElement()
    if goesOn { try value(&json, bytes, &isObject) } else { isObject.removeLast() }
  }
  try json.finish()
  precondition(json.position == bytes.count)
}

private func value(
  _ json: inout JSONReader, _ bytes: UnsafeRawBufferPointer, _ isObject: inout [Bool]
) throws(Failure) {
  switch try json.kind() {
  case .object:
    try json.beginObject()
    isObject.append(true)
  case .array:
    try json.beginArray()
    isObject.append(false)
  case .string: _ = try json.string(atMost: 512)
  case .bool: _ = try json.bool()
  case .null: try json.null()
  case .number:
    // Whole ones as such, every other time.
    if json.position % 2 == 0 {
      let number = try json.integer()
      precondition(number >= 0 && number <= 1 << 53)
    } else {
      let number = try json.number()
      precondition(number.isFinite)
    }
  }
}
