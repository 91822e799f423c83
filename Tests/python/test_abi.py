"""The bindings' table, constants and layouts against the header, the library and the C compiler."""

import ctypes
import mmap
import re
import shutil
import subprocess

import pytest
from actionclip import _abi
from actionclip._library import library
from conftest import ROOT

HEADER = ROOT / "include" / "actionclip.h"


def source():
    return re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)


SCALARS = {
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint8_t": ctypes.c_uint8,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}


def ctype(text):
    """The ctypes type these bindings use for a C type."""
    words = re.sub(r"\bconst\b", "", text).replace("*", " * ").split()
    base, stars = words[0], words.count("*")
    assert set(words[1:]) <= {"*"}, text
    if base == "void":
        return {0: None, 1: ctypes.c_void_p}[stars]
    if base == "char":
        return {1: ctypes.c_char_p, 2: ctypes.POINTER(ctypes.c_char_p)}[stars]
    if base in SCALARS:
        return {0: SCALARS[base], 1: ctypes.POINTER(SCALARS[base])}[stars]
    if base in _abi.STRUCTS:
        return {1: ctypes.POINTER(_abi.STRUCTS[base])}[stars]
    assert f"typedef struct {base} {base};" in source(), f"unknown type {base}"
    return {1: ctypes.c_void_p, 2: ctypes.POINTER(ctypes.c_void_p)}[stars]


def declared_functions():
    found = []
    for result, name, parameters in re.findall(r"ACTIONCLIP_API\s+([\w\s*]+?)(\w+)\(([^)]*)\);", source()):
        types = [] if parameters.strip() == "void" else parameters.split(",")
        arguments = tuple(ctype(re.sub(r"\w+\s*$", "", item.strip())) for item in types)
        found.append((name, arguments, ctype(result)))
    return found


def declared_structs():
    bodies = re.findall(r"typedef struct (\w+) \{(.*?)\} \1;", source(), flags=re.S)
    return {
        name: [
            (field, int(length) if length else 0, kind)
            for kind, field, length in re.findall(
                r"^\s*([\w\s*]+?\*?)\s*(\w+)(?:\[(\d+)\])?;", body, flags=re.M
            )
        ]
        for name, body in bodies
    }


def declared_constants():
    found = re.findall(r"^#define ACTIONCLIP_(\w+) +\(?(-?\d+)\)? *$", source(), flags=re.M)
    return {name: int(value) for name, value in found}


def test_the_table_is_the_header():
    declared = declared_functions()
    assert len(declared) == len(re.findall("^ACTIONCLIP_API ", source(), flags=re.M))
    assert list(_abi.FUNCTIONS) == declared


def test_every_function_is_in_the_library():
    for name, _, _ in _abi.FUNCTIONS:
        assert getattr(library(), name.removeprefix("actionclip_"))


def test_constants_are_the_header_s():
    assert _abi.CONSTANTS == declared_constants()
    assert len(_abi.CONSTANTS) == len(set(re.findall(r"#define (ACTIONCLIP_\w+) +[(\d-]", source())))


@pytest.mark.parametrize("name", _abi.CONSTANTS)
def test_constants_are_the_library_s(name):
    value = ctypes.c_int64(-12345)
    library().call("constant", f"ACTIONCLIP_{name}".encode(), ctypes.byref(value))
    assert value.value == _abi.CONSTANTS[name]


def test_every_status_has_its_name():
    for name, value in _abi.CONSTANTS.items():
        if name == "OK" or name.startswith("ERROR_"):
            assert library().status_name(value) == f"ACTIONCLIP_{name}".encode()
    assert library().status_name(-9999) == b"unknown status"


def test_structs_have_the_header_s_fields():
    declared = declared_structs()
    assert set(declared) == set(_abi.STRUCTS)
    for name, fields in declared.items():
        ours = [
            (field, getattr(kind, "_length_", 0) if issubclass(kind, ctypes.Array) else 0)
            for field, kind in _abi.STRUCTS[name]._fields_
        ]
        assert ours == [(field, length) for field, length, _ in fields], name


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_structs_have_the_compiler_s_layout(tmp_path):
    lines = []
    for name, struct in _abi.STRUCTS.items():
        lines.append(f'printf("{name} %zu\\n", sizeof({name}));')
        for field, _ in struct._fields_:
            item = f"(({name} *)0)->{field}"
            lines.append(f'printf("{name}.{field} %zu %zu\\n", offsetof({name}, {field}), sizeof({item}));')
    program = tmp_path / "layout.c"
    start = f'#include <stdio.h>\n#include "{HEADER}"\nint main(void) {{\n'
    program.write_text(start + "\n".join(lines) + "\nreturn 0;\n}\n")
    subprocess.run(["cc", "-o", tmp_path / "layout", program], check=True)
    output = subprocess.run([tmp_path / "layout"], check=True, capture_output=True, text=True).stdout
    ours = []
    for name, struct in _abi.STRUCTS.items():
        ours.append(f"{name} {ctypes.sizeof(struct)}")
        for field, _ in struct._fields_:
            member = getattr(struct, field)
            ours.append(f"{name}.{field} {member.offset} {member.size}")
    assert output.splitlines() == ours


def guarded(size):
    """The address of `size` bytes that end where memory does."""
    libc = ctypes.CDLL(None, use_errno=True)
    memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    assert libc.mprotect(ctypes.c_void_p(start + mmap.PAGESIZE), mmap.PAGESIZE, 0) == 0
    return memory, start + mmap.PAGESIZE - size


@pytest.mark.parametrize("name", [name for name in _abi.STRUCTS if name.endswith("_options")])
def test_bindings_of_older_headers_get_what_their_structs_hold(name):
    """A table with the struct of each field that was once the last: nothing is written beyond it."""
    fields = _abi.STRUCTS[name]._fields_
    initialise = getattr(library(), f"{name.removeprefix('actionclip_')}_init_sized")
    whole = library().defaults(name.removeprefix("actionclip_"))
    known = 0
    for count in range(1, len(fields) + 1):
        older = type("Older", (ctypes.Structure,), {"_fields_": fields[:count]})
        memory, address = guarded(ctypes.sizeof(older))
        initialise(ctypes.cast(address, ctypes.POINTER(_abi.STRUCTS[name])), ctypes.sizeof(older))
        struct = older.from_address(address)
        if struct.struct_size == 0:
            assert known == 0  # older than the first version of all
            continue
        known += 1
        assert struct.struct_size == ctypes.sizeof(older)
        for field, _ in fields[1:count]:
            ours, theirs = getattr(struct, field), getattr(whole, field)
            same = list(ours) == list(theirs) if isinstance(ours, ctypes.Array) else bool(ours) == bool(theirs)
            assert same, field
    assert known >= 1
