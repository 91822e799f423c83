"""The model against this repository's plain reference, and its gradients against differences in fp64."""

import json

import pytest
import reference  # scripts/reference.py
import torch
from actionclip_trainer.check import SIZES, TEMPORAL, made_model, made_order
from actionclip_trainer.files import read_weights
from actionclip_trainer.loss import logits, loss_of
from actionclip_trainer.model import ActionCLIP, Options
from actionclip_trainer.recipe import Recipe
from actionclip_trainer.step import gradient, normalised
from conftest import ROOT, SHARED
from safetensors.torch import load_file

PACKS = [path.parent for place in (ROOT / "Tests" / "fixtures" / "packs", SHARED / "parity")
         for path in sorted(place.glob("*/case.json"))]  # fmt: skip


@pytest.mark.parametrize("folder", PACKS, ids=lambda f: f"{f.parent.name}/{f.name}")
def test_the_embeddings_of_parity_packs(folder):
    case = json.loads((folder / "case.json").read_text())
    model, new = read_weights(folder / "checkpoint.pt").make_model(frames=case["T"], head=case["head"])
    assert not new
    inputs, expected = (load_file(folder / f"{name}.safetensors") for name in ("inputs", "expected"))
    with torch.no_grad():
        video = model.eval().encode_video(inputs["pixels"].unflatten(0, (-1, case["T"])))
        text = model.encode_text(inputs["tokens"].long())
    for name, found in (("video_features", video), ("text_features", text)):
        assert (found - expected[name]).abs().max() < 1e-4 * expected[name].abs().max()


def test_causal_shift_is_the_plain_references():
    model = made_model(TEMPORAL["causal shift"]).eval()
    plain = reference.ActionCLIP(model.clip.state_dict(), {}, "meanP", 4, causal=True)
    pixels = torch.randn(2, 4, 3, 32, 32)
    with torch.no_grad():
        assert torch.allclose(
            model.encode_video(pixels), plain.encode_pixels(pixels.flatten(0, 1))[1], atol=1e-5
        )


def test_a_text_cut_at_its_end_is_the_same():
    model = made_model(TEMPORAL["MeanP"])
    tokens = torch.zeros(2, SIZES.context, dtype=torch.long)
    tokens[0, :3] = torch.tensor([298, 5, 299])
    tokens[1, :5] = torch.tensor([298, 7, 8, 9, 299])
    with torch.no_grad():
        assert torch.allclose(model.encode_text(tokens), model.encode_text(tokens[:, :5]), atol=1e-6)


@pytest.mark.parametrize("kind", ["paper", "cross_entropy"])
@pytest.mark.parametrize("name", TEMPORAL)
def test_gradients_are_those_of_differences(name, kind):
    """Along a random direction in all parameters at once, and in those of each tensor that the option adds."""
    model = made_model(TEMPORAL[name]).double()
    batch = made_order(Recipe(batch=4, loss=kind))[0]
    batch = batch._replace(pixels=normalised(batch.pixels, model.options).double())
    gradient(model, batch, kind, "fp32")
    own = {n: (p, p.grad) for n, p in model.named() if p.grad is not None}
    slopes = {n: grad.clone() for n, (_, grad) in own.items()}
    added = [n for n in own if n.startswith("fusion.") or "time" in n]
    torch.manual_seed(5)

    @torch.no_grad()
    def loss(direction, step):
        for n, d in direction.items():
            own[n][0].add_(d, alpha=step)
        z = logits(model.encode_video(batch.pixels), model.encode_text(batch.tokens), model.clip.logit_scale)
        for n, d in direction.items():
            own[n][0].sub_(d, alpha=step)
        return loss_of(kind, z, batch.matches).total.item()

    for some in (list(own), added[:1], added[-1:]):
        if some:
            direction = {n: torch.randn_like(own[n][0]) for n in some}
            numeric = (loss(direction, 1e-7) - loss(direction, -1e-7)) / 2e-7
            exact = sum((slopes[n] * d).sum().item() for n, d in direction.items())
            assert numeric == pytest.approx(exact, rel=1e-4, abs=1e-8), some[0]
            assert numeric != pytest.approx(exact * 1.05, rel=1e-4, abs=1e-8)


def test_new_heads_start_as_the_references():
    sizes = SIZES
    shift = ActionCLIP(sizes, Options(4, "Conv_1D")).head.shift.weight
    assert (
        shift.sum() == sizes.embed
        and shift[0, 0].tolist() == [1, 0, 0]
        and shift[-1, 0].tolist() == [0, 0, 1]
    )
    head = ActionCLIP(sizes, Options(4, "Transf")).head
    block = head.transformer.resblocks[0]
    assert 0.018 < block.mlp.c_fc.weight.std() < 0.022 and block.mlp.c_fc.bias.abs().max() == 0
    bound = (6 / (4 * sizes.embed)) ** 0.5  # xavier's
    assert bound * 0.95 < block.attn.in_proj_weight.abs().max() <= bound


def test_only_what_is_asked_for_is_trained():
    model = ActionCLIP(SIZES, Options(4, "Transf"))
    model.train_only(1, "none")
    trained = {name for name, p in model.named() if p.requires_grad}
    assert "visual.transformer.resblocks.1.ln_1.weight" in trained and "visual.proj" in trained
    assert (
        "visual.transformer.resblocks.0.ln_1.weight" not in trained and "visual.conv1.weight" not in trained
    )
    assert "ln_final.weight" not in trained and "transformer.resblocks.1.ln_1.weight" not in trained
    assert "logit_scale" in trained and "fusion.frame_position_embeddings.weight" in trained
    with pytest.raises(ValueError, match="joint"):
        Options(4, "Transf", joint=True)
