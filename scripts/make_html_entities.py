#!/usr/bin/env python3
"""Write the tokenizer's table of HTML5 named character references.

Usage: make_html_entities.py > Sources/Tokenizer/HTMLEntityTable.swift

The table is Python's own (html.entities.html5), because the reference tokenizer unescapes with
html.unescape. It is one string literal: the Swift compiler takes long over large array literals.
"""
from html.entities import html5

WIDTH = 100


def records():
    for name in sorted(n[:-1] for n in html5 if n.endswith(";")):
        value = html5[name + ";"]
        bare = name in html5
        assert name.isascii() and name.isalnum() and 1 <= len(value) <= 2
        assert len(name) + 1 <= 32
        assert not bare or (html5[name] == value and len(name) <= 6)
        yield name + ("?" if bare else ";") + ",".join(f"{ord(c):X}" for c in value)
    assert all(n.endswith(";") or n + ";" in html5 for n in html5)


def main():
    print("// Written by scripts/make_html_entities.py; run it again rather than edit.")
    print()
    print("extension HTMLEntities {")
    print('  static let table: StaticString = """')
    line = ""
    for record in records():
        if line and len(line) + 1 + len(record) > WIDTH:
            print("    " + line)
            line = ""
        line += (" " if line else "") + record
    print("    " + line)
    print('    """')
    print("}")


if __name__ == "__main__":
    main()
