import System
import Testing

@testable import Tokenizer

struct PromptTemplateTests {
  @Test func theReferenceHasSixteenTemplatesEachWithOnePlace() throws {
    #expect(PromptTemplates.reference.count == 16)
    #expect(Set(PromptTemplates.reference).count == 16)
    for template in PromptTemplates.reference {
      #expect(try filled(template, label: "playing flute").contains("playing flute"))
    }
    #expect(PromptTemplates.reference.first == "a photo of action {}")
    #expect(PromptTemplates.reference.last == "The woman is {}")
  }

  @Test func aTemplateIsPrefixClozeOrSuffix() throws {
    #expect(try filled("a video of {}", label: "a dog") == "a video of a dog")
    #expect(try filled("{}, an action", label: "a dog") == "a dog, an action")
    #expect(try filled("Is it {}?", label: "a dog") == "Is it a dog?")
    #expect(try filled("{}", label: "") == "")
  }

  @Test func nothingButThePlaceChanges() throws {
    #expect(try filled("{a} }{ {}", label: "{} {}") == "{a} }{ {} {}")
    #expect(try filled("{{}}", label: "x") == "{x}")
    // A mark after the place belongs to the "}" for Swift's characters, not here.
    #expect(scalars(try filled("{}\u{301}", label: "e")) == [0x65, 0x301])
  }

  @Test(arguments: ["", "no place", "{", "}{", "{ }", "{0}", "{}{}", "{} and {}", "{}{}{}"])
  func otherThanOnePlaceIsAnError(template: String) {
    let error = failure { _ = try filled(template, label: "x") }
    #expect(error?.kind == .invalidArgument)
    #expect(error?.message.contains("exactly one") == true)
  }

  @Test func bytesAreUnaltered() throws {
    let template: [UInt8] = [0xFF, 0x7B, 0x7D, 0xFE, 0x00]
    #expect(try filled(template, [0xC3]) == [0xFF, 0xC3, 0xFE, 0x00])
  }

  private func filled(_ template: String, label: String) throws -> String {
    String(decoding: try filled(Array(template.utf8), Array(label.utf8)), as: UTF8.self)
  }

  private func filled(_ template: [UInt8], _ label: [UInt8]) throws -> [UInt8] {
    var prompt = GrowingArray<UInt8>()
    try template.withUnsafeBufferPointer { template in
      try label.withUnsafeBufferPointer { try PromptTemplates.fill(template, label: $0, into: &prompt) }
    }
    return Array(prompt.view)
  }
}
