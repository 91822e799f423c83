"""Errors say what is wrong, and leave everything usable."""

import errno
import pickle
import re
import shutil

import actionclip
import numpy as np
import pytest
from actionclip import _abi, _errors, _hints
from actionclip._model_info import HEADS
from conftest import ROOT, same_bits

FAMILIES = ROOT / "Tests" / "fixtures" / "families"


def test_every_status_has_a_class_and_a_builtin():
    builtin = dict.fromkeys((1, 3, 4, 6, 7), ValueError) | {2: OSError, 5: RuntimeError, 9: RuntimeError}
    for name, status in _abi.CONSTANTS.items():
        if not name.startswith("ERROR_"):
            continue
        error = _errors.make_error(status, f"ACTIONCLIP_{name}", "why")
        assert type(error) is not actionclip.ActionCLIPError
        # A cancelled call's arguments were right.
        expected = RuntimeError if name == "ERROR_CANCELLED" else builtin[-status // 10]
        assert isinstance(error, actionclip.ActionCLIPError) and isinstance(error, expected)
        assert (error.status, error.name, error.message) == (status, f"ACTIONCLIP_{name}", "why")
        assert str(error) == f"why (ACTIONCLIP_{name})"
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), again.status, str(again)) == (type(error), status, str(error))
    memory = _errors.make_error(-50, "ACTIONCLIP_ERROR_OUT_OF_MEMORY", "why")
    assert isinstance(memory, MemoryError)
    assert type(_errors.make_error(-777, "unknown status", "why")) is actionclip.ActionCLIPError


def test_a_missing_file(tmp_path, any_pack):
    for path in (tmp_path / "gone.pt", str(tmp_path / "gone.pt")):
        with pytest.raises(FileNotFoundError) as caught:
            actionclip.Model(path)
        error = caught.value
        assert isinstance(error, actionclip.FileError) and error.status == -20
        again = pickle.loads(pickle.dumps(error))
        for each in (error, again):
            assert each.filename == str(path) and each.errno == errno.ENOENT
        assert "gone.pt" in error.message and "\n" not in error.message
    with pytest.raises(OSError):
        actionclip.Model(tmp_path)  # a folder
    with pytest.raises(FileNotFoundError) as caught:
        any_pack.load(tokenizer=tmp_path / "merges.txt")
    assert caught.value.filename == str(tmp_path / "merges.txt")
    with pytest.raises(FileNotFoundError):
        actionclip.Tokenizer(tmp_path / "merges.txt")
    with pytest.raises(ValueError):
        actionclip.Model("a\0b")


@pytest.mark.parametrize(
    "data", [b"", b"x", b"hello world " * 100, b"PK\x03\x04" + b"\0" * 200, b"\xff" * 4096]
)
def test_bytes_that_are_no_checkpoint(tmp_path, data):
    path = tmp_path / "model.pt"
    path.write_bytes(data)
    for source in (path, data, bytearray(data)):
        with pytest.raises(actionclip.ActionCLIPError) as caught:
            actionclip.Model(source)
        # No byte at all is either a format or an argument to refuse.
        assert isinstance(caught.value, (actionclip.FormatError, actionclip.ArgumentError))
        assert caught.value.message and caught.value.name.startswith("ACTIONCLIP_ERROR_")


def test_a_checkpoint_cut_anywhere_is_refused(any_pack):
    data = any_pack.checkpoint.read_bytes()
    for part in (0.1, 0.5, 0.9, 0.999):
        with pytest.raises(actionclip.FormatError):
            actionclip.Model(data[: int(len(data) * part)])


def test_options_that_contradict_the_checkpoint(pack):
    case = pack.case
    wrong = [{"joint": not case["joint"]}]
    if not case["joint"]:
        others = {name.casefold() for name in HEADS} - {case["head"].casefold()}
        wrong += [{"head": head} for head in sorted(others)]
    if case["tsm"]:
        wrong += [{"temporal_shift": False}]
    for change in wrong:
        with pytest.raises(actionclip.ModelError) as caught:
            pack.load(**change)
        assert -49 <= caught.value.status <= -40 and caught.value.message, change


def test_options_out_of_range(any_pack):
    out_of_range = {"frames": (0, -1, 2**31), "threads": (0, -2), "head": ("mean", "")}
    wrong_type = {"frames": (8.0, True), "threads": ("2",), "joint": ("yes",), "temporal_shift": (2,)}
    for kind, options in ((ValueError, out_of_range), (TypeError, wrong_type)):
        for name, values in options.items():
            for value in values:
                with pytest.raises(kind):
                    any_pack.load(**{name: value})
    with pytest.raises(TypeError):
        actionclip.Model(12)


def test_head_names_are_the_reference_s(any_pack):
    head = any_pack.case["head"]
    for name in (head, head.upper(), head.lower(), head.replace("_", "-")):
        with any_pack.load(head=name) as model:
            assert model.info.head.casefold() == head.casefold()


