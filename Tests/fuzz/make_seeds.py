#!/usr/bin/env python3
"""Writes the seeds of the fuzz targets, Tests/fuzz/corpus/TARGET/: small valid inputs of every kind.

    python3 Tests/fuzz/make_seeds.py      the standard library; videos are made where there is ffmpeg, else left alone

Files named seed-* are these; the others in the folders were found by fuzzing.
"""
import gzip
import hashlib
import io
import json
import pickle
import shutil
import struct
import subprocess
import tempfile
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
CORPUS = ROOT / "Tests/fuzz/corpus"
TESTS = ROOT / "Tests"


def write(target, name, data):
    path = CORPUS / target / f"seed-{name}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


# ---------------------------------------------------------------- safetensors

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2,
         "U8": 1, "BOOL": 1}


def safetensors(tensors, metadata=None, padding=0):
    header, data = {}, b""
    if metadata is not None:
        header["__metadata__"] = metadata
    for name, dtype, shape in tensors:
        count = SIZES[dtype]
        for size in shape:
            count *= size
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + count]}
        data += bytes(i * 7 % 256 for i in range(count))
    text = json.dumps(header, separators=(",", ":")).encode() + b" " * padding
    return struct.pack("<Q", len(text)) + text + data


def make_tuner():
    """States of a tuner that trains a head of 16 channels and the scale: as it is saved, with other numbers, and with
    squares below zero."""
    recipe = {
        "recipe": "anchored", "loss": "multi_positive", "epochs": "50", "warm_up_epochs": "5.0", "rate": "5e-06",
        "head_rate_factor": "10.0", "context_rate_factor": "1000.0", "weight_decay": "0.2", "beta1": "0.9",
        "beta2": "0.98", "epsilon": "1e-08", "decay of vectors": "off", "limit of gradients": "1.0",
        "limit of the scale": "100.0", "anchor": "0.0", "mean_decay": "0.0", "head_dropout": "0.0",
        "rounding to fp16": "off", "steps a rate": "1"}

    def put(name, steps, square):
        header, data = {"__metadata__": {
            "actionclip.tuner": "1", "actionclip.tuner.model": "a", "actionclip.tuner.texts": "",
            "actionclip.tuner.clips": "", "actionclip.tuner.steps": str(steps),
            "actionclip.tuner.steps_per_epoch": "5",
            **{f"actionclip.tuner.option.{key}": value for key, value in recipe.items()}}}, b""
        for part, number in (("mean/", 0.01), ("square/", square), ("value/", 0.3)):
            for key, shape in (("fusion.shift.weight", [16, 1, 3]), ("logit_scale", [])):
                count = 48 if shape else 1
                packed = struct.pack(f"<{count}f", *[number * (i % 7 + 1) for i in range(count)])
                header[part + key] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * count]}
                data += packed
        text = json.dumps(header, separators=(",", ":")).encode()
        write("tuner", name, struct.pack("<Q", len(text)) + text + data)

    put("begun", 3, 1e-4)
    put("ended", 250, 0)
    put("large", 1, 1e30)
    put("negative", 1, -1e-4)
    # Caches of the frames' embeddings of two clips, [2, 16] each. The head names instruction sets, so that most are of
    # other processors. The hashes are wrong: numbers with right ones are believed.
    for name, kernels in (("avx512", "avx512_bf16 avx512"), ("amx", "amx avx512"), ("avx2", "avx2 avx2")):
        head = f"actionclip activations 1\na bf16 {kernels}\n2 entries of 128 bytes\n".encode()
        entries = [struct.pack("<32f", *[entry + i / 32 for i in range(32)]) for entry in range(2)]
        hashes = b"".join(hashlib.sha256(entry[:-1]).digest() for entry in entries)
        write("tuner", "cache-" + name, head.ljust(4096, b"\0") + hashes.ljust(4096, b"\0") + b"".join(entries))


