"""Steps of a training: recipes, schedules, batches in pieces and over processes, going on where one was cut off."""

import copy
import math
import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import test_auxiliary
import torch
from actionclip_trainer.check import TEMPORAL, gradients, largest_difference, made_model, made_order
from actionclip_trainer.data import Order, TensorSource, Texts
from actionclip_trainer.data.texts import share_labels
from actionclip_trainer.loss import cross_entropy_loss, logits, paper_loss
from actionclip_trainer.optimiser import make_optimiser, rate, round_to_fp16
from actionclip_trainer.recipe import PRESETS, REFERENCE, Recipe, recipe
from actionclip_trainer.step import gradient, normalised
from actionclip_trainer.training import DivergedError, Training, mixture
from conftest import ROOT


def made_training(settings, option="Transf", clips=24):
    model, order = made_model(TEMPORAL[option]), made_order(settings, clips)
    start = {name: p.detach().clone() for name, p in model.named()}
    return Training(model, settings, order.steps_per_epoch, start), order


def test_the_papers_loss_by_its_definition():
    z = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 4
    labels = torch.tensor([0, 1, 0, 2, 1])
    matches = labels[:, None] == labels[None]
    both = []
    for rows in (z.numpy(), z.numpy().T):
        q = np.exp(10.0 * matches.numpy())
        q /= q.sum(1, keepdims=True)
        p = np.exp(rows) / np.exp(rows).sum(1, keepdims=True)
        both.append((q * (np.log(q) - np.log(p))).sum() / 5)
    loss = paper_loss(z, matches)
    assert [loss.video.item(), loss.text.item()] == pytest.approx(both)
    assert loss.total.item() == pytest.approx(sum(both) / 2)


def test_cross_entropy_over_all_labels_is_torchs():
    z = torch.randn(4, 6)
    labels = torch.tensor([0, 5, 2, 2])
    one = torch.nn.functional.one_hot(labels, 6).bool()
    assert cross_entropy_loss(z, one).total == pytest.approx(
        torch.nn.functional.cross_entropy(z, labels).item(), rel=1e-5
    )
    several = one.clone()
    several[0, 3] = True
    several[1] = False  # no label: it has no part in the mean
    by_hand = torch.nn.functional.cross_entropy(
        z[[0, 2, 3]], torch.stack([(several[0] / 2.0), *one[2:].float()])
    )
    assert cross_entropy_loss(z, several).total == pytest.approx(by_hand.item(), rel=1e-5)


def test_clips_of_several_labels_match_where_they_share_one():
    assert share_labels([(0, 2), (1,)], [(2,), (1, 0), (3,)]).tolist() == [
        [True, True, False],
        [False, True, False],
    ]


def test_the_schedule():
    smooth = Recipe(epochs=10, warmup_epochs=2)
    factors = [rate(smooth, step, 4) for step in range(40)]
    assert factors[0] == pytest.approx(0.5 / 8) and factors[7] == pytest.approx(7.5 / 8)
    assert factors[8:] == sorted(factors[8:], reverse=True) and 0 < factors[-1] < 1e-3
    # The reference sets rates at steps 0, 9, 19, ... of each epoch, to the epoch's part that is done.
    stepwise = [rate(REFERENCE, step, 25) for step in range(50)]
    assert (
        stepwise[:9] == [0] * 9
        and stepwise[9:19] == [9 / 25 / 5] * 10
        and stepwise[19:25] == [19 / 25 / 5] * 6
    )
    assert stepwise[25:34] == [1 / 5] * 9
    after = rate(REFERENCE, 27 * 25, 25)
    assert after == pytest.approx((1 + math.cos(math.pi * 22 / 45)) / 2)


def test_groups_of_the_two_presets():
    model = made_model(TEMPORAL["Transf"])
    reference = make_optimiser(model, REFERENCE).param_groups
    # The scale, the texts, the images, the head.
    assert [(g["base"], g["weight_decay"]) for g in reference] == pytest.approx(
        [(5e-6, 0.2), (5e-6, 0.2), (5e-6, 0.2), (5e-5, 0.2)])  # fmt: skip
    assert make_optimiser(model, Recipe(scale_ratio=20)).param_groups[0]["base"] == pytest.approx(1e-4)
    assert sum(len(g["params"]) for g in reference) == len(list(model.parameters()))
    anchored = make_optimiser(model, Recipe()).param_groups
    vectors = [p for g in anchored if g["weight_decay"] == 0 for p in g["params"]]
    assert vectors and all(p.dim() < 2 for p in vectors)
    assert all(p.dim() > 1 for g in anchored if g["weight_decay"] for p in g["params"])
    assert {g["betas"] for g in (*reference, *anchored)} == {(0.9, 0.98)}


