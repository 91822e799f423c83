#!/usr/bin/env python3
"""Manual pages of the command, from the definitions that its argument parser has.

    packaging/manual.py COMMAND VERSION FOLDER

Writes actionclip.1 and a page for each subcommand, actionclip-classify.1 and so on. The same command gives the same
bytes: no page holds the time when it was made.
"""

import json
import pathlib
import subprocess
import sys
import textwrap

ENVIRONMENT = [
    ("ACTIONCLIP_MODEL", "The file of the model that is loaded where none is named, in place of the default model."),
    ("ACTIONCLIP_THREADS", "The number of threads, 1 to 256, where --threads is not given. Without it there is one for "
     "each processor of the affinity, or fewer where control groups (containers, services) have a quota."),
    ("ACTIONCLIP_INSTRUCTIONS", "The highest instruction set that models compute with, by the names that --instructions "
     "has, or auto. Of the two the lower one counts."),
    ("HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, HOME",
     "The first that is set says where the models are that Hugging Face's tools have downloaded."),
]  # fmt: skip

#: For pages that name a text of docs/.
TEXTS = "Below the installation's prefix, usually /usr/local or /usr: the text that this page calls docs/NAME.md."


def escaped(text):
    """Text that roff shows as it is, in a line that begins with no request."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")  # plain terminals lack …
    text = "".join(c if c.isascii() else f"\\[u{ord(c):04X}]" for c in text)
    return "\\&" + text if text[:1] in (".", "'") else text


def bold(text):
    return f"\\fB{escaped(text)}\\fR"


def italic(text):
    return f"\\fI{escaped(text)}\\fR"


def filled(text):
    """A paragraph in lines of a length that editors of such pages like."""
    return [escaped(line) for line in textwrap.wrap(text, 72, break_long_words=False, break_on_hyphens=False)]


def entry(term, text):
    return [".TP", term, *filled(text)]


def paragraphs(text):
    lines = []
    for paragraph in filter(None, (text or "").split("\n")):
        lines += [".PP", *filled(paragraph)]
    return lines[1:]


def names(argument):
    """An option's names and its value: "-h, --help", "--model path"."""
    dashes = {"long": "--", "short": "-", "longWithSingleDash": "-"}
    text = ", ".join(bold(dashes[name["kind"]] + name["name"]) for name in argument["names"])
    return f"{text} {italic(argument['valueName'])}" if argument["kind"] == "option" else text


def details(argument):
    """An argument's description with its values and its default."""
    parts = [argument.get("abstract") or ""]
    if values := argument.get("allValues"):
        parts.append(f"Values: {', '.join(values)}.")
    if default := argument.get("defaultValue"):
        parts.append(f"Default: {default}.")
    return " ".join(filter(None, parts))


def shown(command, *kinds):
    return [a for a in command.get("arguments", []) if a["kind"] in kinds and a["shouldDisplay"]]


def synopsis(program, command):
    parts = [bold(program)]
    if command.get("subcommands"):
        parts.append(italic("command"))
    parts.append("[" + italic("options") + "]")
    for argument in shown(command, "positional"):
        text = italic(argument["valueName"]) + (" ..." if argument["isRepeating"] else "")
        parts.append(f"[{text}]" if argument["isOptional"] else text)
    return [".SH SYNOPSIS", " ".join(parts)]


def options(command):
    lines = []
    if positional := shown(command, "positional"):
        lines.append(".SH ARGUMENTS")
        for argument in positional:
            lines += entry(italic(argument["valueName"]), details(argument))
    sections = {}
    for argument in shown(command, "option", "flag"):
        sections.setdefault((argument.get("sectionTitle") or "Options").upper(), []).append(argument)
    for title, members in sections.items():
        lines.append(f".SH {title}")
        for argument in members:
            lines += entry(names(argument), details(argument))
    return lines


def files(lines):
    """Where the texts are that a page names."""
    named = any("docs/" in line for line in lines)
    return [".SH FILES", *entry(italic("share/doc/actionclip/NAME.md"), TEXTS)] if named else []


def head(name, abstract, version):
    abstract = abstract.rstrip(".")
    return [
        f'.TH {escaped(name.upper())} 1 "" "libactionclip {version}" "libactionclip"',
        ".SH NAME", f"{escaped(name)} \\- {escaped(abstract[:1].lower() + abstract[1:])}",
    ]  # fmt: skip


def subcommand_page(program, command, version):
    name = command["commandName"]
    lines = head(f"{program}-{name}", command["abstract"], version) + synopsis(f"{program} {name}", command)
    if text := paragraphs(command.get("discussion")):
        lines += [".SH DESCRIPTION", *text]
    lines += options(command)
    return lines + files(lines) + [".SH SEE ALSO", f".BR {escaped(program)} (1)"]


def main_page(command, pages, version):
    program = command["commandName"]
    lines = head(program, command["abstract"], version) + synopsis(program, command) + [".SH COMMANDS"]
    for each in command["subcommands"]:
        lines += entry(bold(each["commandName"]), each["abstract"])
    title = "Exit status: "
    discussion = command["discussion"]
    assert discussion.startswith(title), "the command's discussion states its exit status"
    status = discussion.removeprefix(title).split("\n")[0]  # then comes the environment in brief
    lines += options(command) + [".SH EXIT STATUS", *paragraphs(status), ".SH ENVIRONMENT"]
    for name, text in ENVIRONMENT:
        lines += entry(bold(name), text)
    others = [f".BR {escaped(page)} (1)" for page in pages]
    return lines + files(lines) + [".SH SEE ALSO", *(f"{other}," for other in others[:-1]), others[-1]]


def main(path, version, folder):
    dump = subprocess.run([path, "--experimental-dump-help"], check=True, capture_output=True, text=True).stdout
    command = json.loads(dump)["command"]
    program = command["commandName"]
    described = [each for each in command["subcommands"] if each["commandName"] != "help"]
    pages = {f"{program}-{each['commandName']}": subcommand_page(program, each, version) for each in described}
    pages[program] = main_page(command, list(pages), version)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in pages.items():
        (folder / f"{name}.1").write_text("\n".join(lines) + "\n", encoding="ascii")


if __name__ == "__main__":
    main(*sys.argv[1:])
