"""Models that are loaded to be saved and nothing else: their numbers stay in the files until then."""

import json
import os
import subprocess
import sys

import actionclip
import numpy as np
import pytest
from conftest import ROOT, Pack, pack_folders, pack_id
from random_model import random_model

SIGLIP = ROOT / "Tests/fixtures/siglip/hugging_face"
STORAGES = ["fp32", "fp16", "bf16"]


def both_files(source, folder, storage, **options):
    """The bytes of a file that is saved from a model for saving, and from a whole one."""
    found = []
    for for_saving in (True, False):
        with actionclip.Model(source, for_saving=for_saving, **options) as model:
            model.save(folder / "saved", storage=storage)
        found.append((folder / "saved").read_bytes())
    return found


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("folder", pack_folders(), ids=pack_id)
def test_the_file_is_that_of_the_whole_model(folder, storage, tmp_path):
    pack = Pack(folder)
    lean, whole = both_files(pack.checkpoint, tmp_path, storage, **pack.options())
    assert lean == whole


@pytest.mark.parametrize("storage", STORAGES)
def test_of_folders_and_of_int8_too(storage, tmp_path, untrained):
    lean, whole = both_files(SIGLIP, tmp_path, storage)
    assert lean == whole
    with actionclip.Model(untrained) as model:
        model.save(tmp_path / "int8", storage="int8")
    lean, whole = both_files(tmp_path / "int8", tmp_path, storage, compute="fp32")
    assert lean == whole


def test_it_tells_its_properties_and_computes_nothing(untrained):
    with actionclip.Model(untrained) as whole, actionclip.Model(untrained, for_saving=True) as model:
        assert (model.info, model.labels, model.templates, model.notes) == (
            whole.info, whole.labels, whole.templates, whole.notes)  # fmt: skip
        assert (model.family, model.preprocessing, model.sampling) == (whole.family, whole.preprocessing, whole.sampling)
        side, size = model.info.image_size, model.info.embedding_size
        row = np.ones((1, size), np.float32)
        for call in (
            lambda: model.encode_pixels(np.zeros((model.info.frames, 3, side, side), np.float32)),
            lambda: model.encode_tokens(np.zeros((1, model.info.context_length), np.int32)),
            lambda: model.encode_prompts(["a"]),
            lambda: model.encode_labels(["a"]),
            lambda: model.join_frames(np.ones((model.info.frames, size), np.float32)),
            lambda: model.probabilities(row, row),
            lambda: actionclip.Classifier(model, ["a", "b"]),
            lambda: actionclip.Stream(model),
            lambda: model.tune(["a", "b"]),
            lambda: actionclip.mix(model, whole),
            lambda: actionclip.mix(whole, model),
        ):
            with pytest.raises(actionclip.ActionCLIPError, match="for saving alone"):
                call()


def test_what_it_cannot_be_is_refused(untrained, tmp_path):
    for compute in ("bf16", "int8"):
        with pytest.raises(actionclip.ActionCLIPError, match="for saving is in fp32, and this one is in " + compute):
            actionclip.Model(untrained, for_saving=True, compute=compute)
    with pytest.raises(actionclip.ActionCLIPError, match="buffer"):
        actionclip.Model(untrained.read_bytes(), for_saving=True)
    with actionclip.Model(untrained, for_saving=True) as model:
        with pytest.raises(actionclip.ActionCLIPError, match="load it in int8"):
            model.save(tmp_path / "saved", storage="int8")
    assert not (tmp_path / "saved").exists()


def test_a_file_that_changed_since_is_refused(untrained, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(untrained.read_bytes())
    with actionclip.Model(path, for_saving=True) as model:
        # Replaced, it is read as it was.
        (tmp_path / "other").write_bytes(b"other")
        (tmp_path / "other").rename(path)
        model.save(tmp_path / "saved")
    assert (tmp_path / "saved").stat().st_size > 1000
    path.write_bytes(untrained.read_bytes())
    with actionclip.Model(path, for_saving=True) as model:
        with open(path, "r+b") as file:
            file.seek(-4, os.SEEK_END)
            file.write(b"\0\0\0\0")
        with pytest.raises(actionclip.ActionCLIPError, match="was changed while it was read"):
            model.save(tmp_path / "none")
    assert not (tmp_path / "none").exists()


#: Prints the memory that the process had before, and the largest that it had.
MEASURED = """
import json, sys
import actionclip
def status(key):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key + ":"))
path, tiny, target, storage = sys.argv[1:]
with actionclip.Model(tiny, threads=2, for_saving=True) as model:
    model.save(target)
before = status("VmRSS")
with actionclip.Model(path, activation="QuickGELU", threads=2, for_saving=True) as model:
    model.save(target, storage=storage)
print(json.dumps(status("VmHWM") - before))
"""


@pytest.mark.parametrize("storage", ["fp32", "fp16"])
def test_memory_is_that_of_one_tensor(untrained, tmp_path, storage):
    random_model(tmp_path / "model.safetensors", 768, 512, 2)
    table = 4 * 49408 * 512
    assert (tmp_path / "model.safetensors").stat().st_size > 1.6 * table
    process = subprocess.run(
        [sys.executable, "-c", MEASURED, tmp_path / "model.safetensors", untrained, tmp_path / "saved", storage],
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert json.loads(process.stdout) < 1.1 * table + (4 << 20)
