"""Weights from files of every family, and files that the library runs with the trainer's numbers."""

import json

import numpy as np
import pytest
import torch
from actionclip_trainer.check import SIZES, TEMPORAL, made_model
from actionclip_trainer.files import merges_of, read_merges, read_weights, write_reference, write_single_file
from actionclip_trainer.model import Options
from conftest import ROOT
from safetensors.torch import load_file

FAMILIES = ROOT / "Tests" / "fixtures" / "families"
UNTRAINED = ROOT / "Tests" / "fixtures" / "untrained" / "untrained.safetensors"
MERGES = UNTRAINED.with_name("merges.txt").read_text()
SUFFIX = {"reference": ".pt", "single": ".safetensors"}


def same_direction(found, expected):
    found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    lengths = np.linalg.norm(found, axis=-1) * np.linalg.norm(expected, axis=-1)
    return ((found * expected).sum(-1) / lengths).min() > 1 - 1e-6


@pytest.mark.parametrize("form", SUFFIX)
@pytest.mark.parametrize("name", TEMPORAL)
def test_the_library_computes_the_trainers_embeddings(actionclip, name, form, tmp_path):
    model = made_model(TEMPORAL[name]).eval()
    tensors, path = dict(model.named()), tmp_path / f"mine{SUFFIX[form]}"
    given = {}
    if form == "single":
        write_single_file(path, tensors, SIZES, model.options)
    else:
        write_reference(path, tensors)
        given = {
            "frames": 4,
            "activation": "QuickGELU",
            "head": None if name == "joint" else model.options.head,
        }
        given |= {"temporal_shift": "causal"} if name == "causal shift" else {}
    torch.manual_seed(2)
    pixels = torch.randn(2, 4, 3, 32, 32)
    tokens = torch.zeros(3, SIZES.context, dtype=torch.long)
    tokens[:, :4] = torch.tensor([[298, 5, 6, 299], [298, 7, 299, 0], [298, 9, 10, 299]])
    with actionclip.Model(path, threads=1, **given) as library, torch.no_grad():
        assert same_direction(library.encode_pixels(pixels.numpy()), model.encode_video(pixels))
        assert same_direction(library.encode_tokens(tokens.int().numpy()), model.encode_text(tokens))
    again = read_weights(path)
    changes = {"frames": 4, "shift": model.options.shift} if form == "reference" else {}
    restored, new = again.make_model(**changes)
    assert not new and restored.options == model.options
    assert all(torch.equal(p, tensors[n]) for n, p in restored.named())


def test_half_precision_rounds_matrices_alone(tmp_path):
    model = made_model(TEMPORAL["MeanP"])
    write_reference(tmp_path / "a.pt", dict(model.named()), half=True)
    saved = torch.load(tmp_path / "a.pt", weights_only=True)
    assert saved["model_state_dict"]["visual.proj"].dtype == torch.float16
    assert saved["model_state_dict"]["visual.ln_post.weight"].dtype == torch.float32
    assert list(saved) == ["epoch", "model_state_dict", "fusion_model_state_dict", "optimizer_state_dict"]


def test_a_single_file_holds_all_that_the_library_needs(actionclip, tmp_path):
    weights = read_weights(UNTRAINED)
    model, _ = weights.make_model()
    path = tmp_path / "mine.safetensors"
    notes = {"description": "a test", "resize": "CLIP"}
    write_single_file(
        path, dict(model.named()), weights.sizes, model.options, MERGES, ["a b", "c"], ["{}!"], notes
    )
    with actionclip.Model(path, threads=1) as library, actionclip.Model(UNTRAINED, threads=1) as before:
        assert (library.labels, library.templates, library.note("description")) == (
            ["a b", "c"],
            ["{}!"],
            "a test",
        )
        assert library.info.frames == before.info.frames
        assert np.array_equal(library.encode_labels(["a b"]), before.encode_labels(["a b"], ["{}!"]))
    assert read_weights(path).preset == {"resize": "CLIP"}


@pytest.mark.parametrize("name", ["hugging_face", "open_clip", "mmaction2.pth", "open_clip as a file"])
def test_every_family_is_a_start(actionclip, name):
    path = FAMILIES / name
    if name == "open_clip as a file":
        path = FAMILIES / "open_clip" / "open_clip_model.safetensors"
    weights = read_weights(path)
    model, new = weights.make_model()
    assert not new
    torch.manual_seed(2)
    frames, side = model.options.frames, model.sizes.side
    pixels = torch.randn(1, frames, 3, side, side)
    with actionclip.Model(path, threads=1, frames=frames) as library, torch.no_grad():
        assert library.info.activation.lower() == model.options.activation.lower()
        assert same_direction(library.encode_pixels(pixels.numpy()), model.eval().encode_video(pixels))


def test_plain_weights_start_a_model_with_other_options():
    weights = read_weights(UNTRAINED)
    model, new = weights.make_model(head="LSTM", shift="on")
    assert new and all(name.startswith("fusion.") for name in new)
    assert torch.equal(model.clip.visual.proj, weights.model["visual.proj"])
    _, new = weights.make_model(head="MeanP", joint=True)
    assert new == ["visual.time_embedding"]
    with pytest.raises(ValueError, match="shape"):
        read_weights(UNTRAINED).__class__(weights.model, {}, SIZES, Options()).make_model()


def test_what_is_no_start(tmp_path):
    write_single_file(tmp_path / "a.safetensors", {"fc.weight": torch.zeros(2, 2)}, SIZES, Options())
    with pytest.raises(ValueError, match="no CLIP with vision transformer"):
        read_weights(tmp_path / "a.safetensors")


def test_merge_lists_of_every_form(tmp_path):
    lines = MERGES.splitlines()
    pairs = [line for line in lines[1:] if line]
    for merges in (pairs, [pair.split(" ") for pair in pairs]):
        (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"merges": merges}}))
        assert read_merges(tmp_path / "tokenizer.json").splitlines()[1:] == pairs
    (tmp_path / "weights.pt").touch()
    weights = read_weights(UNTRAINED)
    without = weights.metadata.pop("actionclip.merges", None)
    assert without or merges_of(UNTRAINED, weights) == MERGES
    assert merges_of(tmp_path / "weights.pt", weights).splitlines()[1:] == pairs
    assert merges_of(tmp_path.parent / "nowhere" / "weights.pt", weights) is None


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "a.pt"
    write_reference(path, {"w": torch.ones(2)})
    before = path.read_bytes()

    def fail(*_):
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(OSError, match="no space"):
        write_reference(path, {"w": torch.zeros(2)})
    assert path.read_bytes() == before
    assert load_file  # the other form's writer goes the same way
