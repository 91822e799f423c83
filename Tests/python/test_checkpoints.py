"""Files of torch.save: read whole, or refused by name with a line of Python that works."""

import io
import os
import re

import actionclip
import families
import numpy as np
import pytest
from conftest import same_bits


@pytest.fixture(scope="module")
def torch():
    return families.torch_or_skip()


@pytest.fixture(scope="module")
def module(torch):
    return families.open_clip(quick_gelu=True)


def frames(path):
    with actionclip.Model(path) as model:
        return model.encode_pixels(families.pixels())


def refusal(path):
    with pytest.raises(actionclip.ActionCLIPError) as error:
        actionclip.Model(path)
    return str(error.value)


def follow(message, folder):
    """Runs the line of Python that a message gives, in the folder with the file, and nothing else."""
    line = re.search(r"(?:import|from) .*?'new\.(?:pt|safetensors)'\)", message)
    assert line, message
    before = os.getcwd()
    os.chdir(folder)
    try:
        exec(line.group(0), {})
    finally:
        os.chdir(before)
    return folder / ("new.pt" if "new.pt" in line.group(0) else "new.safetensors")


# ------------------------------------------------------------------- protocols


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_every_protocol_gives_the_same_model(tmp_path, torch, module, protocol):
    torch.save(module.state_dict(), tmp_path / "usual.pt")
    beside = {"cfg": {"a", "b"}, "args": frozenset([1, 2]), "bytes": b"x" * 300, "array": bytearray(b"y"),
              "long": 1 << 70, "text": "z" * 70_000, "float": np.float32(1.5), "nested": ((), [1, (2, 3)])}  # fmt: skip
    state = {"model": module.state_dict(), "epoch": 3, "beside": beside}
    torch.save(state, tmp_path / "p.pt", pickle_protocol=protocol)
    assert same_bits(frames(tmp_path / "p.pt"), frames(tmp_path / "usual.pt"))


def test_a_checkpoint_of_torch_before_1_6_is_converted_by_the_line_given(tmp_path, torch, module):
    old = tmp_path / "old.pt"
    torch.save(module.state_dict(), old, _use_new_zipfile_serialization=False)
    message = refusal(old)
    assert "before torch 1.6" in message and "only if you trust it" in message
    torch.save(module.state_dict(), tmp_path / "usual.pt")
    assert same_bits(frames(follow(message, tmp_path)), frames(tmp_path / "usual.pt"))


def test_a_plain_pickle_is_converted_by_the_line_given(tmp_path, torch, module):
    import pickle

    with open(tmp_path / "old.pkl", "wb") as file:
        pickle.dump(dict(module.state_dict()), file)
    message = refusal(tmp_path / "old.pkl")
    assert "which torch.save did not write" in message
    torch.save(module.state_dict(), tmp_path / "usual.pt")
    assert same_bits(frames(follow(message, tmp_path)), frames(tmp_path / "usual.pt"))


# ------------------------------------------------------- modules and other things


@pytest.mark.parametrize("wrap", ["module", "{'model': module}", "{'net': module, 'epoch': 3}", "{'state_dict': module}"])
def test_a_module_is_told_how_to_be_saved(tmp_path, torch, module, wrap):
    torch.save(eval(wrap, {"module": module}), tmp_path / "old.pt")
    message = refusal(tmp_path / "old.pt")
    assert ".state_dict()" in message and "open_clip.model.CLIP" in message or "'net'" in message
    torch.save(module.state_dict(), tmp_path / "usual.pt")
    assert same_bits(frames(follow(message, tmp_path)), frames(tmp_path / "usual.pt"))


@pytest.mark.parametrize("wrap", ["{'ema': state, 'step': 3}", "(state, 7)", "{'state_dict': state, 'model': state}"])
def test_a_state_dict_in_another_place_is_told_how_to_be_saved(tmp_path, torch, module, wrap):
    torch.save(eval(wrap, {"state": module.state_dict()}), tmp_path / "old.pt")
    torch.save(module.state_dict(), tmp_path / "usual.pt")
    new = follow(refusal(tmp_path / "old.pt"), tmp_path)
    assert same_bits(frames(new), frames(tmp_path / "usual.pt"))


# ------------------------------------------------------------------ averages, heads


def test_an_averaged_model_is_read(tmp_path, torch, module):
    averaged = torch.optim.swa_utils.AveragedModel(module)
    assert "n_averaged" in averaged.state_dict()
    torch.save(module.state_dict(), tmp_path / "usual.pt")
    torch.save(averaged.state_dict(), tmp_path / "averaged.pt")
    assert same_bits(frames(tmp_path / "averaged.pt"), frames(tmp_path / "usual.pt"))
    save_file = pytest.importorskip("safetensors.torch").save_file
    save_file({k: v.contiguous().clone() for k, v in averaged.state_dict().items()}, tmp_path / "averaged.safetensors")
    assert same_bits(frames(tmp_path / "averaged.safetensors"), frames(tmp_path / "usual.pt"))


