#!/usr/bin/env python3
"""Write texts that need repair, and what the reference's cleaning makes of them, one JSON array each line.

Usage: make_cleaning_fixture.py COUNT [SEED] > Tests/TokenizerTests/Fixtures/cleaning.jsonl   (needs ftfy 6.3)

Texts of many languages are decoded wrongly, once or twice, as a whole or in part, in each encoding that ftfy tries;
spaces, question marks and U+FFFD take the place of lost bytes; HTML references, terminal escapes, ligatures, wide
forms, line breaks and quotes are mixed in; and characters that mojibake is made of follow each other at random.
"""
import html
import json
import random
import re
import sys

import ftfy
from ftfy import badness, chardata

PHRASES = """
ice skating|playing cello|naïve café|Übergrößenträger fährt|à la carte, déjà vu|L’été à la plage — très chaud…
señor niño “jugando” al fútbol|maçã não é pão, à tarde|perché è così|smørrebrød på øen|Łódź żółw źdźbło|šťastný koník běží
Ğöçüş ışık İstanbul|București țară și|кататься на коньках|їжак грає у м’яч|παίζω κιθάρα στην Αθήνα|ελληνικά “ναι”
שחקן כדורגל|لاعب كرة القدم|रोटी बनाना|กำลังเล่นฟุตบอล|滑冰的人|フィギュアスケート|피아노를 치다|tiếng Việt đẹp
▶ video №5 – 3½ × 2² ≤ 10 €|😀 fun 🎉|✔ done ® © ™ ¯\\_(ツ)_/¯|ﬁne ﬂow ĳs|ＬＯＵＤ　ＮＯＩＳＥＳ|„Zitat“ ‚klein‘ «guillemets»
""".replace("\n", "|").strip("|").split("|")

KINDS = {**badness.MOJIBAKE_CATEGORIES, **chardata.UTF8_CLUES}
SPECIAL = sorted({c for ranges in KINDS.values() for c in map(chr, range(0x20, 0xFFFE)) if re.match(f"[{ranges}]", c)})
PLAIN = list("aeinorstzAEIZ  .,?!'\"-_0129\n\r\t;&") + ["\x1a", "\x85", "\ufffd", "\u2028", "\x1b[31m", "&eacute;",
                                                         "&ATILDE;&SUP3;", "&#194;", "&amp;#233;", "<b>", "語", "ß"]


def wrongly_decoded(text, choose):
    """The text as another encoding shows its UTF-8."""
    encoding = choose.choice(chardata.CHARMAP_ENCODINGS + ["windows-1252", "windows-1251"])
    data = text.encode("utf-8", "replace")
    if choose.random() < 0.15:
        data = data.replace(b"\xa0", b" ")
    if choose.random() < 0.1:
        data = data.decode("utf-8", "replace").encode("utf-16", "surrogatepass").decode("utf-16").encode("utf-8")
        data = re.sub(rb"\xf0...", lambda m: cesu(m.group().decode()), data, flags=re.S)
    return data.decode(encoding, "replace")


def cesu(character):
    code = ord(character) - 0x10000
    pair = chr(0xD800 + (code >> 10)) + chr(0xDC00 + (code & 0x3FF))
    return pair.encode("utf-8", "surrogatepass")


def disturbed(text, choose):
    """A character lost, replaced or put in here and there."""
    letters = list(text)
    for _ in range(choose.randrange(3)):
        if letters:
            place = choose.randrange(len(letters))
            letters[place : place + choose.randrange(2)] = [choose.choice(["", *PLAIN, *SPECIAL[::7]])]
    return "".join(letters)


def sample(choose):
    kind = choose.random()
    if kind < 0.2:
        return "".join(choose.choice(SPECIAL if choose.random() < 0.7 else PLAIN) for _ in range(choose.randrange(1, 13)))
    phrase = choose.choice(PHRASES)
    text = phrase
    for _ in range(choose.choice([0, 1, 1, 1, 2])):
        text = wrongly_decoded(text, choose)
    if kind < 0.45:
        text = choose.choice(PHRASES) + choose.choice([" ", "", "\n", ": "]) + text
    elif kind < 0.6:
        cut = choose.randrange(len(phrase) + 1)
        text = phrase[:cut] + wrongly_decoded(phrase[cut:], choose)
    if choose.random() < 0.4:
        text = disturbed(text, choose)
    return html.escape(text) if choose.random() < 0.05 else text


def cleaned(text):
    """CLIP's `basic_clean`, `whitespace_clean` and `lower`."""
    text = html.unescape(html.unescape(ftfy.fix_text(text))).strip()
    return re.sub(r"\s+", " ", text).strip().lower()


def main():
    assert ftfy.__version__.startswith("6.3"), "the reference's repairs are those of ftfy 6.3"
    choose = random.Random(int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    written = 0
    while written < int(sys.argv[1]):
        text = sample(choose)
        if any(0xD800 <= ord(c) < 0xE000 for c in text):
            continue
        print(json.dumps([text, cleaned(text)], ensure_ascii=True))
        written += 1


if __name__ == "__main__":
    main()
