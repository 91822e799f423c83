"""Steps of training as the released reference computes them: features, loss, every gradient, AdamW, and eight
losses."""

import pytest
import torch
from actionclip_trainer.files import read_weights
from actionclip_trainer.recipe import recipe
from actionclip_trainer.step import Batch, gradient
from actionclip_trainer.training import Training
from conftest import SHARED, Pack, cases

PACKS = cases("tuning")
ids = [folder.name for folder in PACKS]
pytestmark = pytest.mark.skipif(not PACKS, reason=f"no packs in {SHARED / 'tuning'}")


def trained(pack):
    """A pack's model, and its training by the reference's recipe at constant rates."""
    case = pack.case
    weights = read_weights(pack.checkpoint)
    model, new = weights.make_model(frames=case["T"], head=case["head"])
    assert not new
    assert model.options.shift == ("on" if case["tsm"] else "off") and model.options.joint == case["joint"]
    adamw = case["adamw"]
    settings = recipe("reference", {
        "lr": adamw["lr"], "head_ratio": adamw["lr_head"] / adamw["lr"], "betas": adamw["betas"],
        "epsilon": adamw["eps"], "weight_decay": adamw["weight_decay"], "round_fp16": False, "precision": "fp32",
        "warmup_epochs": 0, "epochs": 1e9,
    })  # fmt: skip
    return model, Training(model, settings, 1, weights.named())


def batch(pack):
    """A pack's clips, each with its text."""
    labels = pack.inputs["labels"]
    pixels = pack.inputs["pixels"].unflatten(0, (len(labels), -1))
    return Batch(pixels, pack.inputs["tokens"].long(), labels[:, None] == labels[None])


def largest_error(found, expected):
    return ((found - expected).abs().max() / expected.abs().max().clamp(min=1e-30)).item()


@pytest.mark.parametrize("folder", PACKS, ids=ids)
def test_features_and_gradients(folder):
    pack = Pack(folder)
    model, training = trained(pack)
    given, expected = batch(pack), pack.expected
    with torch.no_grad():
        assert largest_error(model.encode_video(given.pixels), expected["video_features"]) < 1e-4
        assert largest_error(model.encode_text(given.tokens), expected["text_features"]) < 1e-4
    loss = gradient(model, given, "paper", "fp32")
    assert largest_error(loss.logits, expected["logits_per_video"]) < 1e-4
    for name, found in (("loss", loss.total), ("loss_video", loss.video), ("loss_text", loss.text)):
        assert found.item() == pytest.approx(expected[name].item(), rel=1e-4)
    found = {name: p.grad for name, p in model.named() if p.grad is not None}
    wanted = {name[9:]: tensor for name, tensor in expected.items() if name.startswith("gradient/")}
    assert set(wanted) == set(found)
    for name, tensor in wanted.items():
        assert largest_error(found[name], tensor) < 2e-5, name


@pytest.mark.parametrize("folder", PACKS, ids=ids)
def test_eight_steps_of_adamw(folder):
    pack = Pack(folder)
    model, training = trained(pack)
    losses = []
    for step in range(pack.case["steps"]):
        losses.append(training.train(batch(pack)).loss)
        if step == 0:
            own = dict(model.named())
            after = {
                name[8:]: tensor for name, tensor in pack.expected.items() if name.startswith("after_1/")
            }
            assert after
            for name, tensor in after.items():
                error, steep = (own[name] - tensor).abs(), pack.expected["gradient/" + name].abs() > 1e-7
                assert error[steep].max().item() < 1e-5, name
                # AdamW divides a gradient by its own size: one that is rounding alone (a key's bias changes nothing)
                # moves its parameter by up to the rate, in either direction.
                assert error.max().item() < 2 * pack.case["adamw"]["lr_head"], name
    assert losses == pytest.approx(pack.expected["losses"].tolist(), rel=1e-4)
