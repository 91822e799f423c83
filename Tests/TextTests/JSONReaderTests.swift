import System
import Testing

@testable import Text

@Suite struct JSONReaderTests {
  private func reading<R>(
    _ text: String, keys: Int = 3, _ body: (inout JSONReader) throws -> R
  ) throws -> R {
    try Array(text.utf8).withUnsafeBytes { bytes in
      var json = JSONReader(bytes, maximumDepth: 4, maximumKeys: keys)
      return try body(&json)
    }
  }

  private func refusal(
    _ text: String, keys: Int = 3, _ body: (inout JSONReader) throws -> Void
  ) -> Failure? {
    #expect(throws: Failure.self) { try reading(text, keys: keys, body) }
  }

  @Test func readsNestedValuesInOrder() throws {
    try reading(#" { "a" : [ 1 , [ ] , 20 ] , "b" : { } , "c" : "x" } "#) { json in
      try json.beginObject()
      #expect(try json.nextKey(atMost: 9) == "a")
      try json.beginArray()
      #expect(try json.nextElement())
      #expect(try json.integer() == 1)
      #expect(try json.nextElement())
      try json.beginArray()
      #expect(try !json.nextElement())
      #expect(try json.nextElement())
      #expect(try json.integer() == 20)
      #expect(try !json.nextElement())
      #expect(try json.nextKey(atMost: 9) == "b")
      try json.beginObject()
      #expect(try json.nextKey(atMost: 9) == nil)
      #expect(try json.nextKey(atMost: 9) == "c")
      #expect(try json.string(atMost: 9) == "x")
      #expect(try json.nextKey(atMost: 9) == nil)
      try json.finish()
    }
  }

  @Test func unescapesStrings() throws {
    let text = #""\"\\\/\b\f\n\r\t\u0000\u00e9\u20AC\ud834\udd1e""#
    let string = try reading(text) { try $0.string(atMost: 100) }
    #expect(string == "\"\\/\u{8}\u{c}\n\r\t\u{0}é€𝄞")
  }

  @Test func comparesKeysAsBytes() throws {
    // Canonically equal, but other bytes: two keys.
    try reading("{\"\u{e9}\":1,\"e\u{301}\":2}") { json in
      try json.beginObject()
      for value in 1...2 {
        #expect(try json.nextKey(atMost: 9) != nil)
        #expect(try json.integer() == value)
      }
      #expect(try json.nextKey(atMost: 9) == nil)
    }
  }

  @Test(arguments: [0, 1, 5]) func refusesAKeyTwiceWhereverItStands(_ first: Int) {
    // Escaped the second time: it is what the key says that counts.
    let text = "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"\\u006\(first + 1)\":1}"
    let error = refusal(text, keys: 9) { json in
      try json.beginObject()
      while try json.nextKey(atMost: 9) != nil { _ = try json.integer() }
    }
    #expect(error?.message.contains("appears twice") == true)
  }

  @Test func leavesTheKeysOfATableToTheCaller() throws {
    let text = #"{"a":1,"b":2,"a":3,"c":{"x":1}}"#
    let keys = try reading(text, keys: 1) { json in
      var keys: [String] = []
      try json.beginTable(atMost: 4)
      while let key = try json.nextKey(atMost: 9) {
        keys.append(key)
        // The nested value is an ordinary object.
        try json.skip(atMost: 9)
      }
      return keys
    }
    #expect(keys == ["a", "b", "a", "c"])
    for (text, part) in [(text, "over 3 keys"), (#"{"a":{"x":1,"x":1}}"#, "'x' appears twice")] {
      let error = refusal(text, keys: 9) { json in
        try json.beginTable(atMost: 3)
        while try json.nextKey(atMost: 9) != nil { try json.skip(atMost: 9) }
      }
      #expect(error?.message.contains(part) == true)
    }
  }

  @Test func boundsDepthKeysAndStrings() {
    let deep = refusal("[[[[[") { json in for _ in 0..<5 { try json.beginArray(); _ = try json.nextElement() }
    }
    #expect(deep?.kind == .limit)
    let keys = refusal(#"{"a":1,"b":1,"c":1,"d":1}"#) { json in
      try json.beginObject()
      while try json.nextKey(atMost: 9) != nil { _ = try json.integer() }
    }
    #expect(keys?.kind == .limit)
    #expect(refusal(#""abcd""#) { _ = try $0.string(atMost: 3) }?.kind == .limit)
    #expect(throws: Never.self) { try reading(#""abc""#) { _ = try $0.string(atMost: 3) } }
    #expect(refusal(#""abcd"#) { _ = try $0.string(atMost: 3) }?.kind == .invalid)
    #expect(refusal(#""\u20ac""#) { _ = try $0.string(atMost: 2) }?.kind == .limit)
  }

  @Test(arguments: [
    ("0", 0), ("9007199254740992", 1 << 53), (" \t\r\n7", 7),
  ])
  func readsWholeNumbers(_ text: String, _ value: Int) throws {
    #expect(try reading(text) { try $0.integer() } == value)
  }

  @Test(arguments: ["", "-1", "+1", "01", "1.", "1e1", ".5", "9007199254740993", "0x1", "NaN", "\u{660}"])
  func refusesOtherNumbers(_ text: String) {
    _ = refusal(text) { json in
      _ = try json.integer()
      try json.finish()
    }
  }

  @Test func namesTheByte() {
    #expect(
      refusal(#"{"a":01}"#) { json in
        try json.beginObject()
        _ = try json.nextKey(atMost: 9)
        _ = try json.integer()
      }?.message.contains("byte 5") == true)
  }

  @Test(arguments: [("0", 0), ("-0.5", -0.5), ("1e-05", 1e-5), ("12.25E+2", 1225), ("0.0", 0)])
  func readsNumbers(_ text: String, _ value: Double) throws {
    #expect(try reading(text) { try $0.number() } == value)
  }

  @Test(arguments: ["", "-", "+1", "01", "1.", ".5", "1e", "1e+", "Infinity", "NaN", "1e999", "0x1"])
  func refusesWhatIsNoNumber(_ text: String) {
    _ = refusal(text) { json in
      _ = try json.number()
      try json.finish()
    }
  }

  @Test func passesOverWhatIsNotWanted() throws {
    let text = #"{"a":{"b":[1,{"c":null}],"d":true},"e":[],"f":"x"}"#
    try reading(text) { json in
      try json.beginObject()
      _ = try json.nextKey(atMost: 9)
      #expect(try json.kind() == .object)
      try json.skip(atMost: 9)
      #expect(try json.nextKey(atMost: 9) == "e")
      try json.skip(atMost: 9)
      #expect(try json.nextKey(atMost: 9) == "f")
      #expect(try json.string(atMost: 9) == "x")
      #expect(try json.nextKey(atMost: 9) == nil)
      try json.finish()
    }
  }

  @Test(arguments: ["[1,]", #"{"a"}"#, #"{"a":1,}"#, "[tru]", "nul", "[[[[[1]]]]]", #"{"a":1,"a":2}"#, "[1"])
  func passesOverNothingThatIsBroken(_ text: String) { _ = refusal(text) { try $0.skip(atMost: 9) } }
}