def make_classifier():
    """Taught classifiers of two labels, with embeddings of two numbers: by each method, with and without clips."""
    codes = {"F64": "d", "F32": "f", "I64": "q"}

    def put(name, tensors, **more):
        header, data = {"__metadata__": {
            "actionclip.format": "1", "actionclip.classifier": "1", "actionclip.classifier_model": "0" * 64,
            "actionclip.labels": '["a", "b"]', "actionclip.templates": '["{}"]', **more}}, b""
        for key, dtype, shape, numbers in tensors:
            packed = struct.pack(f"<{len(numbers)}{codes[dtype]}", *numbers)
            header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
            data += packed
        text = json.dumps(header, separators=(",", ":")).encode()
        write("classifier", name, struct.pack("<Q", len(text)) + text + data)

    nan = float("nan")
    texts = ("texts", "F32", [1, 2, 2], [1, 0, 0, 1])
    options = ("options", "F64", [7], [0, nan, nan, nan, nan, nan, 0.95])
    rules = ("fit.rules", "F64", [6], [0.2, 0.1, 1, 0, 0.5, 0.5])
    examples = [("examples", "F32", [3, 2], [1, 0, 0, 1, 0.6, 0.8]), ("examples.clips", "I64", [3], [0, 1, 1]),
                ("clips", "I64", [2, 2], [-1, 0, 5, 1])]
    labels = {"actionclip.classifier_example_labels": '["a", "b"]'}
    put("words", [texts])
    put("clips", [texts, *examples], **labels)
    put("described", [texts, ("described.texts", "F32", [1, 1, 2], [0, 1])],
        **{"actionclip.classifier_described": '["a"]', "actionclip.classifier_truncates": "on"})
    put("words-won", [texts, options, rules, ("fit", "F64", [7], [1, nan, nan, nan, nan, 1, 100])])
    fits = ((2, "prototypes", nan, [2, 0]), (3, "ridge", 1, [1, 0, 1, 0.5, 0.5, 1]), (4, "softmax", nan, []))
    for method, name, ridge, sums in fits:
        fit = [("fit", "F64", [7], [method, 0.5, 10, 0, ridge, 1, 100]), ("fit.labels", "I64", [1], [1]),
               ("fit.weights", "F64", [1, 2], [1, 0]), ("fit.offsets", "F64", [1], [0])]
        fit += [("fit.sums", "F64", [len(sums)], sums)] if sums else []
        put(name, [texts, options, rules, *fit, *examples], **labels)
        put(name + "-alone", [texts, options, rules, *fit])


def make_safetensors():
    put = lambda name, *args, **more: write("safetensors", name, safetensors(*args, **more))
    put("none", [])
    put("types", [(name.lower(), name, [2]) for name in SIZES])
    put("shapes", [("scalar", "F32", []), ("none", "F32", [3, 0, 2]), ("deep", "F16", [1, 2, 1, 2, 1, 2, 1, 1])])
    put("metadata", [("w", "F32", [1])], metadata={"format": "pt", "actionclip.format": "1", "é\n\"": "\\ud83d\\ude00"})
    put("padded", [("w", "BF16", [3])], padding=9)
    put("module", [("module.a", "F32", [1]), ("module.b", "I8", [2]), ("fusion.module.c", "U8", [1])])
    shutil.copyfile(TESTS / "fixtures/weights/plain.safetensors", CORPUS / "safetensors/seed-plain")


# ------------------------------------------------------------------------ zip

def archive(records, described=True, wide=True, wide_entries=False):
    """As torch.save writes it: stored, sizes in descriptors, zip64 end records."""
    file, directory = b"", b""
    for name, data in records:
        name = name.encode()
        offset, crc, flags = len(file), zlib.crc32(data), 0x0808 if described else 0x0800
        local = (0, 0, 0) if described else (crc, len(data), len(data))
        extra = struct.pack("<HH", 0x4246, 2) + b"ZZ"
        central_extra = b""
        sizes = (len(data), len(data), offset)
        if wide_entries:
            extra = struct.pack("<HHQQ", 1, 16, 0 if described else len(data), 0 if described else len(data))
            local = (local[0], 0xFFFFFFFF, 0xFFFFFFFF)
            central_extra = struct.pack("<HHQQQ", 1, 24, len(data), len(data), offset)
            sizes = (0xFFFFFFFF,) * 3
        file += struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, flags, 0, 0, 0, *local, len(name), len(extra))
        file += name + extra + data
        if described:
            file += struct.pack("<IIQQ" if wide_entries else "<IIII", 0x08074B50, crc, len(data), len(data))
        directory += struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, flags, 0, 0, 0, crc, sizes[0], sizes[1],
                                 len(name), len(central_extra), 0, 0, 0, 0, sizes[2]) + name + central_extra
    start, count = len(file), len(records)
    file += directory
    if wide:
        file += struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, len(directory), start)
        file += struct.pack("<IIQI", 0x07064B50, 0, start + len(directory), 1)
    return file + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, count, count, len(directory), start, 0)


def make_zip():
    records = [("c/data.pkl", b"\x80\x02}."), ("c/byteorder", b"little"), ("c/data/0", bytes(8)), ("c/version", b"3\n")]
    write("zip", "torch", archive(records))
    write("zip", "torch-wide", archive(records, wide_entries=True))
    write("zip", "stated", archive(records, described=False))
    write("zip", "stated-wide", archive(records, described=False, wide_entries=True))
    write("zip", "short", archive(records, wide=False))
    write("zip", "one", archive([("a", b"")], wide=False))
    write("zip", "names", archive([("A/é", b"1"), ("a/f", b"2"), ("b", b"3")], described=False, wide=False))
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("x/data.pkl", b"a" * 64)
    write("zip", "deflated", memory.getvalue())