def test_presets_and_refused_recipes():
    assert PRESETS["reference-hmdb51"].jitter is False and PRESETS["reference"].jitter is True
    assert recipe("reference", {"betas": [0.9, 0.99]}).betas == (0.9, 0.99)
    for changes, said in (
        ({"los": 1}, "los"),
        ({"loss": "mse"}, "loss"),
        ({"batch": 0}, "batch"),
        ({"alpha": 2}, "alpha"),
    ):
        with pytest.raises(ValueError, match=said):
            recipe("anchored", changes)
    with pytest.raises(ValueError, match="anchored"):
        recipe("best", {})


def test_fp16_rounding_is_of_what_the_reference_keeps_in_fp16():
    model = made_model(TEMPORAL["shift"])
    before = {name: p.detach().clone() for name, p in model.named()}
    round_to_fp16(model)
    changed = {name for name, p in model.named() if not torch.equal(p, before[name])}
    assert all(torch.equal(p, before[n].half().float()) for n, p in model.named() if n in changed)
    kept = {"visual.class_embedding", "visual.positional_embedding", "positional_embedding", "token_embedding.weight",
            "logit_scale", "ln_final.weight", "visual.ln_pre.weight"}  # fmt: skip
    assert not changed & kept
    assert {"visual.conv1.weight", "visual.proj", "text_projection",
            "transformer.resblocks.0.attn.in_proj_weight"} <= changed  # fmt: skip


@pytest.mark.parametrize("option", ["MeanP", "Transf_cls", "joint"])
def test_a_batch_in_chunks_is_the_batch_in_one_piece(option):
    model, batch = made_model(TEMPORAL[option]), made_order(Recipe(batch=8))[0]
    whole = gradients(model, batch)
    for chunk in (1, 3, 7):
        assert largest_difference(gradients(model, batch, chunk), whole) < 1e-5


def test_chunks_draw_the_dropout_that_their_features_had():
    model = made_model(replace(TEMPORAL["Transf_cls"], head_dropout=0.3)).train()
    batch = made_order(Recipe(batch=4))[0]
    torch.manual_seed(3)
    chunks = gradients(model, batch, chunk=2)
    # By hand: the same draws in one graph.
    torch.manual_seed(3)
    model.zero_grad(set_to_none=True)
    video = torch.cat([model.encode_video(normalised(part, model.options)) for part in batch.pixels.split(2)])
    z = logits(video, model.encode_text(batch.tokens), model.clip.logit_scale)
    paper_loss(z, batch.matches).total.backward()
    whole = {name: p.grad.double() for name, p in model.named() if p.grad is not None}
    assert largest_difference(chunks, whole) < 1e-5


def test_recomputed_activations_give_the_same_gradients():
    model, batch = made_model(TEMPORAL["shift"]), made_order(Recipe(batch=4))[0]
    kept = gradients(model, batch)
    model.recompute()
    assert largest_difference(gradients(model, batch), kept) < 1e-6


@pytest.mark.parametrize("preset", ["anchored", "reference"])
def test_a_training_that_goes_on_is_the_straight_one_bit_for_bit(preset):
    settings = recipe(preset, {"batch": 8, "epochs": 2, "lr": 1e-3, "mean_decay": 0.5, "warmup_epochs": 0.5,
                               "precision": "bf16"})  # fmt: skip
    straight, order = made_training(settings)
    states, results = [], []
    for step in range(straight.steps):
        states.append(copy.deepcopy(straight.state()))
        results.append(straight.train(order[step]))
    assert straight.steps == 6 and len({r.loss for r in results}) == 6
    for at, state in enumerate(states):
        resumed, order = made_training(settings)
        resumed.resume(state)
        assert [resumed.train(order[step]) for step in range(at, 6)] == results[at:]
        ends = straight.weights(), resumed.weights()
        assert all(torch.equal(a, b) for a, b in zip(*(x.values() for x in ends), strict=True))


def test_another_recipe_is_no_continuation():
    training, _ = made_training(Recipe(batch=8))
    other, _ = made_training(Recipe(batch=8, lr=1e-4))
    with pytest.raises(ValueError, match="lr"):
        other.resume(training.state())
    longer, _ = made_training(Recipe(batch=8), clips=32)
    with pytest.raises(ValueError, match="steps an epoch"):
        longer.resume(training.state())


def test_what_anchored_holds():
    settings = Recipe(
        batch=8, lr=0.02, warmup_epochs=0, precision="fp32", anchor=0, scale_limit=15, clip_norm=1e-3
    )
    training, order = made_training(settings)
    training.train(order[0])
    norm = math.sqrt(
        sum(p.grad.square().sum().item() for p in training.model.parameters() if p.grad is not None)
    )
    assert norm == pytest.approx(1e-3, rel=1e-3)
    for step in range(1, 5):
        training.train(order[step])
    assert training.model.clip.logit_scale.exp().item() <= 15.001
    distances = []
    for anchor in (0.0, 1000.0):
        training, order = made_training(
            Recipe(batch=8, lr=1e-3, warmup_epochs=0, anchor=anchor, precision="fp32")
        )
        start = {name: p.detach().clone() for name, p in training.model.named()}
        for step in range(6):
            result = training.train(order[step])
        distances.append(sum((p - start[n]).square().sum().item() for n, p in training.model.named()))
    assert distances[1] < 0.7 * distances[0] and result.pull > 0


