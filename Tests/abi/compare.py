#!/usr/bin/env python3
"""Compares two descriptions of the binary interface, as scripts/abi.py writes them: within an ABI number nothing but
additions is allowed, so that a program built for the old one works with the new one.

    Tests/abi/compare.py RELEASED.json PRESENT.json

It prints each addition; with anything else it says so and exits with 1.
"""

from __future__ import annotations

import json
import pathlib
import sys

#: Constants that state the version, not the interface.
VERSIONS = {"ACTIONCLIP_VERSION_MAJOR", "ACTIONCLIP_VERSION_MINOR", "ACTIONCLIP_VERSION_PATCH"}


def by_name(items: list[dict]) -> dict[str, dict]:
    return {item["name"]: item for item in items}


def signature(function: dict) -> str:
    """A function as C writes it. Names of arguments are no part of the interface."""
    return f"{function['result']} ({', '.join(item['type'] for item in function['arguments'])})"


def place(field: dict) -> str:
    return f"{field['type']} {field['name']} at {field['offset']}, {field['size']} bytes"


def struct_breaks(old: dict, new: dict) -> list[str]:
    """Changes that break a program which has the old struct."""
    name, fields, size = old["name"], new["fields"], old["size"]
    breaks = [
        f"{name}: {place(before)} is now {place(after)}"
        for before, after in zip(old["fields"], fields)
        if place(before) != place(after)
    ]
    breaks += [f"{name}: {field['name']} is gone" for field in old["fields"][len(fields) :]]
    if old["alignment"] != new["alignment"]:
        breaks.append(f"{name}: its alignment is {new['alignment']}, not {old['alignment']}")
    if new["size"] != size and old["fields"][0]["name"] != "struct_size":
        breaks.append(f"{name}: it has no struct_size, so its size of {size} bytes cannot become {new['size']}")
    # A field in what was padding leaves struct_size as it was, so the library cannot tell whether the caller has it.
    breaks += [
        f"{name}: {field['name']} lies within the {size} bytes of the old struct"
        for field in fields[len(old["fields"]) :]
        if field["offset"] < size
    ]
    return breaks


def compare(old: dict, new: dict) -> tuple[list[str], list[str]]:
    """The incompatible changes and the additions from one description to another."""
    if new["abi"] != old["abi"]:
        rises = new["abi"] > old["abi"]
        return ([] if rises else [f"the ABI number falls from {old['abi']} to {new['abi']}"]), []
    breaks, additions = [], []
    for kind in ("constants", "opaque", "callbacks", "structs", "functions"):
        # Descriptions of versions without callbacks do not have the list.
        before, after = by_name(old.get(kind, [])), by_name(new.get(kind, []))
        breaks += [f"{name} is gone" for name in before if name not in after]
        additions += [name for name in after if name not in before]
        for name in (name for name in before if name in after):
            one, other = before[name], after[name]
            if kind == "constants" and name not in VERSIONS and one["value"] != other["value"]:
                breaks.append(f"{name} is {other['value']}, not {one['value']}")
            if kind in ("callbacks", "functions") and signature(one) != signature(other):
                breaks.append(f"{name} is {signature(other)}, not {signature(one)}")
            if kind == "structs":
                breaks += struct_breaks(one, other)
                additions += [f"{name}.{field['name']}" for field in other["fields"][len(one["fields"]) :]]
    return breaks, additions


def main(released: str, present: str) -> int:
    old, new = (json.loads(pathlib.Path(path).read_text()) for path in (released, present))
    breaks, additions = compare(old, new)
    for name in additions:
        print(f"  abi: added since {old['version']}: {name}")
    for line in breaks:
        print(f"  abi: incompatible with {old['version']} under the same ABI number: {line}", file=sys.stderr)
    return bool(breaks)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