# --------------------------------------------------------- pickle, checkpoint

class Storage:
    def __init__(self, kind, key, count):
        self.id = ("storage", kind, key, "cpu", count)


class Global:
    """Pickled as the class or function of this name, which need not exist here."""
    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    def __init__(self, function, *arguments):
        self.function, self.arguments = function, arguments


class Pickler(pickle._Pickler):
    def persistent_id(self, value):
        return value.id if isinstance(value, Storage) else None

    def save(self, value, save_persistent_id=True):
        if isinstance(value, Global):
            self.write(b"c" + f"{value.module}\n{value.name}\n".encode())
        elif isinstance(value, Call):
            self.save(value.function)
            self.save(tuple(value.arguments))
            self.write(b"R")
        else:
            super().save(value, save_persistent_id)


def pickled(value):
    memory = io.BytesIO()
    Pickler(memory, protocol=2).dump(value)
    return memory.getvalue()


def tensor(key, shape, kind="Float", strides=None, offset=0, count=None, parameter=False):
    if strides is None:
        strides = []
        for size in reversed(shape):
            strides.insert(0, strides[0] * last if strides else 1)
            last = size
    total = 1
    for size in shape:
        total *= size
    hooks = Call(Global("collections", "OrderedDict"))
    storage = Storage(Global("torch", kind + "Storage"), key, total if count is None else count)
    rebuild = Global("torch._utils", "_rebuild_tensor_v2")
    made = Call(rebuild, storage, offset, tuple(shape), tuple(strides), False, hooks)
    return Call(Global("torch._utils", "_rebuild_parameter"), made, True, hooks) if parameter else made


def pickles():
    yield "empty", {}, b""
    yield "one", {"w": tensor("0", [2, 3])}, bytes(range(24))
    kinds = ["Double", "Float", "Half", "BFloat16", "Long", "Int", "Short", "Char", "Byte", "Bool"]
    yield "kinds", {k: tensor(str(i), [2], k) for i, k in enumerate(kinds)}, bytes(range(64))
    yield "views", {"t": tensor("0", [3, 2], strides=[1, 3]), "part": tensor("0", [2], offset=3, count=6),
                    "scalar": tensor("0", [], offset=5, count=6), "none": tensor("0", [0, 4], count=6),
                    "one": tensor("0", [1, 1], strides=[99, 7], count=6)}, b"\0\0\x80\x3f"
    yield "training", {"epoch": 3, "model_state_dict": OrderedDict(a=tensor("0", [2], parameter=True)),
                       "fusion_model_state_dict": {"module.b": tensor("1", [1], "Half")},
                       "optimizer_state_dict": {"state": {0: {"step": 1, "exp_avg": tensor("2", [2])}},
                                                "param_groups": [{"lr": 1e-3, "betas": (0.9, 0.99), "params": [0, 1]}]},
                       }, bytes(range(16))
    yield "container", {"state_dict": {"x": tensor("0", [1]), "note": "text", "n": None, "t": True}}, bytes(4)
    yield "inert", {"model": {"w": tensor("0", [1])}, "config": Call(Global("argparse", "Namespace")),
                    "size": Call(Global("torch", "Size"), (1, 2))}, bytes(4)
    yield "numbers", {"a": [1, 255, 256, 65536, -1, 1 << 40, -(1 << 70), 1.5, True, None], "b": (1,), "c": (1, 2),
                      "d": (1, 2, 3), "e": (1, 2, 3, 4), "f": "é" * 3}, b""


def make_pickles():
    for name, value, numbers in pickles():
        data = pickled(value)
        write("pickle", name, data)
        head = struct.pack("<H", len(data))
        write("checkpoint", name, b"\x02" + head + data + numbers)
        if numbers:
            write("checkpoint", name + "-pieces", b"\x01" + head + data + bytes([len(numbers)]) + numbers)
    later = {"s": {1, 2}, "f": frozenset("ab"), "b": b"x", "a": bytearray(b"y"), "c": OrderedDict(a=1), "l": 1 << 2100,
             "t": ((), [1, (2, 3)], None, 1.5), "u": "z" * 300}  # fmt: skip
    for protocol in (3, 4, 5):
        write("pickle", f"protocol-{protocol}", pickle.dumps(later, protocol))
    for name in ("plain", "checkpoint"):
        with zipfile.ZipFile(TESTS / f"fixtures/weights/{name}.pt") as z:
            data = next(z.read(n) for n in z.namelist() if n.endswith("/data.pkl"))
        if len(data) < 4096:
            write("pickle", name, data)
            write("checkpoint", name, b"\x02" + struct.pack("<H", len(data)) + data + b"\0\0\x80\x3f")