def test_a_wrong_number_of_frames_names_the_right_one(model, random):
    frames = model.info.frames
    images = random.integers(0, 256, (frames - 1, 40, 40, 3), dtype=np.uint8)
    with pytest.raises(ValueError) as caught:
        model.encode_frames(images)
    assert str(frames - 1) in str(caught.value) and str(frames) in str(caught.value)
    with pytest.raises(ValueError):
        model.encode_frames([])
    with pytest.raises(ValueError):
        model.encode_frames(images[0])
    pixels = np.zeros((frames, 3, model.info.image_size, model.info.image_size), np.float32)
    shapes = (pixels[:-1], pixels[:, :2], pixels[:, :, 1:], pixels[0], pixels[None, :-1], pixels[None, None])
    for bad in shapes:
        with pytest.raises(ValueError):
            model.encode_pixels(bad)
    with pytest.raises(TypeError):
        model.encode_pixels(pixels.astype(complex))


def test_numbers_that_are_not_finite_are_refused(model):
    pixels = np.zeros((model.info.frames, 3, model.info.image_size, model.info.image_size), np.float32)
    for bad in (np.nan, np.inf, -np.inf):
        pixels[1, 2, 3, 4] = bad
        with pytest.raises(ValueError) as caught:
            model.encode_pixels(pixels)
        assert caught.value.name == "ACTIONCLIP_ERROR_NOT_FINITE"


def test_embeddings_of_two_models_do_not_mix():
    with pytest.raises(ValueError, match="one model"):
        actionclip.similarity(np.ones((1, 4)), np.ones((1, 5)))
    with pytest.raises(ValueError, match="one model"):
        actionclip.probabilities(np.ones((1, 4)), np.ones((1, 2, 5)))
    with pytest.raises(ValueError):
        actionclip.similarity(np.ones((1, 1, 4)), np.ones((1, 4)))
    with pytest.raises(TypeError):
        actionclip.similarity(["a"], np.ones((1, 4)))


def test_a_failed_call_leaves_the_model_as_it_was(model, any_pack):
    before = model.encode_pixels(any_pack.inputs["pixels"])
    with pytest.raises(ValueError):
        model.encode_pixels(any_pack.inputs["pixels"][:-1])
    assert same_bits(model.encode_pixels(any_pack.inputs["pixels"]), before)


@pytest.mark.parametrize("load", [actionclip.Model, actionclip.Video])
def test_an_address_is_named_without_its_secrets(load):
    with pytest.raises(actionclip.FileError, match="is an address, and only files are read") as caught:
        load("https://me:hidden@example.org/vit.pt?token=hidden")
    assert "https://***@example.org/vit.pt?***" in str(caught.value) and "hidden" not in str(caught.value)


@pytest.mark.parametrize("load", [actionclip.Model, actionclip.Video])
def test_controls_and_turned_text_of_a_path_reach_no_message(load):
    with pytest.raises(actionclip.FileError) as caught:
        load("a\u202eb\x9b\x1b[31mc\n.pt")
    assert "a?b??[31mc?.pt" in str(caught.value)


@pytest.mark.parametrize(
    ("path", "keyword"),
    [
        (FAMILIES / "vifi_clip.pth", "base"),
        ("{lonely}", "activation"),
        ("{lonely}", "open_clip_name"),
    ],
)
def test_a_hint_names_the_keyword_and_nothing_else(tmp_path, path, keyword):
    lonely = shutil.copy(FAMILIES / "open_clip" / "open_clip_model.safetensors", tmp_path)
    with pytest.raises(actionclip.ActionCLIPError) as caught:
        actionclip.Model(str(path).replace("{lonely}", str(lonely)))
    said = caught.value.message
    assert f"({keyword}=)" in said and "(option" not in said and "--" not in said and "_path" not in said


def test_a_missing_tokenizer_and_an_assumption_name_the_keyword(untrained, tmp_path):
    with actionclip.Model(shutil.copy(untrained, tmp_path)) as model:
        with pytest.raises(actionclip.ModelError, match=r"\(tokenizer=\)"):
            model.encode_prompts(["run"])
        assert all(line.endswith("=)") and "(option" not in line for line in model.assumptions) and model.assumptions


def test_hints_in_the_name_of_a_file_stay():
    with pytest.raises(actionclip.ActionCLIPError) as caught:
        actionclip.Video("clip (option b).mp4")
    assert "clip (option b).mp4" in caught.value.message


def test_every_hint_of_the_library_has_a_word_in_both_bindings():
    sources = [path for path in (ROOT / "Sources").rglob("*.swift") if "Command" not in path.parts]
    hints = {name for path in sources for name in re.findall(r"\(option ([a-z0-9_]+)\)", path.read_text())}
    flags = (ROOT / "Sources" / "Command" / "Library" / "OptionHints.swift").read_text()
    assert hints and hints == _hints._KEYWORDS.keys() == set(re.findall(r'"([a-z0-9_]+)": (?:"|nil)', flags))
