#!/usr/bin/env python3
"""Writes the binary interface of include/actionclip.h as JSON: constants, opaque types, structs and functions.

    scripts/abi.py > abi.json

The names and types are clang's reading of the header, the numbers are clang's for the present target. CLANG names
another clang than the one on the path or, if there is none, beside Swift. Sizes, alignments and offsets are in bytes;
everything is in the header's order, with its comments.
"""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

HEADER = pathlib.Path(__file__).resolve().parent.parent / "include" / "actionclip.h"


def find_clang() -> str:
    """The path of clang, which Swift's toolchain has. Its `swift` may be alone on the path, or named by SWIFT."""
    swift = shutil.which(os.environ.get("SWIFT") or "swift")
    beside = os.path.join(os.path.dirname(os.path.realpath(swift)), "clang") if swift else "clang"
    return os.environ.get("CLANG") or shutil.which("clang") or beside


def clang(source: str, *flags: str) -> str:
    """The output of clang for C source that may include the header."""
    command = [find_clang(), "-std=c11", f"-I{HEADER.parent}", "-xc", "-", *flags]
    try:
        return subprocess.run(command, input=source, stdout=subprocess.PIPE, text=True, check=True).stdout
    except FileNotFoundError:
        sys.exit(f"abi.py: no {command[0]}; it comes with Swift's toolchain (CLANG names another)")
    except subprocess.CalledProcessError:
        sys.exit("abi.py: clang refuses the header")


def syntax_tree(source: str) -> list[dict]:
    """The declarations of a translation unit."""
    return json.loads(clang(source, "-fsyntax-only", "-fparse-all-comments", "-Xclang", "-ast-dump=json"))["inner"]


def evaluate(expressions: list[str]) -> list[int]:
    """The values of integer constant expressions."""
    members = ", ".join(f"value{i} = ({text})" for i, text in enumerate(expressions))
    tree = syntax_tree(f"#include <stddef.h>\n#include <actionclip.h>\nenum {{ {members} }};\n")
    values = []
    for node in tree[-1]["inner"]:
        while "value" not in node:
            node = node["inner"][0]
        values.append(int(node["value"]))
    return values


def comment(node: dict) -> str:
    """The header's comment on a declaration, one line for each paragraph; "" if there is none."""
    if node["kind"] == "TextComment":
        return node["text"].strip()
    inside = [item for item in node.get("inner", []) if item["kind"].endswith("Comment")]
    return ("\n" if node["kind"] == "FullComment" else " ").join(filter(None, map(comment, inside)))


def fields(record: dict) -> list[dict]:
    return [item for item in record["inner"] if item["kind"] == "FieldDecl"]


def layout(record: dict) -> dict:
    """A struct with the places of its fields."""
    name = record["name"]
    size, alignment, *places = evaluate(
        [f"sizeof({name})", f"_Alignof({name})"]
        + [f"offsetof({name}, {field['name']})" for field in fields(record)]
        + [f"sizeof((({name} *)0)->{field['name']})" for field in fields(record)]
    )
    count = len(fields(record))
    return {
        "name": name,
        "comment": comment(record),
        "size": size,
        "alignment": alignment,
        "fields": [
            {
                "name": field["name"],
                "type": field["type"]["qualType"],
                "offset": offset,
                "size": width,
                "comment": comment(field),
            }
            for field, offset, width in zip(fields(record), places[:count], places[count:])
        ],
    }


def signature(function: dict) -> dict:
    return {
        "name": function["name"],
        "comment": comment(function),
        "result": function["type"]["qualType"].split("(")[0].strip(),
        "arguments": [
            {"name": item["name"], "type": item["type"]["qualType"]}
            for item in function.get("inner", [])
            if item["kind"] == "ParmVarDecl"
        ],
    }


def callback(item: dict) -> dict:
    """A pointer to a function of the host's: "int32_t (*)(void *, const actionclip_tuner_result *)"."""
    result, arguments = item["type"]["qualType"].split("(*)")
    types = [{"type": text.strip()} for text in arguments.strip("()").split(",")]
    return {"name": item["name"], "comment": comment(item), "result": result.strip(), "arguments": types}


def described() -> dict:
    """The whole interface; see the keys for what it has."""
    include = "#include <actionclip.h>\n"
    macros = re.findall(r"^#define (ACTIONCLIP_\w+) \S", clang(include, "-E", "-dD"), flags=re.M)
    names = [name for name in macros if name != "ACTIONCLIP_API"]
    value = dict(zip(names, evaluate(names)))
    tree = [item for item in syntax_tree(include) if item.get("name", "").startswith("actionclip_")]
    structs = [item for item in tree if item["kind"] == "RecordDecl" and item.get("completeDefinition")]
    complete = {item["name"] for item in structs}
    types = [item for item in tree if item["kind"] == "TypedefDecl" and item["name"] not in complete]
    return {
        "library": "libactionclip",
        "version": ".".join(str(value[f"ACTIONCLIP_VERSION_{part}"]) for part in ("MAJOR", "MINOR", "PATCH")),
        "abi": value["ACTIONCLIP_ABI_VERSION"],
        "data_model": "LP64, little-endian",
        "constants": [{"name": name, "value": number} for name, number in value.items()],
        "opaque": [
            {"name": item["name"], "comment": comment(item)}
            for item in types
            if "(*)" not in item["type"]["qualType"]
        ],
        "callbacks": [callback(item) for item in types if "(*)" in item["type"]["qualType"]],
        "structs": [layout(item) for item in structs],
        "functions": [
            signature(item) for item in tree if item["kind"] == "FunctionDecl" and item.get("storageClass") != "static"
        ],
    }


def lines(value: object, indent: str = "") -> str:
    """JSON with each constant, field and argument on a line of its own, so that differences can be read."""
    inner = indent + "  "
    if isinstance(value, dict) and any(isinstance(item, list) for item in value.values()):
        items = [f"{inner}{json.dumps(key)}: {lines(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + lines(item, inner) for item in value) + f"\n{indent}]"
    return json.dumps(value)


if __name__ == "__main__":
    print(lines(described()))
