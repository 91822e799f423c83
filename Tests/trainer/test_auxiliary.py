"""Losses beside the main one, with parameters of their own: exact in pieces and over processes, saved, and in no model
that is written."""

import copy

import pytest
import torch
from actionclip_trainer.auxiliary import AuxiliaryLoss, Features
from actionclip_trainer.check import TEMPORAL, largest_difference, made_model, made_order
from actionclip_trainer.loss import logits, paper_loss
from actionclip_trainer.recipe import Recipe
from actionclip_trainer.step import gradient, normalised
from actionclip_trainer.training import Training


class Reading(AuxiliaryLoss):
    """Reads a number off each frame, and one off all texts at once, so that no clip's part stands by itself."""

    def __init__(self, embed=64):
        super().__init__()
        torch.manual_seed(5)
        self.of_frames, self.of_texts = torch.nn.Linear(embed, 1), torch.nn.Linear(embed, 1)

    def forward(self, features, targets):
        found = {"texts": self.of_texts(features.texts).square().mean().sqrt()}
        if features.frames is not None:
            read = self.of_frames(features.frames)[..., 0] - targets["places"]
            found["places"] = (read.square().sum() / targets["seen"].sum()) * features.videos.square().mean()
        return found


def made_batch(settings, step=0):
    batch = made_order(settings)[step]
    torch.manual_seed(6 + step)
    count = len(batch.matches)
    return batch._replace(targets={"places": torch.randn(count, 4), "seen": torch.rand(count, 4)})


def gradients(model, reading, batch, chunk=0):
    for module in (model, reading):
        module.zero_grad(set_to_none=True)
    loss = gradient(model, batch, "paper", "fp32", chunk, auxiliary=reading)
    named = [*model.named(), *reading.named_parameters()]
    return loss, {name: p.grad.double() for name, p in named if p.grad is not None}


def in_one_graph(model, reading, batch):
    """The same by hand, without the passes."""
    for module in (model, reading):
        module.zero_grad(set_to_none=True)
    videos, *frames = model.encode_frames(normalised(batch.pixels, model.options))
    texts = model.encode_text(batch.tokens)
    extra = reading(Features(videos, texts, frames[0] if frames else None), batch.targets)
    z = logits(videos, texts, model.clip.logit_scale)
    (paper_loss(z, batch.matches).total + sum(extra.values())).backward()
    named = [*model.named(), *reading.named_parameters()]
    return {name: p.grad.double() for name, p in named if p.grad is not None}


@pytest.mark.parametrize("option", ["Transf", "joint"])
def test_a_batch_in_chunks_has_the_auxiliary_losses_of_one_graph(option):
    model, reading, batch = made_model(TEMPORAL[option]), Reading(), made_batch(Recipe(batch=8))
    whole = in_one_graph(model, reading, batch)
    assert ("of_frames.weight" in whole) == (option != "joint")
    for chunk in (0, 3):
        loss, found = gradients(model, reading, batch, chunk)
        assert set(found) == set(whole) and largest_difference(found, whole) < 1e-5
    assert set(loss.auxiliary) == {"texts"} | ({"places"} if option != "joint" else set())


def test_over_frozen_encoders_the_head_has_the_gradients_of_one_graph():
    model, reading, batch = made_model(TEMPORAL["Transf"]), Reading(), made_batch(Recipe(batch=8))
    model.clip.requires_grad_(False)
    model.clip.logit_scale.requires_grad_()
    whole = in_one_graph(model, reading, batch)
    assert {"logit_scale", "of_frames.weight"} < set(whole) and "visual.proj" not in whole
    for chunk in (0, 3):
        _, found = gradients(model, reading, batch, chunk)
        assert set(found) == set(whole) and largest_difference(found, whole) < 1e-5


def made_training(**changes):
    settings = Recipe(**{"batch": 8, "lr": 1e-3, "warmup_epochs": 0, "anchor": 0, "precision": "fp32", **changes})
    return Training(made_model(TEMPORAL["Transf"]), settings, 3, {}, auxiliary=Reading()), settings


def test_a_training_that_goes_on_has_its_auxiliary_parameters():
    straight, settings = made_training()
    first = straight.train(made_batch(settings, 0))
    state = copy.deepcopy(straight.state())
    then = straight.train(made_batch(settings, 1))
    assert first.auxiliary["places"] > 0 and then.auxiliary != first.auxiliary
    resumed, _ = made_training()
    resumed.resume(state)
    assert resumed.train(made_batch(settings, 1)) == then
    for mine, its in zip(straight.auxiliary.parameters(), resumed.auxiliary.parameters(), strict=True):
        assert torch.equal(mine, its)
    assert set(straight.weights()) == {name for name, _ in straight.model.named()}


def test_a_training_by_auxiliary_losses_alone():
    training, settings = made_training(loss="none", weight_decay=0.0)
    before = {name: p.detach().clone() for name, p in training.model.named()}
    result = training.train(made_batch(settings))
    changed = {name for name, p in training.model.named() if not torch.equal(p, before[name])}
    assert result.loss == 0 and "visual.proj" in changed and "logit_scale" not in changed
    with pytest.raises(ValueError, match="nothing to train by"):
        Training(training.model, settings, 3, {})
