"""Labels that look at a video's patches: a start like the plain cosine, exact gradients in pieces, and weights that come back."""

import copy

import pytest
import torch
from actionclip_trainer.check import SIZES, largest_difference, made_model, made_order
from actionclip_trainer.data import SyntheticSource, Texts
from actionclip_trainer.evaluation import cosines
from actionclip_trainer.files import read_weights, write_reference, write_single_file
from actionclip_trainer.loss import logits, paper_loss
from actionclip_trainer.model import ActionCLIP, Options
from actionclip_trainer.recipe import Recipe
from actionclip_trainer.step import gradient, normalised
from actionclip_trainer.training import Training

KINDS = ("frames", "mean")


def options(kind):
    return Options(4, "Transf", label_attention=kind)


def made_training(kind, **changes):
    settings = Recipe(**{"batch": 8, "lr": 1e-3, "warmup_epochs": 0, "precision": "fp32", **changes})
    return Training(made_model(options(kind)), settings, 3, {}), made_order(settings)


@pytest.mark.parametrize("kind", KINDS)
def test_it_starts_as_the_plain_cosine(kind):
    torch.manual_seed(1)
    model, plain = ActionCLIP(SIZES, options(kind)), ActionCLIP(SIZES, options("off"))
    new = model.load(dict(plain.clip.state_dict()), dict(plain.head.state_dict()))
    assert new and all(name.startswith("label_attention.") for name in new)
    source, texts = SyntheticSource(4, 3, 4, SIZES.side), Texts.synthetic(3, 4, SIZES.context, SIZES.vocabulary)
    found, expected = (cosines(m, source, texts, "fp32") for m in (model, plain))
    assert torch.allclose(found, expected, atol=1e-6) and found.shape == (4, texts.templates, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_batch_in_chunks_has_the_gradients_of_one_graph(kind):
    model = made_model(options(kind))
    batch = made_order(Recipe(batch=8))[0]
    features = model.encode_frames(normalised(batch.pixels, model.options))
    labels = model.labels_of(model.encode_text(batch.tokens), features)
    paper_loss(logits(features[0], labels, model.clip.logit_scale), batch.matches).total.backward()
    whole = {name: p.grad.double() for name, p in model.named() if p.grad is not None}
    assert {"label_attention.query.weight", "label_attention.gate"} <= set(whole)
    for chunk in (0, 3):
        model.zero_grad(set_to_none=True)
        gradient(model, batch, "paper", "fp32", chunk)
        found = {name: p.grad.double() for name, p in model.named() if p.grad is not None}
        assert set(found) == set(whole) and largest_difference(found, whole) < 1e-5


def test_its_gradient_is_that_of_differences():
    model = made_model(options("frames")).double()
    torch.manual_seed(3)
    labels, patches = torch.randn(3, SIZES.embed).double(), torch.randn(2, 4, 16, SIZES.width).double()
    attention = model.label_attention
    assert torch.autograd.gradcheck(
        lambda x, gate: torch.func.functional_call(attention, {"gate": gate}, (x, patches)),
        (labels.requires_grad_(), attention.gate.detach().clone().requires_grad_()),
        fast_mode=True,
    )


def opened(kind):
    """Label attention with an open gate, and frames that lie far apart."""
    attention = made_model(options(kind)).label_attention.requires_grad_(False)
    attention.gate.fill_(1)
    if kind == "frames":
        attention.times.mul_(50)
    return attention


def test_each_label_is_moved_by_itself_and_by_the_video_alone():
    attention = opened("frames")
    labels, patches = torch.randn(5, SIZES.embed), torch.randn(3, 4, 16, SIZES.width)
    whole = attention(labels, patches)
    assert whole.shape == (3, 5, SIZES.embed)
    assert torch.allclose(whole[1:2, 2:4], attention(labels[2:4], patches[1:2]), atol=1e-5)
    assert not torch.allclose(whole[0], whole[1], atol=1e-2)


@pytest.mark.parametrize("kind, tells", [("frames", True), ("mean", False)])
def test_the_order_of_frames_is_seen_unless_they_are_averaged(kind, tells):
    attention = opened(kind)
    labels, patches = torch.randn(5, SIZES.embed), torch.randn(3, 4, 16, SIZES.width)
    apart = (attention(labels, patches) - attention(labels, patches.flip(1))).abs().max()
    assert (apart > 1e-3) == tells


def test_it_trains_and_goes_on_where_it_was_cut_off():
    straight, order = made_training("frames")
    before = straight.model.label_attention.gate.detach().clone()
    straight.train(order[0])
    assert not torch.equal(before, straight.model.label_attention.gate)
    state = copy.deepcopy(straight.state())
    then = straight.train(order[1])
    resumed, _ = made_training("frames")
    resumed.resume(state)
    assert resumed.train(order[1]) == then
    for mine, its in zip(straight.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(mine, its)


def test_a_frozen_head_leaves_it_as_it_is():
    training, order = made_training("frames", train_head=False)
    before = copy.deepcopy(training.model.label_attention.state_dict())
    training.train(order[0])
    assert all(torch.equal(before[name], p) for name, p in training.model.label_attention.state_dict().items())


@pytest.mark.parametrize("kind", KINDS)
def test_its_weights_come_back_and_no_file_for_the_library_is_written(tmp_path, kind):
    model = made_model(options(kind))
    tensors = dict(model.named())
    write_reference(tmp_path / "checkpoint.pt", tensors)
    weights = read_weights(tmp_path / "checkpoint.pt")
    assert weights.options.label_attention == kind
    again, new = weights.make_model(frames=4)
    assert not new and all(torch.equal(tensors[name], p) for name, p in again.named())
    with pytest.raises(ValueError, match="no attention of labels"):
        write_single_file(tmp_path / "model.safetensors", tensors, model.sizes, model.options)
    with pytest.raises(ValueError, match=r"label_attention\.\S+, which a model with these options does not use"):
        weights.make_model(frames=4, label_attention="off")
    with pytest.raises(ValueError, match="no patches of a frame"):
        Options(4, joint=True, label_attention=kind)
