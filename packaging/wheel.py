#!/usr/bin/env python3
"""Makes the Python package with the library, its headers and the default model inside, as one wheel for every Python.

    packaging/wheel.py TREE FOLDER      (TREE: what `make install` made, with its usual folders)

Writes FOLDER/actionclip-VERSION-py3-none-manylinux_2_34_MACHINE.whl. The same files give the same bytes: each is dated
by SOURCE_DATE_EPOCH, else by the beginning of 1980, before which a zip archive has no dates.
"""

import ast
import base64
import hashlib
import os
import pathlib
import platform
import re
import sys
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
PYTHON = ROOT / "bindings" / "python"

#: Bytes that the wheel may have besides the default model.
SIZE_LIMIT = 4_000_000

#: For -lactionclip: a wheel has no links, so this text names the library to the linker.
LINKER_SCRIPT = "/* GNU ld script */\nINPUT(libactionclip.so.{abi})\n"


def project():
    """The table [project] of pyproject.toml, whose values are texts and lists of texts. Python 3.10 has no tomllib."""
    text = (PYTHON / "pyproject.toml").read_text().split("[project]\n")[1].split("\n[")[0]
    values = re.findall(r'^([\w-]+) = (".*"|\[[^]]*\])$', text, flags=re.M)
    return {key: ast.literal_eval(value) for key, value in values}


def package_files(tree):
    """The files of the package by their names in the wheel: bytes, and whether they are programs or libraries."""
    sources = [*(PYTHON / "actionclip").glob("*.py"), PYTHON / "actionclip" / "py.typed"]
    found = {f"actionclip/{path.name}": path for path in sources}
    for folder in ["include", "lib/cmake/actionclip", "lib/pkgconfig", "share/actionclip"]:
        found |= {f"actionclip/{folder}/{path.name}": path for path in (tree / folder).iterdir()}
    (library,) = (tree / "lib").glob("libactionclip.so.?")
    found[f"actionclip/lib/{library.name}"] = library
    files = {name: (path.read_bytes(), path == library) for name, path in found.items()}
    script = LINKER_SCRIPT.format(abi=library.suffix[1:])
    return files | {"actionclip/lib/libactionclip.so": (script.encode(), False)}


def metadata(about, tag, folder):
    """The files that describe the package to installers."""
    lines = [
        "Metadata-Version: 2.4", f"Name: {about['name']}", f"Version: {about['version']}",
        f"Summary: {about['description']}", f"Requires-Python: {about['requires-python']}",
        *(f"Requires-Dist: {each}" for each in about["dependencies"]),
        *(f"Classifier: {each}" for each in about["classifiers"]),
        *(f"License-File: {path.relative_to(ROOT)}" for path in licenses()),
        "Description-Content-Type: text/markdown", "", (PYTHON / about["readme"]).read_text(),
    ]  # fmt: skip
    wheel = ["Wheel-Version: 1.0", "Generator: libactionclip", "Root-Is-Purelib: false", f"Tag: {tag}", ""]
    files = {f"{folder}/METADATA": "\n".join(lines).encode(), f"{folder}/WHEEL": "\n".join(wheel).encode()}
    return files | {f"{folder}/licenses/{path.relative_to(ROOT)}": path.read_bytes() for path in licenses()}


def licenses():
    return [ROOT / "LICENSE", *sorted((ROOT / "LICENSES").iterdir())]


def record(files, folder):
    """The list of all files with their hashes."""
    lines = []
    for name, (content, _) in sorted(files.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(content)}\n")
    return "".join([*lines, f"{folder}/RECORD,,\n"]).encode()


def main(tree, target):
    about = project()
    tag = f"py3-none-manylinux_2_34_{platform.machine()}"
    name = f"actionclip-{about['version']}"
    folder = f"{name}.dist-info"
    files = package_files(pathlib.Path(tree))
    files |= {path: (content, False) for path, content in metadata(about, tag, folder).items()}
    date = time.gmtime(max(315532800, int(os.environ.get("SOURCE_DATE_EPOCH", 0))))[:6]
    place = pathlib.Path(target) / f"{name}-{tag}.whl"
    place.parent.mkdir(parents=True, exist_ok=True)
    entries = [*sorted(files.items()), (f"{folder}/RECORD", (record(files, folder), False))]  # the list comes last
    with zipfile.ZipFile(place, "w") as archive:
        for path, (content, is_program) in entries:
            entry = zipfile.ZipInfo(path, date)
            entry.external_attr = (0o100755 if is_program else 0o100644) << 16
            entry.create_system = 3  # Unix, whatever makes the archive
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
    print(f"wheel: {place} ({place.stat().st_size / 1e6:.1f} MB)")
    with zipfile.ZipFile(place) as archive:
        own = sum(each.compress_size for each in archive.infolist() if not each.filename.endswith(".safetensors"))
    told = f"besides the model {own:,} bytes of {SIZE_LIMIT:,} at most"
    if own > SIZE_LIMIT:
        sys.exit(f"wheel: too large: {told}; Tests/abi/check_library.sh tells the library's share")
    print(f"wheel: {told}: {SIZE_LIMIT - own:,} bytes are left")


if __name__ == "__main__":
    main(*sys.argv[1:])
