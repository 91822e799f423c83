"""Context vectors that the library's tuner learns, against the same steps in PyTorch."""

import ctypes
import math

import numpy as np
import pytest
import torch
from actionclip_trainer.files import read_weights
from actionclip_trainer.loss import cross_entropy_loss, logits, paper_loss
from conftest import ROOT

MODEL = ROOT / "Tests" / "fixtures" / "untrained" / "untrained.safetensors"
LABELS = ["walking", "jumping", "waving"]
CLIP_LABELS = [0, 1, 2, 0, 1]
VECTORS, STEPS, RATE = 4, 8, 2e-3


def strings(texts):
    return (ctypes.c_char_p * len(texts))(*[text.encode() for text in texts]), len(texts)


class Tuner:
    """A tuner of context vectors alone, by the raw declarations."""

    def __init__(self, actionclip, handle, loss, templates, pixels):
        from actionclip import _abi
        from actionclip._library import library

        self.abi, self.library = _abi, library()
        options = self.library.defaults("tuner_options")
        options.contexts, options.context_rate_factor = VECTORS, 1
        options.head = options.logit_scale = _abi.CONSTANTS["OFF"]
        options.epochs, options.warm_up_epochs, options.rate = STEPS, 0, RATE
        options.batch, options.loss, options.seed = len(CLIP_LABELS), loss, 5
        self.handle = ctypes.c_void_p()
        self.library.call(
            "tuner_create", handle, *strings(LABELS), *strings(templates), ctypes.byref(options),
            ctypes.byref(self.handle),
        )  # fmt: skip
        for label, clip in zip(CLIP_LABELS, pixels):
            self.library.call(
                "tuner_add_pixels", self.handle, ctypes.byref(ctypes.c_int32(label)), 1,
                clip.ctypes.data_as(ctypes.POINTER(ctypes.c_float)), clip.size, len(clip), 0,
            )  # fmt: skip

    def vectors(self, folder):
        """The vectors of a model of the present numbers."""
        from safetensors.numpy import load_file

        model = ctypes.c_void_p()
        self.library.call("tuner_model", self.handle, 1.0, ctypes.byref(model))
        path = folder / "tuned.safetensors"
        self.library.call("model_save", model, str(path).encode(), None)
        self.library.model_free(model)
        return load_file(path)["prompt.context"], path

    def losses(self):
        result = self.abi.TunerResult(struct_size=ctypes.sizeof(self.abi.TunerResult))
        for _ in range(STEPS):
            self.library.call("tuner_step", self.handle, ctypes.byref(result))
            yield result.loss

    def free(self):
        self.library.tuner_free(self.handle)


def encode(clip, tokens, context):
    """clip.encode_text with ids below 0 for context vectors."""
    words = clip.token_embedding(tokens.clamp(min=0))
    x = torch.where((tokens < 0)[..., None], context[(-1 - tokens).clamp(min=0)], words)
    x = clip.ln_final(clip.transformer(x + clip.positional_embedding[: tokens.shape[1]]))
    return x[torch.arange(len(x)), tokens.argmax(-1)] @ clip.text_projection


@pytest.mark.parametrize("template", ["<|context|> {}", "{}, as <|context|> <|context|>"])
@pytest.mark.parametrize("loss", ["paper", "cross_entropy"])
def test_steps_equal_torchs(actionclip, tmp_path, loss, template):
    base = actionclip.Model(MODEL, threads=2)
    info = base.info
    pixels = np.random.default_rng(1).normal(
        size=(len(CLIP_LABELS), info.frames, 3, info.image_size, info.image_size)
    ).astype(np.float32)  # fmt: skip
    with base._handle.use() as handle:
        tuner = Tuner(actionclip, handle, ["paper", "cross_entropy"].index(loss), [template], pixels)
    start, path = tuner.vectors(tmp_path)
    assert start.shape == (VECTORS, info.text_width) and abs(start.std() - 0.02) < 0.002
    with actionclip.Model(path) as with_vectors:
        tokens = torch.tensor(with_vectors.tokenize([template.format(label) for label in LABELS])).long()
    assert (tokens < 0).sum() == len(LABELS) * VECTORS * template.count("<|")
    found = list(tuner.losses())
    trained, _ = tuner.vectors(tmp_path)
    tuner.free()

    model, _ = read_weights(MODEL).make_model(frames=info.frames, head=info.head)
    model.requires_grad_(False)
    context = torch.nn.Parameter(torch.tensor(start))
    optimiser = torch.optim.AdamW([context], lr=RATE, betas=(0.9, 0.98), eps=1e-8, weight_decay=0)
    videos, labels = model.encode_video(torch.tensor(pixels)), torch.tensor(CLIP_LABELS)
    for step in range(STEPS):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 + math.cos(math.pi * step / STEPS)) / 2
        texts = encode(model.clip, tokens, context)
        if loss == "paper":
            z = logits(videos, texts[labels], model.clip.logit_scale)
            total = paper_loss(z, labels[:, None] == labels[None]).total
        else:
            z = logits(videos, texts, model.clip.logit_scale)
            total = cross_entropy_loss(z, labels[:, None] == torch.arange(len(LABELS))[None]).total
        assert found[step] == pytest.approx(total.item(), rel=1e-4, abs=1e-6), step
        optimiser.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_([context], 1)
        optimiser.step()
    moved = np.abs(trained - start).max()
    assert moved > RATE
    assert np.abs(trained - context.detach().numpy()).max() < 1e-3 * moved
