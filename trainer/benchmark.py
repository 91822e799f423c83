#!/usr/bin/env python3
"""Speed and memory of training steps on this machine's device, with random weights and made-up clips.

    python3 trainer/benchmark.py              on a GPU: a few minutes
    python3 trainer/benchmark.py --tiny       a tiny model in seconds, on anything

A line of JSON for each setting. A step is everything between two batches: both encoders forward and backward, the
loss, the gradient's norm, the pull towards the start, and AdamW. Clips are on the device already. chunk is the
largest number of clips that fits the device's memory at once; where it is less than the batch, features are computed
twice (see step.py). teraflops counts the arithmetic of one forward and one backward pass, whatever is computed
again."""

from __future__ import annotations

import argparse
import gc
import json
import math
import platform
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent))

from actionclip_trainer.model import ActionCLIP, Options, Sizes  # noqa: E402
from actionclip_trainer.recipe import recipe  # noqa: E402
from actionclip_trainer.step import Batch  # noqa: E402
from actionclip_trainer.training import Training  # noqa: E402

#: What the released trainer's log of Kinetics-400 shows: ViT-B/32, 8 frames, 128 clips a step, four GPUs that the log
#: does not name.
PUBLISHED = {"model": "ViT-B/32", "frames": 8, "batch": 128, "gpus": 4, "seconds_per_step": 1.45}
B16 = Sizes()
B32 = replace(B16, patch=32)
TINY = Sizes(
    side=32, patch=8, width=64, layers=2, embed=64, context=16, vocabulary=300, text_width=64, text_layers=2
)


@dataclass(frozen=True)
class Setting:
    model: str
    sizes: Sizes
    head: str
    batch: int
    precision: str = "bf16"
    compiled: bool = False
    recompute: bool = False
    frames: int = 8


ON_GPU = [
    Setting("ViT-B/32", B32, "Transf", 128),
    Setting("ViT-B/32", B32, "MeanP", 128),
    Setting("ViT-B/16", B16, "Transf", 128),
    Setting("ViT-B/16", B16, "MeanP", 128),
    Setting("ViT-B/16", B16, "Transf", 256),
    Setting("ViT-B/16", B16, "Transf", 128, recompute=True),
    Setting("ViT-B/16", B16, "Transf", 128, "tf32"),
    Setting("ViT-B/16", B16, "Transf", 128, "fp32"),
    Setting("ViT-B/16", B16, "Transf", 128, compiled=True),
]
ON_ANYTHING = [
    Setting("tiny", TINY, "MeanP", 4, "fp32", frames=2),
    Setting("tiny", TINY, "Transf", 4, "bf16", frames=2),
]


def flops(setting: Setting) -> float:
    """Floating-point operations of a step: three times those of the forward pass."""

    def tower(tokens: int, width: int, layers: int) -> float:
        return 2 * layers * (12 * tokens * width**2 + 2 * tokens**2 * width)

    s = setting.sizes
    patches = 2 * s.grid**2 * 3 * s.patch**2 * s.width
    image = patches + tower(s.grid**2 + 1, s.width, s.layers)
    text = tower(s.context, s.text_width, s.text_layers)
    return 3 * setting.batch * (setting.frames * image + text)


def made_batch(setting: Setting, device: torch.device) -> Batch:
    s, b = setting.sizes, setting.batch
    pixels = torch.randint(256, (b, setting.frames, 3, s.side, s.side), dtype=torch.uint8, device=device)
    tokens = torch.randint(1, s.vocabulary - 2, (b, s.context), device=device)
    tokens[:, -1] = s.vocabulary - 1
    labels = torch.randint(400, (b,), device=device)
    return Batch(pixels, tokens, labels[:, None] == labels[None])


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(setting: Setting, chunk: int, device: torch.device, seconds: float) -> list[float]:
    """Seconds of each step, after two that do not count."""
    torch.manual_seed(0)
    with device:
        model = ActionCLIP(setting.sizes, Options(setting.frames, setting.head))
    model.recompute(setting.recompute)
    precision = "fp32" if setting.precision == "tf32" else setting.precision
    settings = recipe(
        "anchored", {"batch": setting.batch, "chunk": chunk, "precision": precision, "epochs": 1000}
    )
    start = {name: p.detach().clone() for name, p in model.named()}
    encode = torch.compile(model.encode_frames) if setting.compiled else None
    training = Training(model, settings, 100, start, encode)
    batch = made_batch(setting, device)
    times: list[float] = []
    while len(times) < 4 or (sum(times) < seconds and len(times) < 22):
        synchronise(device)
        begun = time.perf_counter()
        training.train(batch)
        synchronise(device)
        times.append(time.perf_counter() - begun)
    return times[2:]


def measured(setting: Setting, device: torch.device, seconds: float) -> dict[str, object]:
    """The figures of a setting, at the largest chunk that fits."""
    torch.set_float32_matmul_precision("high" if setting.precision == "tf32" else "highest")
    chunk = setting.batch
    while True:
        gc.collect()
        if device.type == "cuda":
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats(device)
        try:
            times = timed(setting, chunk, device, seconds)
            break
        except torch.cuda.OutOfMemoryError:
            if chunk == 1:
                raise
        chunk = math.ceil(chunk / 2)
    step = sorted(times)[len(times) // 2]
    peak = torch.cuda.max_memory_allocated(device) / 2**30 if device.type == "cuda" else None
    return {
        "model": setting.model, "frames": setting.frames, "head": setting.head, "precision": setting.precision,
        "batch": setting.batch, "chunk": chunk, "compiled": setting.compiled, "recompute": setting.recompute,
        "seconds_per_step": round(step, 4), "fastest": round(min(times), 4), "slowest": round(max(times), 4),
        "steps": len(times), "clips_per_second": round(setting.batch / step, 1),
        "teraflops": round(flops(setting) / step / 1e12, 1), "peak_gib": peak and round(peak, 1),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description="Speed and memory of training steps, with random weights.")
    parser.add_argument("--tiny", action="store_true", help="a tiny model (the default without a GPU)")
    parser.add_argument("--seconds", type=float, default=3, help="of a setting's steps, at most (default: 3)")
    parser.add_argument(
        "--limit", type=float, default=100, help="seconds after which no setting begins (default: 100)"
    )
    options = parser.parse_args()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    tiny = options.tiny or device.type == "cpu"
    if tiny:
        torch.set_num_threads(1)
    name = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else platform.processor() or platform.machine()
    )
    print(json.dumps({"device": name, "torch": torch.__version__, "published": PUBLISHED}), flush=True)
    begun = time.perf_counter()
    failed = 0
    for setting in ON_ANYTHING if tiny else ON_GPU:
        told = {
            "model": setting.model,
            "head": setting.head,
            "precision": setting.precision,
            "batch": setting.batch,
        }
        if time.perf_counter() - begun > options.limit:
            print(json.dumps({**told, "skipped": "no time left"}), flush=True)
            continue
        try:
            print(json.dumps(measured(setting, device, 0.1 if tiny else options.seconds)), flush=True)
        except Exception as error:  # one setting's failure must not cost the figures of the others
            failed += 1
            told |= {"compiled": setting.compiled, "failed": f"{type(error).__name__}: {error}"[:300]}
            print(json.dumps(told), flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
