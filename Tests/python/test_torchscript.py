"""CLIP's own form of file: a model saved by torch.jit.save, of which only the tensors are read."""

import io
import json
import pickle
import struct
import sys
import zipfile

import numpy as np
import pytest
from conftest import ROOT, read_safetensors, same_bits
from test_parity import check

FOLDER = ROOT / "Tests" / "fixtures" / "torchscript"
TYPES = {"FloatStorage": np.float32, "HalfStorage": np.float16, "LongStorage": np.int64}
NAMES = {np.dtype(np.float32): "F32", np.dtype(np.float16): "F16", np.dtype(np.int64): "I64"}


class Module:
    """A stand-in for every module: its attributes, nothing else."""


class Reader(pickle.Unpickler):
    """The module tree of an archive with arrays for tensors, read without torch."""

    def __init__(self, path):
        self.archive = zipfile.ZipFile(path)
        self.folder = self.archive.namelist()[0].split("/")[0]
        super().__init__(io.BytesIO(self.archive.read(f"{self.folder}/data.pkl")))

    def find_class(self, module, name):
        if module.startswith("__torch__"):
            return Module
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self.tensor
        return TYPES.get(name) or {"OrderedDict": dict}[name]

    def persistent_load(self, identifier):
        _, kind, key, _, count = identifier
        array = np.frombuffer(self.archive.read(f"{self.folder}/data/{key}"), kind)
        assert len(array) == count
        return array

    @staticmethod
    def tensor(storage, offset, shape, strides, *_):
        assert strides == tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))
        return storage[offset : offset + int(np.prod(shape))].reshape(shape)


def tensors_of(module, prefix=""):
    tensors = {}
    for name, value in vars(module).items():
        if isinstance(value, Module):
            tensors |= tensors_of(value, f"{prefix}{name}.")
        elif isinstance(value, np.ndarray):
            tensors[prefix + name] = value
    return tensors


def as_safetensors(tensors):
    header, body = {}, b""
    for name, array in tensors.items():
        end = len(body) + array.nbytes
        header[name] = {
            "dtype": NAMES[array.dtype], "shape": array.shape, "data_offsets": [len(body), end],
        }  # fmt: skip
        body += array.tobytes()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


@pytest.fixture()
def inputs():
    return read_safetensors(FOLDER / "inputs.safetensors")


def embeddings(path, inputs):
    import actionclip

    with actionclip.Model(path, frames=1) as model:
        return model.info, model.encode_pixels(inputs["pixels"]), model.encode_tokens(inputs["tokens"])


def test_embeddings_are_pytorch_s(inputs):
    info, images, texts = embeddings(FOLDER / "clip.pt", inputs)
    assert (info.file_type, info.head, info.joint, info.temporal_shift) == ("TorchScript", "MeanP", False, False)
    assert (info.image_size, info.patch_size, info.vision_width, info.vision_layers) == (16, 4, 64, 1)
    assert (info.context_length, info.vocabulary_size, info.embedding_size, info.text_layers) == (16, 48, 32, 1)
    assert info.logit_scale == pytest.approx(100, rel=1e-5)
    expected = read_safetensors(FOLDER / "expected.safetensors")
    check(images, expected["image_features"], "images")
    check(texts, expected["text_features"], "texts")


def test_the_same_weights_as_a_plain_file_give_the_same_bits(inputs):
    tensors = tensors_of(Reader(FOLDER / "clip.pt").load())
    assert len(tensors) == 41
    info, images, texts = embeddings(FOLDER / "clip.pt", inputs)
    plain, plain_images, plain_texts = embeddings(as_safetensors(tensors), inputs)
    assert plain.file_type == "safetensors" and plain.parameters == info.parameters
    assert same_bits(images, plain_images) and same_bits(texts, plain_texts)


@pytest.mark.parametrize("form", ["traced", "scripted"])
def test_a_file_that_torch_has_just_written(form, inputs, tmp_path):
    torch = pytest.importorskip("torch")
    pytest.importorskip("safetensors")
    sys.path.insert(0, str(ROOT / "scripts"))
    import make_torchscript_fixture as made

    torch.manual_seed(21)
    model = made.CLIP(resolution=24, patch=8, width=128, layers=2, embed=40, context=20, vocabulary=60)
    made.spread(model)
    made.halve(model)
    pixels, tokens = made.inputs_of(model)
    script = made.traced(model, pixels, tokens) if form == "traced" else made.scripted(model)
    path = tmp_path / "a model.v2.pt"
    script.save(str(path))
    # Compiled modules keep the causal masks; a trace has them in its code.
    assert (b"attn_mask" in path.read_bytes()) == (form == "scripted")
    expected = made.embeddings(model, pixels, tokens)
    given = {"pixels": pixels.numpy(), "tokens": tokens.numpy()}
    for source in (path, path.read_bytes()):
        info, images, texts = embeddings(source, given)
        assert (info.file_type, info.vision_layers, info.text_layers) == ("TorchScript", 2, 2)
        check(images, expected["image_features"].numpy(), "images")
        check(texts, expected["text_features"].numpy(), "texts")


def test_modules_in_a_checkpoint_are_not_read(tmp_path):
    """The tree without its programs is no TorchScript archive, and as a checkpoint it is nothing."""
    import actionclip

    whole, plain = FOLDER / "clip.pt", tmp_path / "plain.pt"
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(plain, "w") as other:
        for entry in archive.infolist():
            if not entry.filename.startswith(("clip/code/", "clip/constants")):
                other.writestr(entry.filename, archive.read(entry))
    with pytest.raises(actionclip.FormatError, match="__torch__.CLIP.*not a dict of tensors"):
        actionclip.Model(plain)
