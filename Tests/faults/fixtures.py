#!/usr/bin/env python3
"""Writes the small files that the fault tests load: fixtures.py FOLDER.

FOLDER/models has a whole model in each format, as small as a model can be, so that a load takes a fraction of a
millisecond; the tests take every file that lies there. FOLDER/named has models under other programs' names, FOLDER/wide
models with one tensor large enough to be mapped instead of taken from malloc, FOLDER/folders open_clip's folder of a model
whose tensors are computed at load. FOLDER/merges has the merge list of those with a vocabulary, twice, and
FOLDER/statuses models with one fault.
"""

import gzip
import json
import os
import random
import shutil
import struct
import sys
import zlib

EMBEDDING, CONTEXT, HIDDEN, PATCH = 8, 6, 2, 2
# A merge list's vocabulary: 512 symbols of bytes, a merge each, two markers.
MERGES = ["i n", "in g</w>", "o n</w>", "r u", "ru n"]
TOKENS = 512 + len(MERGES) + 2


def shapes(vocabulary, vocabulary_width=64):
    """The tensors of a model by name; `fusion.` is a Conv_1D head."""
    tensors = {
        "visual.class_embedding": [64],
        "visual.positional_embedding": [2, 64],
        "visual.proj": [64, EMBEDDING],
        "visual.conv1.weight": [64, 3, PATCH, PATCH],
        "token_embedding.weight": [vocabulary, 64],
        "positional_embedding": [CONTEXT, 64],
        "text_projection": [64, EMBEDDING],
        "logit_scale": [],
        "fusion.shift.weight": [EMBEDDING, 1, 3],
    }
    for norm in ("visual.ln_pre", "visual.ln_post", "ln_final"):
        tensors[norm + ".weight"] = tensors[norm + ".bias"] = [64]
    for prefix in ("visual.transformer.resblocks.0.", "transformer.resblocks.0."):
        for name, shape in {
            "attn.in_proj_weight": [192, 64], "attn.in_proj_bias": [192],
            "attn.out_proj.weight": [64, 64], "attn.out_proj.bias": [64],
            "ln_1.weight": [64], "ln_1.bias": [64], "ln_2.weight": [64], "ln_2.bias": [64],
            "mlp.c_fc.weight": [HIDDEN, 64], "mlp.c_fc.bias": [HIDDEN],
            "mlp.c_proj.weight": [64, HIDDEN], "mlp.c_proj.bias": [64],
        }.items():
            tensors[prefix + name] = shape
    return tensors


def count(shape):
    product = 1
    for size in shape:
        product *= size
    return product


