"""The bindings' table, constants and layouts against the description of the header and the library."""

import ctypes
import json
import mmap

import pytest
from actionclip import _abi
from actionclip._library import library
from conftest import ROOT

#: The header's functions, structs and constants as clang reads them (scripts/abi.py).
HEADER = json.loads((ROOT / "build" / "share" / "actionclip" / "abi.json").read_text())

SCALARS = {
    "int32_t": ctypes.c_int32,
    "uint32_t": ctypes.c_uint32,
    "int64_t": ctypes.c_int64,
    "uint64_t": ctypes.c_uint64,
    "uint8_t": ctypes.c_uint8,
    "size_t": ctypes.c_size_t,
    "float": ctypes.c_float,
    "double": ctypes.c_double,
}


def ctype(text):
    """The ctypes type these bindings use for a C type."""
    if text.endswith("]"):
        element, length = text[:-1].split("[")
        return ctype(element) * int(length)
    words = text.replace("const", "").replace("*", " * ").split()
    base, stars = words[0], words.count("*")
    assert set(words[1:]) <= {"*"}, text
    if base == "void":
        return {0: None, 1: ctypes.c_void_p}[stars]
    if base == "char":
        return {1: ctypes.c_char_p, 2: ctypes.POINTER(ctypes.c_char_p)}[stars]
    if base in SCALARS:
        return {0: SCALARS[base], 1: ctypes.POINTER(SCALARS[base])}[stars]
    if base in _abi.CALLBACKS:
        return _abi.CALLBACKS[base]
    if base in _abi.STRUCTS:
        return {1: ctypes.POINTER(_abi.STRUCTS[base])}[stars]
    assert any(item["name"] == base for item in HEADER["opaque"]), text
    return {1: ctypes.c_void_p, 2: ctypes.POINTER(ctypes.c_void_p)}[stars]


def test_the_table_is_the_header():
    declared = [
        (item["name"], tuple(ctype(argument["type"]) for argument in item["arguments"]), ctype(item["result"]))
        for item in HEADER["functions"]
    ]
    assert list(_abi.FUNCTIONS) == declared


def test_every_function_is_in_the_library():
    for name, _, _ in _abi.FUNCTIONS:
        assert getattr(library(), name.removeprefix("actionclip_"))


def test_constants_are_the_header_s():
    declared = {item["name"].removeprefix("ACTIONCLIP_"): item["value"] for item in HEADER["constants"]}
    assert _abi.CONSTANTS == declared


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


def test_structs_are_the_header_s():
    assert list(_abi.STRUCTS) == [item["name"] for item in HEADER["structs"]]


@pytest.mark.parametrize("declared", HEADER["structs"], ids=lambda item: item["name"])
def test_structs_have_the_compiler_s_layout(declared):
    struct = _abi.STRUCTS[declared["name"]]
    ours = [
        (name, kind, getattr(struct, name).offset, getattr(struct, name).size) for name, kind in struct._fields_
    ]
    assert ours == [
        (field["name"], ctype(field["type"]), field["offset"], field["size"]) for field in declared["fields"]
    ]
    assert (ctypes.sizeof(struct), ctypes.alignment(struct)) == (declared["size"], declared["alignment"])


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