# ------------------------------------------------------------- JSON, metadata

def make_json():
    texts = {
        "object": '{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"__metadata__":{"k":"v"}}',
        "strings": '["\\u00e9\\ud83d\\ude00", "\\"\\\\\\/\\b\\f\\n\\r\\t", "é😀", ""]',
        "numbers": "[0,1,9007199254740992]",
        "nested": "[" * 8 + "]" * 8, "spaces": ' { "a" : [ ] , "b" : { } } ', "empty": "{}", "list": "[]",
        "keys": json.dumps({f"k{i}": [i] for i in range(9)}), "labels": '["yoga", "riding a horse"]',
    }
    for name, text in texts.items():
        write("json", name, text.encode())
    start = "format=1\n"
    for name, text in {
        "plain": start, "options": start + "joint=off\ntemporal_shift=on\nhead=Transf\nframes=16\ncompute=bf16",
        "sizes": start + "image_size=224\nvision_width=768\nvocabulary_size=49408",
        "texts": start + 'labels=["yoga", "\\u00e9"]\ntemplates=["{}", "a clip of {}"]\nmerges=#version',
        "notes": start + "license=MIT\ndescription=Two words\nsource=here\nzz=",
    }.items():
        write("metadata", name, text.encode())


# --------------------------------------------------------- merges, gzip, text

def make_text():
    tiny = (TESTS / "TokenizerTests/Fixtures/tiny_merges.txt").read_bytes()
    write("merges", "tiny", tiny)
    write("merges", "tiny-gzip", gzip.compress(tiny, mtime=0))
    write("merges", "one", b"#version: 0.2\na b\n")
    write("merges", "chain", "#\r\na b\r\nab c</w>\r\nĠ é\r\nab abc</w>\r\n\r\n".encode())
    write("merges", "two-members", gzip.compress(b"#v\na b\n", mtime=0) + gzip.compress(b"ab c\n", mtime=0))
    raw = {"stored": (0, zlib.Z_DEFAULT_STRATEGY), "fixed": (9, zlib.Z_FIXED), "dynamic": (9, zlib.Z_DEFAULT_STRATEGY),
           "huffman": (9, zlib.Z_HUFFMAN_ONLY), "runs": (9, zlib.Z_RLE)}
    for name, (level, strategy) in raw.items():
        deflate = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
        data = deflate.compress(tiny[:400]) + deflate.flush(zlib.Z_FULL_FLUSH) + deflate.compress(b"a" * 600)
        write("gzip", name, b"\x1c" + data + deflate.flush())
    write("gzip", "empty", b"\x00\x03\x00")
    texts = {
        "plain": "a video of someone riding a horse", "empty": "", "spaces": " \t\n two\u3000words \u00a0",
        "marks": "it's we'll they'd 12,000!? <|startoftext|>x<|endoftext|>", "accents": "Crème brûlée ÅÉÎ ß ﬁ İ Σς",
        "mojibake": "schÃ¶n âœ” doesnâ€™t", "entities": "&amp;lt; &#x1F600; &eacute; &notit; &#0; &#128;",
        "wide": "日本語のテキスト 한국어 العربية हिन्दी ไทย", "emoji": "👩‍👩‍👧‍👦🇩🇪👍🏽", "long": "supercalifragilistic" * 20,
        "controls": "a\x00b\x1b[31mred\x1b[0m\u200b\ufeff\u2028", "quotes": "‘single’ “double” ＦＵＬＬ",
    }
    for name, text in texts.items():
        write("text", name, text.encode())


# ---------------------------------------------------------- calls of the API

def sentence_pieces(falls_back=False):
    """A SentencePiece model of unigrams: fields of Protocol Buffers."""

    def varint(value):
        return bytes([value & 0x7F | 0x80]) + varint(value >> 7) if value > 0x7F else bytes([value])

    def field(number, value):
        if isinstance(value, int):
            return varint(number << 3) + varint(value)
        return varint(number << 3 | 2) + varint(len(value)) + value

    def piece(text, score=0.0, kind=1):
        own = field(1, text.encode()) + b"\x15" + struct.pack("<f", score)
        return field(1, own + (field(3, kind) if kind != 1 else b""))

    words = ["▁", "a", "b", "c", "▁a", "ab", "aa", "▁b"]
    pieces = [piece("<pad>", kind=3), piece("</s>", kind=3), piece("<unk>", kind=2)]
    pieces += [piece(f"<0x{byte:02X}>", kind=6) for byte in range(256) if falls_back]
    pieces += [piece(word, -1.5 - place) for place, word in enumerate(words)]
    return b"".join(pieces) + field(2, field(3, 1) + field(35, int(falls_back))) + field(3, field(4, 1))


