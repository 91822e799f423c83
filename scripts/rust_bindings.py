#!/usr/bin/env python3
"""Writes the declarations of actionclip-sys, in Rust, from the description of the C interface.

    scripts/abi.py | scripts/rust_bindings.py > bindings/rust/actionclip-sys/src/bindings.rs
"""

from __future__ import annotations

import json
import sys
import textwrap

SCALARS = {
    "char": "c_char",
    "void": "c_void",
    "int32_t": "i32",
    "uint32_t": "u32",
    "int64_t": "i64",
    "uint64_t": "u64",
    "uint8_t": "u8",
    "size_t": "usize",
    "float": "f32",
    "double": "f64",
}


def rust_type(text: str) -> str:
    """A C type in Rust. A pointer is const or mut as what it points to is."""
    if text.endswith("]"):
        element, length = text[:-1].split("[")
        return f"[{rust_type(element)}; {length}]"
    words = text.replace("*", " * ").split()
    is_const = words[0] == "const"
    base = words[1] if is_const else words[0]
    result = SCALARS.get(base, base)
    for word in words[2 if is_const else 1 :]:
        if word == "const":
            is_const = True
        else:
            result, is_const = f"*{'const' if is_const else 'mut'} {result}", False
    return result


def doc_lines(item: dict, indent: str = ""):
    """The header's comment on something, as a doc comment of Rust."""
    for i, paragraph in enumerate(item["comment"].splitlines()):
        if i > 0:
            yield f"{indent}///"
        yield from textwrap.wrap(
            paragraph, 100, initial_indent=f"{indent}/// ", subsequent_indent=f"{indent}/// ", break_on_hyphens=False
        )


def opaque_lines(item: dict):
    yield from doc_lines(item)
    yield "#[repr(C)]"
    yield f"pub struct {item['name']} {{"
    yield "    _data: [u8; 0],"
    yield "    _marker: PhantomData<(*mut u8, PhantomPinned)>,"
    yield "}\n"


def callback_lines(item: dict):
    yield from doc_lines(item)
    arguments = ", ".join(rust_type(argument["type"]) for argument in item["arguments"])
    yield f"pub type {item['name']} ="
    yield f"    Option<unsafe extern \"C\" fn({arguments}) -> {rust_type(item['result'])}>;\n"


def struct_lines(struct: dict, initialiser: str | None):
    name, fields = struct["name"], struct["fields"]
    yield from doc_lines(struct)
    yield "#[repr(C)]\n#[derive(Clone, Copy, Debug)]"
    yield f"pub struct {name} {{"
    for field in fields:
        yield from doc_lines(field, "    ")
        yield f"    pub {field['name']}: {rust_type(field['type'])},"
    yield "}\n"
    if fields[0]["name"] == "struct_size":
        yield f"sized!({name}{', ' + initialiser if initialiser else ''});\n"


def function_lines(function: dict):
    yield from doc_lines(function, "    ")
    result = rust_type(function["result"])
    arrow = "" if result == "c_void" else f" -> {result}"
    arguments = [f"{item['name']}: {rust_type(item['type'])}" for item in function["arguments"]]
    line = f"    pub fn {function['name']}({', '.join(arguments)}){arrow};"
    if len(line) <= 100:
        yield line
        return
    yield f"    pub fn {function['name']}("
    for argument in arguments:
        yield f"        {argument},"
    yield f"    ){arrow};"


def test_lines(abi: dict):
    yield "#[cfg(test)]\nmod tests {"
    yield "    use super::*;"
    yield "    use std::mem::{align_of, size_of, MaybeUninit};\n"
    yield "    macro_rules! offset {"
    yield "        ($struct:ident, $field:ident) => {{"
    yield "            let value = MaybeUninit::<$struct>::uninit();"
    yield "            let start = value.as_ptr();"
    yield "            unsafe { std::ptr::addr_of!((*start).$field) as usize - start as usize }"
    yield "        }};"
    yield "    }\n"
    yield "    #[test]\n    fn structs_have_the_layout_of_c() {"
    for struct in abi["structs"]:
        name = struct["name"]
        yield f"        assert_eq!(size_of::<{name}>(), {struct['size']});"
        yield f"        assert_eq!(align_of::<{name}>(), {struct['alignment']});"
        for field in struct["fields"]:
            yield f"        assert_eq!(offset!({name}, {field['name']}), {field['offset']});"
    yield "    }\n"
    yield "    #[test]\n    fn constants_are_the_library_s() {"
    yield "        let constants: &[(&[u8], i32)] = &["
    for item in abi["constants"]:
        yield f"            (b\"{item['name']}\\0\", {item['name']}),"
    yield "        ];"
    yield "        for &(name, value) in constants {"
    yield "            let mut found = -12345;"
    yield "            assert_eq!(unsafe { actionclip_constant(name.as_ptr().cast(), &mut found) }, ACTIONCLIP_OK);"
    yield "            assert_eq!(found, i64::from(value));"
    yield "        }"
    yield "    }\n"
    yield "    #[test]\n    fn every_function_is_in_the_library() {"
    yield "        let functions = ["
    for function in abi["functions"]:
        yield f"            {function['name']} as *const (),"
    yield "        ];"
    yield "        assert!(functions.iter().all(|f| !f.is_null()));"
    yield "    }\n}"


def main() -> None:
    abi = json.load(sys.stdin)
    names = {function["name"] for function in abi["functions"]}
    print("// Written by scripts/rust_bindings.py from the C header; not to be changed by hand.\n")
    print("use std::marker::{PhantomData, PhantomPinned};")
    print("use std::os::raw::{c_char, c_void};\n")
    for item in abi["constants"]:
        print(f"pub const {item['name']}: i32 = {item['value']};")
    print()
    for item in abi["opaque"]:
        print(*opaque_lines(item), sep="\n")
    for item in abi["callbacks"]:
        print(*callback_lines(item), sep="\n")
    for struct in abi["structs"]:
        initialiser = f"{struct['name']}_init_sized"
        print(*struct_lines(struct, initialiser if initialiser in names else None), sep="\n")
    print('extern "C" {')
    for function in abi["functions"]:
        print(*function_lines(function), sep="\n")
    print("}\n")
    print(*test_lines(abi), sep="\n")


if __name__ == "__main__":
    main()
