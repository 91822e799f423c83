#!/usr/bin/env python3
"""Writes files that ask for far more than they are worth: bombs.py FOLDER.

A line of FOLDER/bombs.txt has a file's name, what it is loaded as, and the statuses that refuse it. Each must be
refused in a moment and without taking memory for what it claims.
"""

import gzip
import json
import os
import struct
import sys
import zlib

import container_bombs
import fixtures

FOLDER = sys.argv[1]
LINES = []


def bomb(name, data, *statuses, load="model"):
    with open(os.path.join(FOLDER, name), "wb") as file:
        if isinstance(data, bytes):
            file.write(data)
        else:
            data(file)
    LINES.append(f"{name} {load} {','.join(statuses)}")


def safetensors(header, data=b""):
    return struct.pack("<Q", len(header)) + header + data


def tensors(entries):
    return safetensors(json.dumps(entries, separators=(",", ":")).encode())


def torch(pickle, *more):
    return fixtures.archive([("data.pkl", pickle), *more, ("version", b"3\n")], described=False)


def of_one(storage_count, offset, shape, strides, data=b"\0" * 64):
    """A state dict of one tensor, every number of which is free."""

    def integer(value):
        raw = value.to_bytes((value.bit_length() + 8) // 8, "little")
        return b"\x8a" + bytes([len(raw)]) + raw

    pickle = (b"\x80\x02}" + fixtures.string("w") + b"ctorch._utils\n_rebuild_tensor_v2\n((" + fixtures.string("storage")
              + b"ctorch\nFloatStorage\n" + fixtures.string("0") + fixtures.string("cpu") + integer(storage_count) + b"tQ"
              + integer(offset) + b"(" + b"".join(map(integer, shape)) + b"t(" + b"".join(map(integer, strides))
              + b"t\x89ccollections\nOrderedDict\n)RtRs.")
    return torch(pickle, ("data/0", data))


def zip_of(entries, number=None, size=None):
    """A zip of empty records: one local header at 0 that all of `entries` names share."""
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0) + b"a"
    directory = b"".join(
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name
        for name in entries)
    number = len(entries) if number is None else number
    start, end = len(local), len(local) + len(directory)
    wide = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 0, 0, 0, 0, number, number, size or len(directory), start)
    wide += struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    return local + directory + wide + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)


def many_records(number):
    """A sound zip of so many empty records."""
    records = [(f"data/{i}", b"") for i in range(number - 1)]
    out, directory = [], []
    offset = 0
    for name, _ in [("other", b""), *records]:
        name = ("a/" + name).encode()
        local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, 0, 0, 0, 0, 0, 0, 0, len(name), 0) + name
        directory.append(struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, 0, 0, 0, 0, 0, 0, 0, len(name), 0, 0, 0, 0,
                                     0, offset) + name)
        out.append(local)
        offset += len(local)
    central = b"".join(directory)
    end = offset + len(central)
    wide = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 0, 0, 0, 0, number, number, len(central), offset)
    wide += struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    return b"".join(out) + central + wide + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF,
                                                        0xFFFFFFFF, 0)


