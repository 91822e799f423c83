"""The size, memory and time of a model, told without loading it."""

import inspect
import json
import os
import subprocess
import sys

import actionclip
import pytest
from actionclip import _abi
from actionclip._model_options import _FIELDS
from conftest import ROOT, Pack, pack_folders, pack_id
from random_model import random_model

PRECISIONS = ["fp32", "bf16", "int8"]


@pytest.mark.parametrize("compute", PRECISIONS)
@pytest.mark.parametrize("folder", pack_folders(), ids=pack_id)
def test_a_plan_has_the_properties_of_the_model(folder, compute):
    pack = Pack(folder)
    options = dict(pack.options(), compute=compute, threads=2)
    plan = actionclip.Model.plan(pack.checkpoint, measure=False, **options)
    with actionclip.Model(pack.checkpoint, **options) as model:
        assert plan == actionclip.ModelPlan(model.info, None)


def test_time_is_estimated_if_it_is_asked_for(untrained):
    short, long = (actionclip.Model.plan(untrained, frames=frames).video_seconds for frames in (2, 64))
    assert 0 < short < long < 60
    assert actionclip.Model.plan(untrained, measure=False).video_seconds is None
    default = actionclip.Model.plan(measure=False).info
    assert default.parameters > 0


def test_what_cannot_be_loaded_has_no_plan(untrained, tmp_path):
    with pytest.raises(FileNotFoundError):
        actionclip.Model.plan(tmp_path / "none")
    with pytest.raises(actionclip.ActionCLIPError, match="head"):
        actionclip.Model.plan(untrained, head="LSTM")
    with pytest.raises(TypeError):
        actionclip.Model.plan(untrained, colour="green")


def test_every_option_of_a_model_reaches_the_library():
    options = set(inspect.signature(actionclip.Model).parameters) - {"path"}
    fields = {name for name, *_ in _abi.ModelOptions._fields_} - {"struct_size", "reserved", "reserved_2", "processor_count"}
    assert options == set(_FIELDS) and {field for field, _ in _FIELDS.values()} == fields


#: Prints what was told, the memory that loading and a clip took, and the largest that loading took.
MEASURED = """
import json, sys
import actionclip, numpy as np
def status(key):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(key + ":"))
path, tiny, compute = sys.argv[1:]
options = {"compute": compute, "activation": "QuickGELU", "threads": 2}
pixels = np.random.default_rng(0).standard_normal((8, 3, 224, 224), np.float32)
with actionclip.Model(tiny, compute=compute, threads=2) as model:
    side = model.info.image_size
    model.encode_pixels(np.zeros((model.info.frames, 3, side, side), np.float32))
before = status("VmRSS")
plan = actionclip.Model.plan(path, measure=False, **options).info
planned = status("VmRSS")
model = actionclip.Model(path, **options)
loaded, largest = status("VmRSS"), status("VmHWM")
model.encode_pixels(pixels)
print(json.dumps([plan.weight_bytes, plan.video_bytes, planned - before, loaded - before, largest - before,
                  status("VmRSS") - before]))
"""


@pytest.fixture(scope="module")
def real_width(tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "model.safetensors"
    random_model(path, 768, 512, 3)
    return path


@pytest.mark.parametrize("compute", PRECISIONS)
def test_memory_is_what_was_told(real_width, untrained, compute):
    process = subprocess.run(
        [sys.executable, "-c", MEASURED, real_width, untrained, compute], capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "bindings/python")},
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    weights, video, planned, loaded, largest, working = json.loads(process.stdout)
    # Huge pages that are begun, and what Python and the runtime take meanwhile.
    spare = 4 << 20
    assert planned < spare
    assert abs(loaded - weights) < 0.05 * weights + spare
    assert abs(working - weights - video) < 0.05 * (weights + video) + spare
    # No more than one tensor as fp32 beside what is there: the token embedding, or in fp32 a matrix.
    assert largest < 1.05 * weights + 4 * 49408 * 512 + spare
