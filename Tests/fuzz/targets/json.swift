// fuzz: -max_len=2048
@testable import Weights

/// Any JSON, walked as it comes: what to expect next is told by the next byte, or by nothing at all where it is none of
/// the beginnings. Then the same bytes as a list of strings.
@_cdecl("fuzz_json")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  let bytes = UnsafeRawBufferPointer(start: data, count: size)
  try? walk(bytes)
  let text = String(decoding: bytes, as: UTF8.self)
  guard let strings = try? JSONStrings.read(text) else { return 0 }
  let again = try? JSONStrings.read(JSONStrings.text(of: strings))
  precondition(again.map { $0.elementsEqual(strings) { $0.utf8.elementsEqual($1.utf8) } } ?? strings.isEmpty)
  return 0
}

private func walk(_ bytes: UnsafeRawBufferPointer) throws(WeightsError) {
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
) throws(WeightsError) {
  let next = bytes[json.position...].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
  switch next {
  case UInt8(ascii: "{"):
    try json.beginObject()
    isObject.append(true)
  case UInt8(ascii: "["):
    try json.beginArray()
    isObject.append(false)
  case UInt8(ascii: "\""): _ = try json.string(atMost: 512)
  default:
    let number = try json.integer()
    precondition(number >= 0 && number <= 1 << 53)
  }
}