def byte_fallback():
    """A tokenizer.json as SigLIP 2 has it."""
    tokens = ["<pad>", "<eos>", "a", "b", "▁", "▁a", "ab", "▁ab", *(f"<0x{byte:02X}>" for byte in range(256))]
    marks = [{"id": place, "content": tokens[place], "normalized": False, "special": True} for place in (0, 1)]
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
    model = {"type": "BPE", "byte_fallback": True, "vocab": {token: place for place, token in enumerate(tokens)},
             "merges": [["a", "b"], "▁ a", ["▁", "ab"]]}
    return {"added_tokens": marks, "normalizer": replace, "model": model}


def make_families():
    fixtures = TESTS / "fixtures/families"
    configuration = (fixtures / "hugging_face/config.json").read_bytes()
    put = lambda which, name, data: write("configuration", name, bytes([which]) + data)
    put(0, "hugging-face", configuration)
    old = {"model_type": "clip", "text_config_dict": {"eos_token_id": 2, "hidden_act": "quick_gelu"},
           "vision_config_dict": None, "text_config": {"layer_norm_eps": 1e-06, "num_attention_heads": 8}}
    put(0, "old", json.dumps(old).encode())
    put(1, "preprocessor", json.dumps({"image_mean": [0.5, 0.4, 0.3], "image_std": [0.2, 0.25, 1e-1], "size": {}}).encode())
    put(2, "open-clip", (fixtures / "open_clip/open_clip_config.json").read_bytes())
    network = {"quick_gelu": True, "vision_cfg": {"timm_model_name": None, "attentional_pool": False, "pool_type": "tok"},
               "text_cfg": {"heads": 8, "proj_type": "linear"}}
    put(2, "parts", json.dumps({"model_cfg": network}).encode())
    put(3, "index", b'{"metadata":{"total_size":8},"weight_map":{"a":"m-1.safetensors","b":"m-2.safetensors"}}')
    for number, name in enumerate(["ViT-B-16", "ViT-B-32-quickgelu", "ViT-H-14/laion2b_s32b_b79k", "RN50"]):
        put(4, f"name-{number}", name.encode())
    put(5, "processor", (fixtures / "hf_v5_processor_config.json").read_bytes())
    put(6, "foreign", b'{"model_type":"clip_text_model","architectures":["CLIPTextModel"]}')
    put(7, "settings", b"MODEL:\n  ARCH: vitb16\n  TEMPORAL_MODELING_TYPE: expand_temporal_view\n")
    put(8, "lora", (fixtures / "lora/adapter_config.json").read_bytes())
    siglip = TESTS / "fixtures/siglip/hugging_face"
    put(9, "siglip", (siglip / "config.json").read_bytes())
    put(2, "clipa", (TESTS / "fixtures/clipa/model/open_clip_config.json").read_bytes())
    for kind in ("eva02", "pe", "vit", "mci"):
        put(2, kind, (TESTS / f"fixtures/trunks/{kind}/open_clip_config.json").read_bytes())
    put(10, "siglip-processor", (siglip / "preprocessor_config.json").read_bytes())

    layouts = {
        "siglip": ["vision_model.embeddings.patch_embedding.bias", "vision_model.head.probe", "logit_bias",
                   "vision_model.head.attention.in_proj_weight", "text_model.head.weight"],
        "trunk": ["visual.trunk.patch_embed.proj.weight", "visual.trunk.blocks.0.norm1.weight", "visual.trunk.cls_token",
                  "visual.trunk.blocks.0.attn.q_proj.bias", "visual.trunk.blocks.0.attn.v_proj.bias",
                  "visual.trunk.attn_pool.q.weight", "visual.trunk.attn_pool.kv.weight", "visual.trunk.head.weight",
                  "visual.trunk.blocks.0.mlp.fc1_g.weight", "visual.trunk.blocks.0.mlp.fc1_x.weight"],
        "clip": ["visual.conv1.weight", "text.ln_final.bias", "logit_scale", "fusion.shift.weight"],
        "hugging-face": ["vision_model.embeddings.patch_embedding.weight", "visual_projection.weight", "logit_scale"]
        + [f"text_model.encoder.layers.0.self_attn.{part}_proj.{kind}" for part in "qkv" for kind in ("weight", "bias")]
        + ["vision_model.encoder.layers.11.mlp.fc1.bias", "text_model.embeddings.position_ids"],
        "mmaction2": ["clip.visual.conv1.weight", "adapter.frame_position_embeddings.weight", "clip.ln_final.bias"],
        "vifi-clip": ["module.image_encoder.conv1.weight", "module.text_encoder.ln_final.bias",
                      "module.prompt_learner.complete_text_embeddings"],
        "open-vclip": ["model.visual.conv1.weight", "raw_model.visual.conv1.weight", "model.visual.proj"],
    }  # fmt: skip
    for name, names in layouts.items():
        # The last character's code says how many dimensions there are and how large they are.
        write("families", name, "\n".join(each + "\x56" for each in names).encode())
    # Weights [2, 2, 3, 1] and vectors [2].
    stem = [b"visual.trunk.patch_embed.backbone.%d.conv.weight\x97" % index for index in range(3)]
    stem += [b"visual.trunk.patch_embed.backbone.%d.bn.%s\x45" % (index, part)
             for index in range(2) for part in (b"weight", b"bias", b"running_mean", b"running_var")]  # fmt: skip
    stem += [b"visual.trunk.blocks.0.norm1.weight\x45", b"visual.trunk.pos_embed\x46", b"visual.trunk.cls_token\x45"]
    write("families", "stem", b"\n".join(stem))

    merges = [b"[]", b'["a b","ab c</w>"]', b'[["a","b"],["ab","c</w>"]]']
    for number, text in enumerate(merges):
        write("tokenizer", f"merges-{number}", bytes([6]) + text)
    write("tokenizer", "added", bytes([0]) + b'[{"id":514,"content":"<|startoftext|>","special":true}]')
    steps = b'{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Lowercase"}]}'
    write("tokenizer", "normalizer", bytes([1]) + steps)
    split = b'{"type":"Sequence","pretokenizers":[{"type":"ByteLevel","add_prefix_space":false}]}'
    write("tokenizer", "pre-tokenizer", bytes([2]) + split)
    write("tokenizer", "unknown", bytes([3]) + b'"<|endoftext|>"')
    write("tokenizer", "vocabulary", bytes([5]) + b'{"!":0,"a":1}')
    trained = (TESTS / "fixtures/siglip/hugging_face/spiece.model").read_bytes()
    write("tokenizer", "trained-pieces", bytes([7]) + trained)  # with a table of characters
    write("tokenizer", "pieces", bytes([7]) + sentence_pieces())
    write("tokenizer", "byte-pieces", bytes([7]) + sentence_pieces(falls_back=True))
    write("tokenizer", "byte-fallback", bytes([7]) + json.dumps(byte_fallback(), separators=(",", ":")).encode())
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "##b", "ab", "##c", "d", "##aaaaaaa"]
    write("tokenizer", "word-list", bytes([7]) + "".join(f"{mark}\n" for mark in marks).encode())
    words = {
        "version": "1.0", "added_tokens": [{"id": id, "content": mark} for id, mark in enumerate(marks[:5])],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                       "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": None,
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                  "max_input_chars_per_word": 100, "vocab": {mark: id for id, mark in enumerate(marks)}},
    }  # fmt: skip
    write("tokenizer", "word-pieces", bytes([7]) + json.dumps(words, separators=(",", ":")).encode())
    write("tokenizer", "whole", bytes([7]) + b'{"model":{"type":"BPE","vocab":{},"merges":[]}}')

    with zipfile.ZipFile(TESTS / "fixtures/torchscript/many.pt") as file:
        data = next(file.read(name) for name in file.namelist() if name.endswith("/data.pkl"))
    write("torchscript", "many", b"\0" + struct.pack("<H", len(data)) + data + b"\0\0\x80\x3f")
    module = (b"\x80\x02c__torch__\nM\n)\x81}(X\x06\0\0\0visualc__torch__\nV\n)\x81}(X\x05\0\0\0class"
              b"ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nHalfStorage\nX\x01\0\0\0"
              b"0X\x03\0\0\0cpuK\x02tQK\0K\x02\x85K\x01\x85\x89ccollections\nOrderedDict\n)RtRubub.")
    write("torchscript", "nested", b"\0" + struct.pack("<H", len(module)) + module + b"\0\x3c")