@pytest.mark.parametrize("name", ["fc.weight", "module.head.fc.bias", "queue"])
@pytest.mark.parametrize("form", ["bare", "state_dict", "safetensors"])
def test_a_head_of_one_s_own_is_told_how_to_be_dropped(tmp_path, torch, module, name, form):
    wrapped = "module." if name.startswith("module.") else ""
    state = {wrapped + key: value.contiguous() for key, value in module.state_dict().items()}
    torch.save(state, tmp_path / "usual.pt")
    state[name] = torch.ones(5, 4)
    if form == "safetensors":
        pytest.importorskip("safetensors.torch").save_file(state, tmp_path / "old.safetensors")
    else:
        torch.save(state if form == "bare" else {"state_dict": state, "epoch": 1}, tmp_path / "old.pt")
    message = refusal(next(tmp_path.glob("old.*")))
    assert "outside of the encoders" in message and name.removeprefix("module.") in message
    assert same_bits(frames(follow(message, tmp_path)), frames(tmp_path / "usual.pt"))


@pytest.mark.parametrize(
    "name, what",
    [
        ("visual.transformer.resblocks.0.temporal_attn.in_proj_weight", "a step between the frames"),
        ("visual.temporal_embedding", "a step between the frames"),
        ("visual.transformer.resblocks.1.adapter.down.weight", "an adapter"),
        ("visual.transformer.resblocks.0.attn.q_proj.lora_A.weight", "LoRA"),
        ("transformer.resblocks.0.ls_1.scale", "a scale after the encoder's layers"),
        ("visual.whatever", "a part that CLIP's encoders have not"),
    ],
)
def test_a_part_of_the_encoders_is_never_left_out(tmp_path, torch, module, name, what):
    torch.save({**module.state_dict(), name: torch.ones(3)}, tmp_path / "more.pt")
    message = refusal(tmp_path / "more.pt")
    assert what in message and name in message and "torch.save" not in message


# ------------------------------------------------------ what stands under a name


def things(torch):
    quantised = torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8)
    return {
        "None": None, "a float": 4.6, "an integer": 4, "a bool": True, "a string": "4.6", "a list": [4.6],
        "a tuple": (4.6,), "a dict": {"value": torch.tensor(4.6)}, "a set": {4.6}, "numpy's number": np.float32(4.6),
        "numpy's array": np.array([4.6]), "a sparse tensor": torch.ones(2, 2).to_sparse(),
        "a quantised tensor": quantised, "on meta": torch.nn.Parameter(torch.ones((), device="meta")),
        "complex": torch.ones((), dtype=torch.complex64), "integers": torch.ones((), dtype=torch.int64),
    }  # fmt: skip


@pytest.mark.parametrize("name", ["logit_scale", "visual.time_embedding", "ln_final.bias", "text_projection"])
def test_whatever_stands_under_a_parameter_s_name_is_told(tmp_path, torch, module, name):
    for wrap in [lambda state: state, lambda state: {"state_dict": state}]:
        for what, thing in things(torch).items():
            torch.save(wrap({**module.state_dict(), name: thing}), tmp_path / "odd.pt")
            assert name in refusal(tmp_path / "odd.pt"), what


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
def test_every_type_of_floating_point_numbers_is_read(tmp_path, torch, module, dtype):
    scale = torch.tensor(3.25, dtype=getattr(torch, dtype))
    torch.save({**module.state_dict(), "logit_scale": scale}, tmp_path / "typed.pt")
    with actionclip.Model(tmp_path / "typed.pt") as model:
        assert model.info.logit_scale == pytest.approx(float(np.exp(3.25)), rel=1e-6)


def test_notes_beside_tensors_are_passed_over(tmp_path, torch, module):
    torch.save(module.state_dict(), tmp_path / "usual.pt")
    notes = {"epoch": 3, "best": 0.5, "name": "run", "args": {"lr": 1}, "done": True, "nothing": None}
    torch.save({**module.state_dict(), **notes}, tmp_path / "noted.pt")
    assert same_bits(frames(tmp_path / "noted.pt"), frames(tmp_path / "usual.pt"))
    inside = {**module.state_dict(), "epoch": 3, "clip._extra_state": io.BytesIO(b"x").getvalue()}
    torch.save({"state_dict": inside}, tmp_path / "inside.pt")
    assert same_bits(frames(tmp_path / "inside.pt"), frames(tmp_path / "usual.pt"))


def test_sizes_that_tensors_claim_are_held_against_the_rest(tmp_path, torch, module):
    for name, right in [("input_resolution", 32), ("context_length", 16), ("vocab_size", families.VOCABULARY)]:
        torch.save({**module.state_dict(), name: torch.tensor(right)}, tmp_path / "right.pt")
        frames(tmp_path / "right.pt")
        torch.save({**module.state_dict(), name: torch.tensor(right + 1)}, tmp_path / "wrong.pt")
        assert f"tensor '{name}' is {right + 1}, but" in refusal(tmp_path / "wrong.pt")