def overlapping():
    """Two records that share their bytes, as in zbsm."""
    out = b""
    data = b"x" * 1000
    for name in (b"t/data.pkl", b"t/data/0"):
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, 0, 0, 0, 0, zlib.crc32(data), 1000, 1000, len(name), 0) + name
    out += data
    directory, at = b"", 0
    for name in (b"t/data.pkl", b"t/data/0"):
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, 0, 0, 0, 0, zlib.crc32(data), 1000, 1000,
                                 len(name), 0, 0, 0, 0, 0, at) + name
        at += 30 + len(name)
    return out + directory + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 2, 2, len(directory), len(out), 0)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    invalid, limit, unsupported = "FORMAT_INVALID", "FORMAT_LIMIT", "FORMAT_UNSUPPORTED"
    unknown, merges = "FORMAT_UNKNOWN", "TOKENIZER_INVALID"

    # safetensors
    bomb("length-2^64-1", b"\xff" * 8 + b"{}", limit)
    bomb("length-2^63", struct.pack("<Q", 1 << 63) + b"{}", limit)
    bomb("length-100MB-without-it", struct.pack("<Q", 100_000_000) + b"{}", invalid, limit)
    bomb("header-100MB-of-nesting", safetensors(b'{"a":' + b"[" * 99_999_000), limit)
    bomb("header-15MB-of-nesting", safetensors(b'{"a":' + b"[" * 15_000_000), limit, invalid)
    bomb("header-15MB-of-spaces", safetensors(b"{" + b" " * 15_000_000), limit, invalid)
    bomb("json-depth-1e6", safetensors(b'{"a":' * 1_000_000), limit, invalid)
    bomb("json-arrays-1e6", safetensors(b'{"a":{"dtype":"F32","shape":' + b"[" * 1_000_000), limit, invalid)
    empty = b'{"dtype":"F32","shape":[0],"data_offsets":[0,0]}'
    bomb("tensors-1e6", safetensors(b"{" + b",".join(b'"%d":' % i + empty for i in range(1_000_000)) + b"}"), limit)
    for number in (70_000, 8_000):
        bomb(f"tensors-{number}", safetensors(b"{" + b",".join(b'"%d":' % i + empty for i in range(number)) + b"}"),
             limit, "MISSING_TENSOR")
    bomb("metadata-1e6-keys", safetensors(
        b'{"__metadata__":{' + b",".join(b'"%d":""' % i for i in range(1_000_000)) + b"}}"), limit)
    bomb("metadata-12MB", safetensors(b'{"__metadata__":{"a":"' + b"x" * 12_000_000 + b'"}}'), limit)
    bomb("metadata-4MB-of-escapes", safetensors(b'{"__metadata__":{"a":"' + b"\\u0041" * 700_000 + b'"}}'), invalid, limit,
         "MISSING_TENSOR")
    bomb("shape-2^63", tensors({"a": {"dtype": "F32", "shape": [1 << 31, 1 << 31, 4], "data_offsets": [0, 0]}}), invalid)
    bomb("shape-1e6-dimensions", tensors({"a": {"dtype": "F32", "shape": [1] * 1_000_000, "data_offsets": [0, 4]}}), limit)
    for name, start, end in (("offsets-2^64", 2**64 - 8, 2**64 - 4), ("offsets-2^63", 0, 2**63 - 1),
                             ("offsets-2^63-and-on", 2**63 - 4, 2**63)):
        bomb(name, tensors({"a": {"dtype": "F32", "shape": [1], "data_offsets": [start, end]}}), invalid, limit)
    bomb("sums-near-2^64", tensors({
        "a": {"dtype": "U8", "shape": [2**62], "data_offsets": [0, 2**62]},
        "b": {"dtype": "U8", "shape": [2**62], "data_offsets": [2**62, 2**63 - 1]}}), invalid, limit)

    def sparse(file):
        file.write(safetensors(json.dumps({"a": {"dtype": "U8", "shape": [2**40], "data_offsets": [0, 2**40]}}).encode()))
        file.truncate(file.tell() + 2**40)

    bomb("sparse-2^40", sparse, limit)

    def sparse_zeros(file):
        file.truncate(2**40)

    bomb("sparse-2^40-of-zeros", sparse_zeros, unknown, invalid, limit)

    # zip and pickle
    def pairs(number, pair):
        return b"".join(b"(" + pair * min(40_000, number - done) + b"u" for done in range(0, number, 40_000))

    shared = b"\x80\x02}q\0" + pairs(240_000, b"NN") + b"0}X\1\0\0\0aq\x010}q\x02" + pairs(240_000, b"h\x01h\0") + b"."
    bomb("dict-of-240000-under-240000-keys", torch(shared), unsupported, limit, invalid)
    bomb("pickle-depth-1e6", torch(b"\x80\x02N" + b"\x85" * 999_000 + b"."), limit)
    bomb("pickle-marks-1e6", torch(b"\x80\x02" + b"(" * 2_000_000 + b"."), limit)
    bomb("pickle-stack-1e6", torch(b"\x80\x02" + b"N" * 2_000_000 + b"."), limit)
    bomb("pickle-steps-1e6", torch(b"\x80\x02}" + b"q\0" * 990_000 + b"."), unsupported, limit)
    bomb("pickle-memo-2^32-1", torch(b"\x80\x02}r\xff\xff\xff\xff."), limit)
    bomb("pickle-memo-1e6", torch(b"\x80\x02}r" + struct.pack("<I", 999_999) + b"."), unsupported, limit)
    bomb("pickle-get-2^32-1", torch(b"\x80\x02}j\xff\xff\xff\xff."), invalid)
    bomb("pickle-unicode-4GB", torch(b"\x80\x02X\xff\xff\xff\xff."), invalid)
    bomb("pickle-long-2^31", torch(b"\x80\x02\x8b\xff\xff\xff\x7f."), invalid, unsupported)
    bomb("pickle-of-15MB", torch(b"\x80\x02X" + struct.pack("<I", 15_000_000) + b"x" * 15_000_000 + b"0}."), unsupported,
         limit)
    bomb("pickle-of-40MB", torch(b"\x80\x02X" + struct.pack("<I", 40_000_000) + b"x" * 40_000_000 + b"0}."), limit)
    bomb("pickle-same-list-over-and-over", torch(b"\x80\x02]q\0" + b"h\0a" * 300_000 + b"."), limit, unsupported)
    bomb("tensor-of-1e12-stride-0", of_one(1, 0, [1_000_000, 1_000_000], [0, 0], b"\0" * 4), unsupported)
    bomb("tensor-strides-2^62", of_one(16, 0, [3, 3], [2**62, 2**62]), invalid, limit)
    bomb("tensor-offset-2^63-1", of_one(16, 2**63 - 1, [1], [1]), invalid)
    bomb("tensor-shape-2^62-squared", of_one(16, 0, [2**62, 2**62], [0, 0]), invalid, limit)
    bomb("storage-2^62", of_one(2**62, 0, [4], [1]), invalid)
    bomb("zip-overlapping", overlapping(), invalid)
    bomb("zip-65537-entries", zip_of([b"%d" % i for i in range(65_537)]), limit)
    bomb("zip-65536-entries-one-place", zip_of([b"%d" % i for i in range(65_536)]), invalid, limit)
    bomb("zip-65536-records", many_records(65_536), unknown, limit)
    bomb("zip-10000-records", many_records(10_000), unknown, limit)
    bomb("zip-claims-2^40-entries", zip_of([b"a"], number=2**40), limit)
    bomb("zip-claims-2^63-entries", zip_of([b"a"], number=2**63), invalid, limit)
    bomb("zip-directory-2^62", zip_of([b"a"], size=2**62), invalid, limit)

    # TorchScript: modules inside modules, one module in many places, one of very many attributes
    script = lambda pickle: torch(b"\x80\x02" + pickle, ("constants.pkl", b""), ("code/m.py", b""))
    module = b"c__torch__\nM\n)\x81"
    bomb("script-depth-1e5", script((module + b"}X\1\0\0\0a") * 100_000 + b"N" + b"sb" * 100_000 + b"."), limit)
    bomb("script-stack-of-modules", script(module * 200_000 + b"."), limit)
    attributes = b"".join(b"X\5\0\0\0%05dN" % i for i in range(60_000))
    bomb("script-60000-attributes", script(module + b"}(" + attributes + b"ub."), limit, unsupported, "MISSING_TENSOR")
    # Each module holds the one before it twice.
    doubled = module + b"}(X\1\0\0\0aNub"
    for level in range(40):
        doubled = module + b"}(X\1\0\0\0a" + doubled + b"q%cX\1\0\0\0bh%cub" % (level, level)
    bomb("script-2^40-paths", script(doubled + b"."), limit, invalid, unsupported)

    # an index of shards
    bomb("index-depth-1e6", b'{"a":' * 1_000_000, limit, invalid)
    bomb("index-of-4GB-name", b'{"weight_map":{"a":"' + b"x" * 4_000_000 + b'"}}', limit)
    bomb("index-of-1e5-tensors", b'{"weight_map":{' + b",".join(b'"%d":"a"' % i for i in range(100_000)) + b"}}", limit)
    entries = b",".join(b'"%d":"%d.safetensors"' % (i, i % 255) for i in range(16_000))
    bomb("index-of-255-shards", b'{"weight_map":{' + entries + b"}}", "FILE_OPEN")
    bomb("index-of-16000-shards", b'{"weight_map":{' + b",".join(b'"%d":"%d.s"' % (i, i) for i in range(16_000)) + b"}}", limit)
    bomb("index-17MB", b'{"weight_map":' + b" " * 17_000_000 + b"}", limit)

    # tokenizer.json
    bomb("tokenizer-depth-1e6", b'{"a":' * 1_000_000, limit, merges, load="tokenizer")
    bomb("tokenizer-1e6-tokens", b'{"model":{"type":"BPE","vocab":{' + b",".join(b'"%d":%d' % (i, i) for i in range(1_000_000))
         + b'},"merges":[]}}', merges, limit, load="tokenizer")
    bomb("tokenizer-1e6-merges", b'{"model":{"type":"BPE","vocab":{},"merges":[' + b",".join([b'"a b"'] * 1_000_000) + b"]}}",
         merges, limit, load="tokenizer")

    # merge lists
    plain = b"#version\n" + b"a b\n" * 4
    bomb("merges-gzip-1GB", gzip.compress(plain + b"\n" * (1 << 26)) * 4, limit, merges, load="tokenizer")
    bomb("merges-gzip-of-one-line", gzip.compress(plain + b"a" * (60 << 20)), limit, merges, load="tokenizer")
    bomb("merges-gzip-members", gzip.compress(b"") * 100_000, limit, merges, load="tokenizer")
    bomb("merges-17MB", plain + b"a" * (17 << 20), limit, merges, load="tokenizer")
    bomb("merges-15MB-of-lines", plain + b"a b\n" * (15 << 18), limit, merges, load="tokenizer")
    bomb("merges-sparse-2^40", sparse_zeros, limit, load="tokenizer")
    bomb("merges-sparse-17MB", lambda file: file.truncate(17 << 20), merges, limit, load="tokenizer")
    bomb("merges-15MB-of-zeros", lambda file: file.truncate(15 << 20), merges, limit, load="tokenizer")

    for name, data, status in container_bombs.bombs():
        bomb(name, data, status, load="video-50ms" if status == "TIME_LIMIT" else "video")

    with open(os.path.join(FOLDER, "bombs.txt"), "w") as file:
        file.write("\n".join(LINES) + "\n")


if __name__ == "__main__":
    main()