def make_calls():
    for call in range(10):
        write("options", f"call-{call}", bytes([call]) + bytes(48))
        write("options", f"varied-{call}", bytes([call]) + bytes(i * 37 % 251 for i in range(64)))
    write("options", "all", b"".join(bytes([call]) + bytes(12) for call in range(10)))
    # Whole: a byte of 0xFF where the call asks whether to do the slow thing.
    write("options", "load", bytes([0, 0, 0, 0xFF]))
    write("options", "load-two-threads", bytes([0, 0x10, 4, 2, 1, 0, 0, 0, 0, 0xFF]))
    write("options", "save", bytes([2, 0, 2, 1]) + b"a" + bytes([1]) + b"b" + bytes([1, 2]) + b"{}"
          + bytes([0, 0, 0, 0xFF]))
    write("options", "video", bytes([4, 0, 0, 0xFF, 0, 0, 2, 1, 2, 0, 0, 0]))
    write("options", "encode-video", bytes([4, 0, 0, 0xFF, 0, 1, 1, 0, 0, 0, 0]))
    write("options", "texts", bytes([5, 2, 3]) + b"abc" + bytes([2]) + b"de" + bytes([1, 3]) + b"x{}" + bytes(4))
    write("options", "classifier", bytes([7, 2, 3]) + b"abc" + bytes([2]) + b"de" + bytes([1, 3]) + b"x{}" + bytes(1)
          + bytes([0, 1, 3]) + b"abd" + bytes([1, 1]) + bytes(20))
    for form in range(1, 6):
        for stride in (0, 2, 3):
            write("frames", f"crop-{form}-{stride}", bytes([4, 16, 0, 9, 11, form, stride, 5]))
    write("frames", "pixels", bytes([1, 8, 0, 200, 3, 1, 0]))
    write("frames", "options", bytes([1, 8, 0x80 | 8 | 1, 12, 40, 30, 1, 0]))
    write("frames", "tall", bytes([4, 8, 0, 1, 0xF0, 0x00, 0x40, 5, 0]))
    write("frames", "encode", bytes([0, 2, 0, 20, 20, 1, 0, 30, 10, 5, 0]))
    for form in range(15):
        # Resize, crop, side; what is wrong, format, size, colours, turn; what is wrong with planes, noise, strides.
        write("camera_frames", f"{form + 1}", bytes([form % 4, form % 3, 11, 0, form, 22, 16, form, form, 0, 9, 0x85, 0, 0]))
    for wrong in range(10):
        write("camera_frames", f"wrong-{wrong}", bytes([0, 0, 7, 0xA0 + wrong, 8, 9, 9, 0, 0, 0xE1, 0, 3]))
    for turn in range(12):
        write("camera_frames", f"turned-{turn}", bytes([0, 0, 8, 0, 8 + turn % 7, 30, 17, turn, 0x80 + turn, 3, 2, 11, 12]))
    write("camera_frames", "far", bytes([0, 0, 3, 0, 8, 10, 10, 0, 0, 0, 5, 0xFF, *([0xFF] * 7), 0x7F]))
    write("model", "plain", bytes(4))
    write("model", "options", bytes([0x1F, 1, 4, 1, 1, 2, 2]))
    for other in range(20):
        write("model", f"other-{other}", bytes([0, 0, 2, 0, other]))
    write("model", "wider", bytes([0, 0, 4, 0, 10, 12]))
    write("model", "shape", bytes([0, 0, 6, 4, 20, 14, 28, 3]))