def numbers(shape, kind, source):
    """Random numbers as bytes, a short pattern over and over: "F32" or "F16"."""
    pattern = [source.uniform(-0.3, 0.3) for _ in range(min(count(shape), 251))]
    packed = struct.pack(f"<{len(pattern)}{'f' if kind == 'F32' else 'e'}", *pattern)
    size = count(shape) * (4 if kind == "F32" else 2)
    return (packed * (size // len(packed) + 1))[:size]


def safetensors(tensors, kind, seed, metadata=None, damaged=None):
    source = random.Random(seed)
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, shape in tensors.items():
        values = numbers(shape, kind, source)
        if name == damaged:
            values = b"\xff" * len(values)  # NaN in both
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def metadata(**more):
    """The single-file form's (docs/FORMAT.md)."""
    entries = {"format": "1", "joint": "off", "temporal_shift": "off", "head": "Conv_1D", "frames": "2"}
    return {"actionclip." + key: value for key, value in {**entries, **more}.items()}


# ------------------------------------------------------------------------------------------ torch.save


def integer(value):
    if 0 <= value < 256:
        return b"K" + bytes([value])
    return (b"M" + struct.pack("<H", value)) if 0 <= value < 65536 else b"J" + struct.pack("<i", value)


def string(text):
    return b"X" + struct.pack("<I", len(text.encode())) + text.encode()


def sizes(values):
    return b"(" + b"".join(integer(v) for v in values) + b"t" if len(values) > 3 else (
        b"".join(integer(v) for v in values) + (b")", b"\x85", b"\x86", b"\x87")[len(values)])


def pickled(tensors, kind, first_key):
    """A state dict as torch.save writes one: an OrderedDict of _rebuild_tensor_v2."""
    out = b"ccollections\nOrderedDict\n)R("
    for key, (name, shape) in enumerate(tensors.items(), first_key):
        strides = [count(shape[i + 1:]) for i in range(len(shape))]
        storage = "FloatStorage" if kind == "F32" else "HalfStorage"
        out += (string(name) + b"ctorch._utils\n_rebuild_tensor_v2\n((" + string("storage")
                + f"ctorch\n{storage}\n".encode() + string(str(key)) + string("cpu") + integer(count(shape))
                + b"tQ" + integer(0) + sizes(shape) + sizes(strides) + b"\x89ccollections\nOrderedDict\n)RtR")
    return out + b"u"


def archive(records, described):
    """A zip as torch writes it: stored, aligned to 64 bytes; `described`: sizes in data descriptors, zip64 end."""
    out, directory = b"", b""
    for name, data in records:
        name, crc, flags = ("tiny/" + name).encode(), zlib.crc32(data), 0x0808 if described else 0
        fill = -(len(out) + 30 + len(name) + 4) % 64
        extra = b"FB" + struct.pack("<H", fill) + b"Z" * fill
        offset = len(out)
        early = (0, 0, 0) if described else (crc, len(data), len(data))
        out += struct.pack("<IHHHHHIIIHH", 0x04034B50, 0, flags, 0, 0, 0, *early, len(name), len(extra))
        out += name + extra + data
        if described:
            out += struct.pack("<IIII", 0x08074B50, crc, len(data), len(data))
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 0, 0, flags, 0, 0, 0, crc, len(data), len(data),
                                 len(name), 0, 0, 0, 0, 0, offset) + name
    start, number = len(out), len(records)
    out += directory
    if described:
        end = len(out)
        out += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 0, 0, 0, 0, number, number, len(directory), start)
        out += struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    return out + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, number, number, len(directory), start, 0)


def checkpoint(tensors, kind, seed, sections):
    """A state dict alone, or the reference's dict of them."""
    source = random.Random(seed)
    if sections:
        model = {n: s for n, s in tensors.items() if not n.startswith("fusion.")}
        head = {n[len("fusion."):]: s for n, s in tensors.items() if n.startswith("fusion.")}
        body = (b"}(" + string("epoch") + integer(7) + string("model_state_dict") + pickled(model, kind, 0)
                + string("fusion_model_state_dict") + pickled(head, kind, len(model))
                + string("optimizer_state_dict") + b"}(" + string("lr") + b"G" + struct.pack(">d", 5e-6)
                + string("betas") + b"](" + integer(9) + integer(999) + b"euu")
        ordered = {**model, **{"fusion." + n: s for n, s in head.items()}}
    else:
        body, ordered = pickled(tensors, kind, 0), tensors
    records = [("data.pkl", b"\x80\x02" + body + b".")]
    if sections:
        records.append(("byteorder", b"little"))
    records += [(f"data/{key}", numbers(shape, kind, source)) for key, shape in enumerate(ordered.values())]
    return archive(records + [("version", b"3\n")], described=sections)


def torchscript(tensors, kind, seed):
    """An archive as torch.jit.save writes it of a module that has these tensors, with a program that is never read."""
    source = random.Random(seed)
    tree = {}
    for key, (name, shape) in enumerate(tensors.items()):
        *path, last = name.split(".")
        place = tree
        for part in path:
            place = place.setdefault(part, {})
        place[last] = (key, shape)
    storage = b"FloatStorage" if kind == "F32" else b"HalfStorage"

    def tensor(key, shape):
        strides = [count(shape[i + 1:]) for i in range(len(shape))]
        return (b"ctorch._utils\n_rebuild_tensor_v2\n((" + string("storage") + b"ctorch\n" + storage + b"\n"
                + string(str(key)) + string("cpu") + integer(count(shape)) + b"tQ" + integer(0) + sizes(shape)
                + sizes(strides) + b"\x89ccollections\nOrderedDict\n)RtR")

    def module(parts):
        out = b"c__torch__\nM\n)\x81}("
        for name, value in parts.items():
            out += string(name) + (module(value) if isinstance(value, dict) else tensor(*value))
        return out + string("training") + b"\x89ub"

    records = [("data.pkl", b"\x80\x02" + module(tree) + b"."), ("code/__torch__.py", b"class M: pass\n")]
    records += [(f"data/{key}", numbers(shape, kind, source)) for key, shape in enumerate(tensors.values())]
    return archive(records + [("constants.pkl", b"\x80\x02)."), ("version", b"3\n")], described=True)


