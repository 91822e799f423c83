import Foundation
import Testing

@testable import Tokenizer

/// Tests of the cleaning of wrongly decoded, damaged or escaped texts in many languages against ftfy and CLIP's own
/// cleaning. `scripts/make_cleaning_fixture.py` writes the texts and the expected results.
struct RepairTests {
  @Test func textsAreRepairedAsTheReferenceDoes() throws {
    let file = Tiny.folder.appendingPathComponent("cleaning.jsonl")
    let lines = try Data(contentsOf: file).split(separator: 0x0A)
    #expect(lines.count >= 400)
    var different: [String] = []
    for line in lines {
      let pair = try #require(try JSONSerialization.jsonObject(with: line) as? [String])
      let found = try cleaned(pair[0])
      if scalars(found) != scalars(pair[1]) {
        different.append(
          "\(pair[0].debugDescription): \(found.debugDescription), not \(pair[1].debugDescription)")
      }
    }
    #expect(
      different.isEmpty,
      "\(different.count) of \(lines.count): \(different.prefix(10).joined(separator: "; "))")
  }
}