# ---------------------------------------------------------------------- video

VIDEOS = {
    "h264.mp4": "-c:v libx264 -bf 1", "h264.ts": "-c:v libx264", "vp9.webm": "-c:v libvpx-vp9",
    "vp8.mkv": "-c:v libvpx",
    "mpeg4.avi": "-c:v mpeg4 -bf 1", "mpeg2.mpg": "-c:v mpeg2video", "mjpeg.avi": "-c:v mjpeg", "still.gif": "",
    "flv1.flv": "-c:v flv1", "theora.ogv": "-c:v libtheora", "hevc.mp4": "-c:v libx265 -x265-params log-level=none",
    "png.mov": "-c:v png", "raw.y4m": "",
}


def make_videos():
    for path in sorted((TESTS / "VideoTests/Fixtures").glob("*.*")):
        if path.suffix != ".md":
            write("video", path.name, path.read_bytes())
    if not shutil.which("ffmpeg"):
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, options in VIDEOS.items():
            path = Path(folder) / name
            rate = "25" if "mpeg2" in name else "5"
            done = subprocess.run(
                ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc=size=32x32:rate={rate}", "-frames:v", "3",
                 "-fflags", "+bitexact", "-flags:v", "+bitexact", "-map_metadata", "-1", *options.split(), str(path)],
                stderr=subprocess.DEVNULL, check=False)
            if done.returncode == 0 and path.stat().st_size < 12_000:
                write("video", name, path.read_bytes())
            else:
                print("no", name)


# ------------------------------------------------------------------ container