def hugging_face(tensors):
    """The tensors as Hugging Face names and splits them."""
    renamed = {}
    for name, shape in tensors.items():
        if name.startswith("fusion."):
            continue
        for ours, theirs in {
            "visual.transformer.resblocks.": "vision_model.encoder.layers.",
            "transformer.resblocks.": "text_model.encoder.layers.", "ln_1": "layer_norm1", "ln_2": "layer_norm2",
            "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2", "attn.": "self_attn.",
            "visual.class_embedding": "vision_model.embeddings.class_embedding",
            "visual.conv1": "vision_model.embeddings.patch_embedding",
            "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
            "visual.ln_pre": "vision_model.pre_layrnorm", "visual.ln_post": "vision_model.post_layernorm",
            "visual.proj": "visual_projection.weight", "ln_final": "text_model.final_layer_norm",
            "token_embedding": "text_model.embeddings.token_embedding",
        }.items():
            name = name.replace(ours, theirs)
        if name == "text_projection":
            name += ".weight"
        if name == "positional_embedding":
            name = "text_model.embeddings.position_embedding.weight"
        if "in_proj" in name:
            for part in "qkv":
                renamed[name.replace("in_proj_", part + "_proj.")] = [64, *shape[1:]]
        else:
            renamed[name] = shape[::-1] if name.endswith("projection.weight") else shape
    return renamed


def main():
    folder = sys.argv[1]
    for part in ("models", "named", "wide", "merges", "statuses"):
        os.makedirs(os.path.join(folder, part), exist_ok=True)

    def write(name, data):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)

    merges = "#version: tiny\n" + "\n".join(MERGES) + "\n"
    write("merges/merges.txt", merges.encode())
    write("merges/merges.txt.gz", gzip.compress(merges.encode(), mtime=0))
    few, some = shapes(vocabulary=4), shapes(TOKENS)
    write("models/plain.safetensors", safetensors(few, "F16", 1))
    write("models/whole.safetensors", safetensors(some, "F16", 2, metadata(
        merges=merges, description="tiny", labels='["run","\\u00e9tude"]')))
    write("models/state.pt", checkpoint(few, "F16", 3, sections=False))
    write("models/checkpoint.pt", checkpoint(few, "F16", 4, sections=True))
    plain = {name: shape for name, shape in few.items() if not name.startswith("fusion.")}
    write("models/script.pt", torchscript(plain, "F16", 10))
    stem = os.path.join(os.path.dirname(__file__), "../fixtures/trunks/mci")
    shutil.copytree(stem, os.path.join(folder, "folders/stem"), dirs_exist_ok=True)
    # Loaded only where the activation is said.
    write("named/hugging_face.safetensors", safetensors(hugging_face(few), "F16", 11))
    write("named/prefixed.pt", checkpoint({"model." + name: shape for name, shape in plain.items()}, "F16", 12, False))
    # With a merge list beside it, or with one of two contents.
    write("merges/tiny.safetensors", safetensors(some, "F32", 5))
    write("merges/other.safetensors", safetensors(some, "F32", 6))
    write("merges/tiny.pt", checkpoint(some, "F32", 5, sections=True))
    write("merges/other.pt", checkpoint(some, "F32", 6, sections=True))
    write("merges/other.txt", merges[:16].encode() + merges[16:].replace("r u", "n u").replace("ru n", "nu r").encode())
    write("statuses/not-finite.safetensors", safetensors(few, "F32", 7, damaged="visual.ln_pre.weight"))
    write("statuses/shape.safetensors", safetensors({**few, "visual.ln_pre.weight": [63]}, "F32", 7))
    # 4 MB and more of fp32.
    many = shapes(vocabulary=17_000)
    write("wide/wide.safetensors", safetensors(many, "F16", 7))
    write("wide/long.safetensors", safetensors(few, "F16", 9, metadata(description="long " * 60_000)))
    write("wide/wide.pt", checkpoint(many, "F32", 8, sections=True))


if __name__ == "__main__":
    main()
