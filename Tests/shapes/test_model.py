"""The model that is trained, with every temporal option, against scripts/reference.py and the library."""
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("safetensors")
import reference  # noqa: E402  scripts/reference.py
from conftest import ROOT  # noqa: E402
from shapes.data import sample_captions  # noqa: E402
from shapes.model import OPTIONS, ActionCLIP, Sizes, matching_loss, normalise  # noqa: E402
from shapes.scene import make_scene  # noqa: E402
from shapes.render import middle_times, render  # noqa: E402
from shapes.tokenizer import Tokenizer, train_merges, write_merges  # noqa: E402

TEXTS = ["moving left", "a video of two shapes growing", "Look, the human is spinning clockwise"]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer(train_merges(sample_captions(1000), 400))


def made(option, tokenizer, **sizes):
    torch.manual_seed(3)
    sizes = Sizes(**{**dict(side=32, patch=8, width=64, layers=2, text_width=64, text_layers=2, embed=64),
                     **sizes}, vocabulary=tokenizer.size)
    model = ActionCLIP(sizes, option)
    with torch.no_grad():  # nothing stays zero or one, so that every tensor matters
        for p in model.parameters():
            if p.dim():
                p += torch.randn_like(p) * 0.05
    return model.eval()


@torch.no_grad()
def outputs(model, tokenizer, clips):
    """-> inputs and the model's own answers."""
    pixels = normalise(torch.from_numpy(clips))
    tokens = torch.from_numpy(tokenizer.rows(TEXTS, model.sizes.context))
    tokens = torch.nn.functional.pad(tokens, (0, model.sizes.context - tokens.shape[1]))
    return pixels, tokens, model.encode_video(pixels), model.clip.encode_text(tokens)


def clips(side):
    return np.stack([render(make_scene("train", 0, i), middle_times(8), side) for i in range(3)])


def cosine(a, b):
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    assert a.shape == b.shape
    return ((a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)).min()


@pytest.mark.parametrize("option", OPTIONS)
def test_as_the_reference(option, tokenizer, tmp_path):
    model = made(option, tokenizer)
    pixels, tokens, video, text = outputs(model, tokenizer, clips(32))
    torch.save(model.checkpoint(1), tmp_path / "checkpoint.pt")
    joint, shift, head = OPTIONS[option]
    plain = reference.ActionCLIP(
        *reference.load_checkpoint(tmp_path / "checkpoint.pt"), head, 8, causal=shift == "causal")
    assert (plain.joint, plain.shift) == (joint, shift != "")
    assert (plain.encode_pixels(pixels.flatten(0, 1))[1] - video).abs().max() < 2e-4
    assert (plain.encode_tokens(tokens) - text).abs().max() < 2e-4


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("half", (False, True), ids=("fp32", "fp16"))
def test_the_library_agrees(option, half, tokenizer, tmp_path, actionclip):
    model = made(option, tokenizer)
    saved = model.checkpoint(1, half)
    model.load_checkpoint(saved)  # what was rounded in the file is rounded here
    torch.save(saved, tmp_path / "checkpoint.pt")
    write_merges(tmp_path / "merges.txt", list(tokenizer.ranks))
    shown = clips(32)
    pixels, tokens, video, text = outputs(model, tokenizer, shown)
    shift = "causal" if OPTIONS[option][1] == "causal" else None
    with actionclip.Model(
        tmp_path / "checkpoint.pt", frames=8, tokenizer=tmp_path / "merges.txt", temporal_shift=shift) as theirs:
        assert cosine(theirs.encode_pixels(pixels.flatten(0, 1).numpy()), video) > 0.99999
        assert cosine(theirs.encode_tokens(tokens.int().numpy()), text) > 0.99999
        assert theirs.tokenize(TEXTS).tolist() == tokens.tolist()
        # The frames as they are, through the library's own preprocessing without a crop.
        assert cosine(theirs.encode_frames(shown, resize="clip"), video) > 0.999


def test_the_order_of_frames_matters_where_it_should(tokenizer):
    shown = torch.from_numpy(clips(32))
    for option, (joint, shift, head) in OPTIONS.items():
        model = made(option, tokenizer)
        with torch.no_grad():
            forwards = model.encode_video(normalise(shown))
            backwards = model.encode_video(normalise(shown.flip(1)))
        same = (forwards - backwards).abs().max() < 1e-4
        assert same == (option == "MeanP"), option


def test_loss_is_the_paper_s():
    """Against the divergence written out, with several right texts and texts without a video."""
    torch.manual_seed(0)
    images, texts = torch.randn(3, 8), torch.randn(4, 8)
    matches = torch.tensor([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]).bool()
    loss, logits = matching_loss(images, texts, 5.0, matches)
    total = [0.0, 0.0]
    for side, (l, m) in enumerate(((logits, matches), (logits.T, matches.T))):
        rows = [i for i in range(len(m)) if m[i].any()]
        for i in rows:
            q = m[i].double() / m[i].sum()
            p = torch.softmax(l[i].double(), 0)
            total[side] += sum((a * (a / b).log()).item() for a, b in zip(q, p) if a > 0) / len(rows)
    assert abs(loss.item() - sum(total) / 2) < 1e-5
    right = torch.eye(3)
    assert matching_loss(right, right, 100.0, torch.eye(3).bool())[0] < 1e-3


def test_stills_are_taken_over(tokenizer):
    start = made("MeanP", tokenizer)
    for option in OPTIONS:
        model = made(option, tokenizer)
        for p in model.parameters():
            p.data.zero_()
        model.start_from(start.clip.state_dict())
        for name, value in model.clip.state_dict().items():
            if "time_embedding" not in name:
                assert torch.equal(value, start.clip.state_dict()[name.replace(".net.", ".")]), (option, name)


TINY = "--side 32 --patch 16 --width 64 --layers 1 --text-width 64 --text-layers 1 --embed 64".split()


def run(program, *arguments):
    given = [*"--threads 1 --workers 0 --batch 8".split(), *map(str, arguments)]
    done = subprocess.run([sys.executable, ROOT / "models/shapes" / program, *given], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pretrain(out, steps):
    return run("pretrain.py", "--out", out, "--steps", steps, "--check-stills", 0, "--save-every", 1e9, *TINY)


def same(one, other):
    return all(torch.equal(v, other["model_state_dict"][k]) for k, v in one["model_state_dict"].items())


def test_both_stages_run_stop_and_go_on(tmp_path):
    stills = tmp_path / "stills"
    pretrain(stills, 2)
    once = torch.load(stills / "checkpoint.pt", weights_only=True)
    pretrain(tmp_path / "again", 2)
    assert same(once, torch.load(tmp_path / "again/checkpoint.pt", weights_only=True))
    assert "goes on from step 2" in pretrain(stills, 3)
    more = torch.load(stills / "checkpoint.pt", weights_only=True)
    assert more["epoch"] == 3 and not same(once, more)
    stage2 = run("tune.py", "--pretrained", stills, "--out", tmp_path / "whole", "--steps", 3, "--clips", 0)
    assert '"steps": 3' in stage2
    saved = torch.load(tmp_path / "whole/checkpoint.pt", weights_only=True)
    assert {"epoch", "model_state_dict", "fusion_model_state_dict"} <= set(saved)
    assert "visual.transformer.resblocks.0.net.attn.in_proj_weight" in saved["model_state_dict"]
    assert "module.frame_position_embeddings.weight" in saved["fusion_model_state_dict"]
    for file in ("merges.txt", "run.json"):
        assert (tmp_path / "whole" / file).exists()