# The smallest pictures that the coders take: what is fuzzed is around them.
CONTAINERS = {
    "edits.mov": "-c:v mpeg4 -bf 1 -output_ts_offset 0.5", "front.mp4": "-c:v libx264 -movflags +faststart",
    "fragments.mp4": "-c:v mpeg4 -movflags +frag_every_frame+empty_moov+default_base_moof",
    "dash.mp4": "-c:v mpeg4 -movflags +frag_keyframe+dash+global_sidx", "keys.mov": "-c:v png -movflags +use_metadata_tags "
    "-metadata one=1 -metadata two=2", "phone.3gp": "-s 128x96 -c:v h263", "h264.mkv": "-c:v libx264",
    "live.webm": "-c:v libvpx -live 1", "tags.mkv": "-c:v mpeg4 -metadata one=1 -metadata:s:v:0 two=2",
    "mjpeg.avi": "-c:v mjpeg", "flv1.flv": "-c:v flv1", "wmv.asf": "-c:v wmv2", "vob.mpg": "-c:v mpeg1video -f vob",
    "mpeg4.ts": "-c:v mpeg4", "h264.m2ts": "-c:v libx264 -f mpegts -mpegts_m2ts_mode 1", "theora.ogv": "-c:v libtheora",
    "mpeg4.nut": "-c:v mpeg4", "vp8.ivf": "-c:v libvpx", "plain.y4m": "-pix_fmt gray", "bare.h264": "-c:v libx264",
    "bare.m4v": "-c:v mpeg4 -f m4v", "bare.mjpeg": "-c:v mjpeg", "two.gif": "", "two.apng": "-pix_fmt rgb24 -plays 0",
    "flash.swf": "-c:v flv1", "real.rm": "-s 128x96 -c:v rv10", "rows.mxf": "-c:v mpeg2video",
}


def make_containers():
    if not shutil.which("ffmpeg"):
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, options in CONTAINERS.items():
            path = Path(folder) / name
            rate = "25" if "mpeg1" in options or "mpeg2" in options else "5"
            done = subprocess.run(
                ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc=size=16x16:rate={rate}", "-frames:v", "3",
                 "-fflags", "+bitexact", "-flags:v", "+bitexact", *options.split(), str(path)],
                stderr=subprocess.DEVNULL, check=False)
            if done.returncode == 0 and path.stat().st_size < 12_000:
                write("container", name, path.read_bytes())
            else:
                print("no", name)


def make_events():
    """Windows of three labels that take turns, after 64 bytes of settings: for each way of finding segments, for
    thresholds and for trackers."""
    windows = b"".join(bytes([2, 20, 0, 0, *(14 if place // 8 % 3 == k else 2 for k in range(3))]) for place in range(48))
    for way, name in enumerate(("mean", "hysteresis", "viterbi", "ordered", "thresholds", "exclusive", "independent")):
        tracker = bytes([32 + (name == "independent"), 8, 6, 5, 5, 5, 10, 20])  # choices, scores, times
        decoder = bytes([4, 10, 0, 0]) + tracker + bytes([4, 4, 4, 4, 0, 1, 2, 0, 0, 0, 1, 0, 1, 0, 15, 20, 1, 39, 20])
        settings = bytes([way, 2]) + (tracker if way >= 5 else decoder)
        write("events", name, settings.ljust(64, b"\0") + windows)


def make_indexes():
    """Archives of four rows: of windows, of whole videos, with removed rows, and with rows that are no embedding."""
    lines = b"".join(b'{"path":"v%d","sha256":"00","start":%d,"end":%d}\n' % (row // 2, row, row + 2) for row in range(4))
    removed = b'{"path":"v0","shard":0,"row":1,"rows":1}\n'
    numbers = {"e": (0.5, 0.5, 0.5, 0.5) * 4, "f": (0.5, -0.5, 0.5, 0.5) * 4}
    for name, kind, step, gone in (("windows", "e", b"1.0", b""), ("whole", "f", b"null", b""),
                                   ("removed", "e", b"1.0", removed), ("hostile", "e", b"1.0", b"")):
        manifest = (b'{"format":"actionclip-archive","version":1,"model":"00","dimension":4,"dtype":"float%d",'
                    b'"window":%s,"step":%s,"frames":8}' % (16 if kind == "e" else 32, step, step))
        text = f"{{'descr': '<f{2 if kind == 'e' else 4}', 'fortran_order': False, 'shape': (4, 4), }}".ljust(117) + "\n"
        rows = struct.pack(f"<16{kind}", *numbers[kind])
        if name == "hostile":
            rows = bytes.fromhex("007e007c00fc00bc") + rows[8:]
        data = b"".join(struct.pack("<H", len(part)) + part for part in (manifest, lines, gone))
        write("index", name, data + b"\x93NUMPY\x01\0" + struct.pack("<H", 118) + text.encode() + rows)


if __name__ == "__main__":
    make_safetensors()
    make_classifier()
    make_tuner()
    make_zip()
    make_pickles()
    make_json()
    make_text()
    make_families()
    make_calls()
    make_events()
    make_indexes()
    make_videos()
    make_containers()
    sizes = [path.stat().st_size for path in CORPUS.rglob("seed-*")]
    print(f"{len(sizes)} seeds, {sum(sizes)} bytes")
