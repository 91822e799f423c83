import Testing

@testable import Tokenizer

struct PromptTemplateTests {
  @Test func theReferenceHasSixteenTemplatesEachWithOnePlace() throws {
    #expect(PromptTemplates.reference.count == 16)
    #expect(Set(PromptTemplates.reference).count == 16)
    for template in PromptTemplates.reference {
      #expect(try PromptTemplates.fill(template, label: "playing flute").contains("playing flute"))
    }
    #expect(PromptTemplates.reference.first == "a photo of action {}")
    #expect(PromptTemplates.reference.last == "The woman is {}")
  }

  @Test func aTemplateIsPrefixClozeOrSuffix() throws {
    #expect(try PromptTemplates.fill("a video of {}", label: "a dog") == "a video of a dog")
    #expect(try PromptTemplates.fill("{}, an action", label: "a dog") == "a dog, an action")
    #expect(try PromptTemplates.fill("Is it {}?", label: "a dog") == "Is it a dog?")
    #expect(try PromptTemplates.fill("{}", label: "") == "")
  }

  @Test func nothingButThePlaceChanges() throws {
    #expect(try PromptTemplates.fill("{a} }{ {}", label: "{} {}") == "{a} }{ {} {}")
    #expect(try PromptTemplates.fill("{{}}", label: "x") == "{x}")
    // A mark after the place belongs to the "}" for Swift's characters, not here.
    #expect(scalars(try PromptTemplates.fill("{}\u{301}", label: "e")) == [0x65, 0x301])
  }

  @Test(arguments: ["", "no place", "{", "}{", "{ }", "{0}", "{}{}", "{} and {}", "{}{}{}"])
  func otherThanOnePlaceIsAnError(template: String) {
    let error = failure { _ = try PromptTemplates.fill(template, label: "x") }
    #expect(error?.kind == .invalidTemplate)
    #expect(error?.message.contains("exactly one") == true)
  }

  @Test func bytesAreSplitUnaltered() throws {
    let template: [UInt8] = [0xFF, 0x7B, 0x7D, 0xFE, 0x00]
    let (prefix, suffix) = try template.withUnsafeBufferPointer { try PromptTemplates.split($0) }
    #expect(prefix == [0xFF])
    #expect(suffix == [0xFE, 0x00])
  }
}
