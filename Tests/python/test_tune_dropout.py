"""Dropout of the Transf_cls head while it is trained: where torch.nn.TransformerEncoderLayer drops numbers."""

import actionclip
import numpy as np
import pytest
from conftest import read_safetensors
from test_tune import LABELS, QUICK, colours

RATE, SEED = 0.3, 7
#: Purposes of a tuner's draws.
ORDER, DROPOUT = 1, 7


class Draws:
    """SplitMix64 (Steele et al. 2014) with a stream of its own for each purpose."""

    GOLDEN = 0x9E3779B97F4A7C15

    def __init__(self, seed, stream):
        self.state = seed
        self.state = self.bits() ^ stream * self.GOLDEN % 2**64

    def bits(self):
        return int(self.many(1)[0])

    def many(self, count):
        with np.errstate(over="ignore"):
            z = np.uint64(self.state) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(self.GOLDEN)
            self.state = int(z[-1])
            z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        return z ^ z >> np.uint64(31)


def draws_of(purpose, first, second=0):
    return Draws(Draws(Draws(SEED, purpose).bits(), first).bits(), second)


def order_of(count):
    """The clips of the first epoch, in the order of its steps."""
    draws, order = draws_of(ORDER, 0), list(range(count))
    for last in range(count - 1, 0, -1):
        other = draws.bits() * (last + 1) >> 64
        order[last], order[other] = order[other], order[last]
    return order


def joined(torch, head, frames, place, patch):
    """The embedding of a video of these frames [T, E] by torch's encoder as it trains, with the numbers dropped that a
    tuner drops in its first step at this place of the batch."""
    seed, calls = draws_of(DROPOUT, 0, place).bits(), []

    def dropout(x, p=0.5, training=True, inplace=False):
        uniform = Draws(seed, len(calls)).many(x.numel()) >> np.uint64(11)
        calls.append(x.shape)
        return x * torch.from_numpy(uniform * 2.0**-53 >= p).view(x.shape).float() / (1 - p)

    def attention(q, k, v, mask=None, dropout_p=0.0, is_causal=False, **options):
        return dropout((q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5).softmax(-1), dropout_p) @ v

    width = frames.shape[1]
    prefix = "fusion.transformer."
    layer = torch.nn.TransformerEncoderLayer(width, 8, 2048, dropout=RATE, batch_first=True)
    encoder = torch.nn.TransformerEncoder(layer, 6, torch.nn.LayerNorm(width), enable_nested_tensor=False).train()
    encoder.load_state_dict({name.removeprefix(prefix + "transformer_enc."): tensor for name, tensor in head.items()
                             if name.startswith(prefix + "transformer_enc.")})  # fmt: skip
    x = torch.cat([head[prefix + "cls_token"][0], frames]) + head[prefix + "pos_embed"][0]
    with patch.context() as patched, torch.no_grad():
        patched.setattr(torch.nn.functional, "dropout", dropout)
        patched.setattr(torch.nn.functional, "scaled_dot_product_attention", attention)
        video = encoder(x[None])[0, 0]
    assert len(calls) == 4 * 6  # attention's weights, its results, the hidden numbers, and the MLP's results
    return video


def test_numbers_are_dropped_where_torch_drops_them(untrained, tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    options = {**QUICK, "train": "head", "text": None, "warm_up_epochs": 0, "rate": 1e-30, "batch": 3, "seed": SEED}
    with actionclip.Model(untrained, threads=2) as model:
        clips = [colours(model, place, place) for place in range(3)]
        texts = torch.from_numpy(model.encode_prompts(LABELS).copy())
        frames = [torch.from_numpy(model.encode_pixels(clip, return_frames=True)[1].copy()) for clip in clips]
        with model.tune(LABELS, "{}", new_head="Transf_cls", head_dropout=RATE, **options) as tuner:
            for clip, label in zip(clips, LABELS):
                tuner.add_pixels(clip, label)
            with tuner.model(1) as begun:
                begun.save(tmp_path / "begun.safetensors")
            found = tuner.step()
    head = {name: torch.from_numpy(tensor.copy())
            for name, tensor in read_safetensors(tmp_path / "begun.safetensors").items()}  # fmt: skip
    order = order_of(3)
    videos = torch.stack([joined(torch, head, frames[clip].view(-1, texts.shape[1]), place, monkeypatch)
                          for place, clip in enumerate(order)])  # fmt: skip
    unit = torch.nn.functional.normalize
    logits = found.scale * unit(videos) @ unit(texts[order]).T
    targets = (10 * torch.eye(3)).softmax(1)
    for logits, loss in ((logits, found.video_loss), (logits.T, found.text_loss)):
        expected = torch.nn.functional.kl_div(logits.log_softmax(1), targets, reduction="batchmean")
        assert loss == pytest.approx(expected.item(), abs=2e-4)
