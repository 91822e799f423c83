import System
import Text

/// The place of a model's learned context vectors in a text, `<|context|>`: in token ids all of them stand there, -1 to
/// -K. Only a model that has such vectors knows the marker.
public enum ContextMarker {
  public static let text = "<|context|>"

  /// The first marker in a text, as a range of bytes.
  static func range(in utf8: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
    let marker = text.utf8
    guard utf8.count >= marker.count else { return nil }
    for first in 0...utf8.count - marker.count
    where utf8[first] == UInt8(ascii: "<") && utf8[first..<first + marker.count].elementsEqual(marker) {
      return first..<first + marker.count
    }
    return nil
  }

  /// Whether a text has the marker.
  public static func isIn(_ utf8: UnsafeBufferPointer<UInt8>) -> Bool { range(in: utf8) != nil }
}

extension Tokenizer {
  /// The token ids of a text, without the two markers, for a model with `contextVectors` context vectors. The parts
  /// before and after a marker are cleaned each for itself.
  func ids(of utf8: UnsafeBufferPointer<UInt8>, contextVectors: Int) throws(Failure) -> GrowingArray<Int32> {
    guard var marker = ContextMarker.range(in: utf8) else { return try ids(of: utf8) }
    guard contextVectors > 0 else {
      throw .argument(
        "the text \(quoted(utf8, limit: 40)) has \(ContextMarker.text), and the model has no context vectors")
    }
    var all = try GrowingArray<Int32>(capacity: 80)
    var rest = utf8
    while true {
      let before = try ids(of: UnsafeBufferPointer(rebasing: rest[..<marker.lowerBound]))
      try all.append(contentsOf: before.view)
      for vector in 1...contextVectors { try all.append(Int32(-vector)) }
      rest = UnsafeBufferPointer(rebasing: rest[marker.upperBound...])
      guard let next = ContextMarker.range(in: rest) else { break }
      marker = next
    }
    let after = try ids(of: rest)
    try all.append(contentsOf: after.view)
    return all
  }
}