def test_no_preset_pulls_unless_it_is_told():
    """As the library's: docs/DECISIONS.md has what a pull gives."""
    for preset in PRESETS.values():
        assert preset.anchor == 0
    training, order = made_training(Recipe(batch=8, precision="fp32"))
    assert training.train(order[0]).pull == 0 and not training.start


def test_a_mixture():
    start, tuned = {"a": torch.zeros(2)}, {"a": torch.ones(2), "fusion.b": torch.ones(1)}
    half = mixture(start, tuned, 0.25)
    assert half["a"].tolist() == [0.25, 0.25] and half["fusion.b"].tolist() == [1]
    assert torch.equal(mixture(start, tuned, 1)["a"], tuned["a"])
    with pytest.raises(ValueError, match="alpha"):
        mixture(start, tuned, 1.5)


def test_a_loss_that_is_no_number_changes_nothing():
    training, order = made_training(Recipe(batch=8, precision="fp32"))
    batch = order[0]
    before = {name: p.detach().clone() for name, p in training.model.named()}
    with pytest.raises(DivergedError, match="step 0"):
        training.train(batch._replace(pixels=batch.pixels.float() * math.nan))
    assert all(torch.equal(p, before[name]) for name, p in training.model.named())


def test_orders():
    order = made_order(Recipe(batch=8, seed=5), clips=21)
    assert order.steps_per_epoch == 2
    epochs = [np.concatenate([order.indices(2 * epoch), order.indices(2 * epoch + 1)]) for epoch in range(3)]
    assert all(len(set(epoch)) == 16 for epoch in epochs) and epochs[0].tolist() != epochs[1].tolist()
    assert torch.equal(order[1].tokens, made_order(Recipe(batch=8, seed=5), clips=21)[1].tokens)
    assert not torch.equal(order[1].tokens, order[3].tokens)
    with pytest.raises(ValueError, match="do not fill"):
        made_order(Recipe(batch=64), clips=21)
    source = TensorSource(torch.zeros(2, 1, 3, 8, 8, dtype=torch.uint8), [(0,), (7,)], ["a.mp4", "b.mp4"])
    with pytest.raises(ValueError, match=r"b.mp4: the label 7; labels are 0 to 3"):
        Order(source, Texts.synthetic(4, 2, 16, 300), Recipe(batch=2))


WORKER = """
import sys, torch
sys.path[:0] = sys.argv[2:]
torch.set_num_threads(1)
from actionclip_trainer import processes
from test_training import loss_and_gradients
processes.start("cpu")
found = {kind: loss_and_gradients(kind) for kind in ("paper", "cross_entropy", "labels look", "with an auxiliary loss")}
if processes.rank() == 1:
    torch.save(found, sys.argv[1])
processes.end()
"""


def loss_and_gradients(kind):
    """A process's loss and gradients of six clips of five labels: over two processes, one label's text fills up."""
    if kind == "with an auxiliary loss":
        model, reading = made_model(TEMPORAL["Transf"]), test_auxiliary.Reading()
        loss, found = test_auxiliary.gradients(model, reading, test_auxiliary.made_batch(Recipe(batch=6)), 2)
        return loss.total, found
    options = TEMPORAL["Transf"]
    if kind == "labels look":
        options, kind = replace(options, label_attention="frames"), "paper"
    model, batch = made_model(options), made_order(Recipe(batch=6, loss=kind), labels=5)[0]
    loss = gradient(model, batch, kind, "fp32", chunk=2)
    return loss.total, {n: p.grad for n, p in model.named() if p.grad is not None}


def test_two_processes_compute_what_one_does(tmp_path):
    environment = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(29000 + os.getpid() % 2000),
                   "OMP_NUM_THREADS": "1", "WORLD_SIZE": "2"}  # fmt: skip
    command = [
        sys.executable,
        "-c",
        WORKER,
        tmp_path / "second.pt",
        ROOT / "trainer",
        ROOT / "Tests" / "trainer",
    ]
    started = [subprocess.Popen(command, env={**environment, "RANK": n, "LOCAL_RANK": n}) for n in "01"]
    assert [process.wait(120) for process in started] == [0, 0]
    found = torch.load(tmp_path / "second.pt", weights_only=True)
    for kind in found:
        loss, one = loss_and_gradients(kind)
        assert found[kind][0].item() == pytest.approx(loss.item(), rel=1e-5)
        assert set(found[kind][1]) == set(one) and largest_difference(found[kind][1], one) < 1e-5
