import System

/// Tells labels whose texts tell left from right, so that a mirror image shows something else.
final class SidedLabels {
  private var isSided: GrowingArray<Bool>  // [labels]

  init(_ labels: TextList) throws(Failure) {
    isSided = try GrowingArray(repeating: false, count: labels.count)
    for label in 0..<labels.count { note(labels[label], of: label) }
  }

  /// Takes one more text of a label into account.
  func note(_ text: UnsafeBufferPointer<UInt8>, of label: Int) {
    if SidedLabels.words.contains(where: { SidedLabels.has($0, text) }) { isSided[label] = true }
  }

  /// Whether no label of a clip tells left from right.
  func mayMirror(_ labels: UnsafeBufferPointer<Int32>) -> Bool {
    !labels.contains { isSided[Int($0)] }
  }

  private static var words: [StaticString] {
    [
      "left", "right", "leftward", "rightward", "leftwards", "rightwards", "clockwise", "anticlockwise",
      "counterclockwise",
    ]
  }

  /// Whether the text has the word, in any case, with no letter beside it.
  private static func has(_ word: StaticString, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
    let length = word.utf8CodeUnitCount
    func isLetter(_ byte: UInt8) -> Bool { byte >= 0x80 || (0x61...0x7A).contains(byte | 0x20) }
    var start = 0
    while start + length <= text.count {
      let end = start + length
      let matches = (0..<length).allSatisfy { text[start + $0] | 0x20 == word.utf8Start[$0] }
      if matches, start == 0 || !isLetter(text[start - 1]), end == text.count || !isLetter(text[end]) {
        return true
      }
      start += 1
    }
    return false
  }
}
