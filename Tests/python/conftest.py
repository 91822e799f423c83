"""Shared by the tests of the Python bindings. Run: python3 -m pytest Tests/python"""

import json
import os
import pathlib
import signal
import struct
import sys

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bindings" / "python"))

# Shells start what runs in the background with Ctrl-C ignored; some tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: Reference data too large to commit; tests that need it skip where it is absent.
SHARED = pathlib.Path(os.environ.get("ACTIONCLIP_SHARED", ROOT.parent / "shared"))


def read_safetensors(path):
    data = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    types = {"F32": np.float32, "U8": np.uint8, "I32": np.int32, "I64": np.int64, "F16": np.float16, "I8": np.int8,
             "BF16": np.uint16}  # numpy has no bf16
    tensors = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name != "__metadata__":
            start, end = (8 + size + offset for offset in entry["data_offsets"])
            flat = np.frombuffer(data[start:end], types[entry["dtype"]])
            tensors[name] = flat.reshape(entry["shape"])
    return tensors


class Pack:
    """A checkpoint with inputs and what the reference computes from them."""

    def __init__(self, folder):
        self.folder = folder
        self.case = json.loads((folder / "case.json").read_text())
        self.checkpoint = folder / "checkpoint.pt"
        self.inputs = read_safetensors(folder / "inputs.safetensors")
        self.expected = read_safetensors(folder / "expected.safetensors")

    def options(self):
        """The options that the reference's user gives on its command line."""
        case = self.case
        head = None if case["joint"] else case["head"]
        return {
            "frames": case["T"], "head": head, "joint": case["joint"], "temporal_shift": case["tsm"],
        }  # fmt: skip

    def load(self, **changes):
        import actionclip

        return actionclip.Model(self.checkpoint, **{**self.options(), **changes})


def pack_folders():
    places = [ROOT / "Tests" / "fixtures" / "packs", SHARED / "parity"]
    return [path.parent for place in places for path in sorted(place.glob("*/case.json"))]


def pack_id(folder):
    return f"{folder.parent.name}/{folder.name}"


@pytest.fixture(scope="session", params=pack_folders(), ids=pack_id)
def pack(request):
    """Every pack there is, one after the other."""
    return Pack(request.param)


@pytest.fixture(scope="session")
def any_pack():
    """One pack whose head joins frames: the first there is."""
    folders = [f for f in pack_folders() if not json.loads((f / "case.json").read_text())["joint"]]
    if not folders:
        pytest.skip("no pack in Tests/fixtures/packs or shared/parity")
    return Pack(folders[0])


@pytest.fixture(scope="session")
def model(any_pack):
    with any_pack.load() as model:
        yield model


@pytest.fixture(scope="session")
def untrained():
    """The committed checkpoint with random weights, a merge list beside it."""
    return ROOT / "Tests" / "fixtures" / "untrained" / "untrained.safetensors"


@pytest.fixture(scope="session")
def merges(untrained):
    return untrained.with_name("merges.txt")


@pytest.fixture(scope="session")
def speaker(untrained):
    """A model that can encode prompts."""
    import actionclip

    with actionclip.Model(untrained) as model:
        yield model


@pytest.fixture()
def random():
    return np.random.default_rng(7)


def videos_of(model, random, count, height=40, width=52):
    shape = (count, model.info.frames, height, width, 3)
    return random.integers(0, 256, shape, dtype=np.uint8)


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
