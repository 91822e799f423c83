import System
import Testing

@testable import Tokenizer

/// Tests of text cleaning, step by step. Expected values come from the reference (ftfy, html.unescape, str.lower).
struct CleaningTests {
  private func expect(
    _ text: String, becomes expected: String, _ location: SourceLocation = #_sourceLocation
  ) throws {
    #expect(scalars(try cleaned(text)) == scalars(expected), sourceLocation: location)
  }

  @Test func whiteSpaceOfAnyKindCollapsesAndEndsAreTrimmed() throws {
    try expect("  a \t b\n\nc\u{A0}\u{3000}d\u{2003}e\u{2028}f  ", becomes: "a b c d e f")
    try expect(" \n\t ", becomes: "")
    try expect("a\u{200B}b", becomes: "a\u{200B}b")
  }

  @Test func lettersBecomeLowerCaseAsInPython() throws {
    try expect("ÀÉ ŠČ ДЖ", becomes: "àé šč дж")
    try expect("İstanbul I ı", becomes: "i\u{307}stanbul i ı")
    try expect("ẞ ß", becomes: "ß ß")
  }

  @Test func capitalSigmaIsFinalAtTheEndOfAWordOnly() throws {
    try expect("ΟΔΟΣ ΣΑΣ Σ", becomes: "οδος σας σ")
    try expect("ΑΣ. ΑΣ.Α Α'Σ' 1Σ", becomes: "ας. ασ.α α'ς' 1σ")
  }

  @Test func textIsComposed() throws {
    try expect("e\u{301} a\u{323}\u{302} \u{1100}\u{1161}\u{11A8}", becomes: "é ậ 각")
    try expect("\u{212B} \u{37E} \u{958}", becomes: "å ; \u{915}\u{93C}")
    try expect("a\u{301}\u{323}", becomes: "ạ\u{301}")
  }

  @Test func aLongRunOfMarksIsOrderedLikeAShortOne() throws {
    let marks = String(repeating: "\u{301}\u{323}\u{327}", count: 400)
    let ordered =
      String(repeating: "\u{327}", count: 400) + String(repeating: "\u{323}", count: 400)
      + String(repeating: "\u{301}", count: 400)
    try expect("1" + marks, becomes: "1" + ordered)
  }

  @Test func aLongTextIsComposedAcrossItsPieces() throws {
    for count in [2046, 2047, 2048, 4095, 4096] {
      let text = String(repeating: "\u{304B}\u{3099}", count: count)
      try expect(text, becomes: String(repeating: "\u{304C}", count: count))
      let jamo = String(repeating: "\u{1112}\u{1161}\u{11AB}", count: count)
      try expect(jamo, becomes: String(repeating: "한", count: count))
    }
  }

  @Test func curlyQuotesBecomeStraight() throws {
    try expect("“don’t” ‘x‛ „y‟ ʼn", becomes: "\"don't\" 'x' \"y\" 'n")
  }

  @Test func latinLigaturesComeApart() throws {
    try expect("ﬁne ﬂow oﬀ eﬃ eﬄ ﬅ ﬆ", becomes: "fine flow off effi effl \u{17F}t st")
    try expect(
      "ĳs Ĳ ŉ Ǆ ǅ ǆ Ǉ ǈ ǉ Ǌ ǋ ǌ Ǳ ǲ ǳ",
      becomes: "ijs ij 'n dž dž dž lj lj lj nj nj nj dz dz dz")
    try expect("æ œ", becomes: "æ œ")
  }

  @Test func fullAndHalfWidthFormsGetTheUsualWidth() throws {
    try expect("Ｆｕｌｌ　Ｗｉｄｔｈ！～", becomes: "full width!~")
    try expect("ﾃｽﾄ ｶﾞ ﾊﾟ ｰ", becomes: "テスト ガ パ ー")
    try expect("￠￡￢￤￥￦￭", becomes: "¢£¬¦¥₩■")
    try expect("x￣y", becomes: "x \u{304}y")
    try expect("ﾡￂ", becomes: "가")
  }

  @Test func c1ControlsAreReadAsWindows1252() throws {
    try expect("\u{80}5 it\u{92}s \u{85} \u{93}q\u{94}", becomes: "€5 it's … \"q\"")
    try expect("a\u{81}b", becomes: "a\u{81}b")
  }

  @Test func controlCharactersAndByteOrderMarksGo() throws {
    try expect("\u{FEFF}a\u{0}b\u{8}c\u{B}d\u{1F}e\u{7F}f\u{FFFC}g\u{206A}h", becomes: "abcdefgh")
    try expect("a\u{200D}b\u{200E}", becomes: "a\u{200D}b\u{200E}")
    try expect("a\u{C}b\rc\r\nd", becomes: "a b c d")
  }

  @Test func terminalEscapesGo() throws {
    try expect("\u{1B}[31;1mred\u{1B}[0m plain\u{1B}[K", becomes: "red plain")
    try expect("\u{1B}[\u{663}mx \u{1B}[3 \u{1B}[", becomes: "x [3 [")
  }

  @Test func htmlReferencesAreUnescaped() throws {
    try expect("&lt;b&gt; &amp; &quot;x&quot; &nbsp; &#39; &#x2F; &eacute;", becomes: "<b> & \"x\" ' / é")
    try expect("&amp;amp;amp; &amp;lt;", becomes: "& <")
    try expect("&NotEqualTilde; &fjlig;", becomes: "\u{2242}\u{338} fj")
  }

  @Test func referencesWithoutSemicolonTakeTheLongestName() throws {
    try expect("a&ampb &ltx &notit; &notin; &copy2", becomes: "a&b <x ¬it; ∉ ©2")
    try expect("&frac1 &xyz; & && &;", becomes: "&frac1 &xyz; & && &;")
  }

  @Test func namesInCapitalsAreUnderstoodWhereTheyAreUnambiguous() throws {
    try expect("P&EACUTE;REZ &SZLIG; &NTILDE; &nTILDE;", becomes: "pérez ss ñ &ntilde;")
    try expect("&LTIMES;", becomes: "<imes;")
  }

  @Test func numericReferencesFollowHTML() throws {
    try expect("&#128;|&#x92;|&#0;|&#xD800;", becomes: "€|'|\u{FFFD}|\u{FFFD}")
    try expect("&#x110000;|&#99999999999999999999;", becomes: "\u{FFFD}|\u{FFFD}")
    try expect("a&#1;b&#xFDD0;c&#x1FFFF;d&#11;e", becomes: "abcde")
    try expect("&#65 &#x41 &#x; &#; &#59;", becomes: "a a &#x; &#; ;")
    try expect("&#13;x", becomes: "x")
  }

  @Test func aLessThanSignStopsTheRepairFromUnescapingHereAndBelow() throws {
    // Still unescaped twice afterwards, as browsers do; three levels tell the two apart.
    try expect("&amp;amp;lt;", becomes: "<")
    try expect("< &amp;amp;lt;", becomes: "< &lt;")
    try expect("&amp;amp;lt;\n<\n&amp;amp;lt;", becomes: "< < &lt;")
  }

  @Test func repairsRepeatUntilNothingChanges() throws {
    // The full-width semicolon completes the reference, whose character is then widened in turn.
    try expect("&amp；lt；", becomes: "<")
    try expect("&#xFF26;&#xFF29;", becomes: "fi")
  }

  @Test func referencesEscapedThousandsOfTimesAreRefusedInTime() {
    let text = "&" + String(repeating: "amp;", count: 60_000)
    #expect(failure { _ = try cleaned(text) }?.kind == .limit)
  }
}
