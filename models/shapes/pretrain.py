#!/usr/bin/env python3
"""Stage 1: matches still pictures with captions. Stage 2 is tune.py.

    python3 pretrain.py --out runs/stills --minutes 13 --lr 2e-3

A run that was cut off goes on where it last saved when started again with the same --out. Each run writes checkpoint.pt in
the reference's own form, merges.txt beside it, where.pt, curve.csv, checks.jsonl, and run.json with arguments, sizes and
versions.
"""
import argparse
import csv
import json
import math
import os
import platform
import time
from pathlib import Path

# Threads that wait by spinning lose many times over where others use the processors too.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from shapes.data import Kept, Stills, sample_captions
from shapes.evaluate import measure_stills
from shapes.model import ActionCLIP, Sizes, matching_loss, normalise
from shapes.tokenizer import Tokenizer, read_merges, train_merges, write_merges
from shapes.where import Where


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--minutes", type=float, default=20, help="the whole run, earlier parts included")
    p.add_argument("--steps", type=int, help="stop by steps, not by the clock: the same numbers every time")
    p.add_argument("--batch", type=int, default=192)
    p.add_argument("--captions", type=int, default=64, help="of a batch")
    p.add_argument("--where", type=float, default=1.0, help="weight of the loss that reads places, sizes, turns")
    p.add_argument("--pictures", type=int, help="so many different pictures, again and again")
    p.add_argument("--kept", type=Path, help="folder that keeps the batches, for runs with the same data")
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--scale-lr", type=float, default=0.01, help="of the temperature's logarithm")
    p.add_argument("--weight-decay", type=float, default=0.05)
    p.add_argument("--seed", type=int, default=2109)
    p.add_argument("--threads", type=int, default=max(1, os.cpu_count() - 1),
                   help="of the model; one processor is left for making the data")
    p.add_argument("--workers", type=int, default=1, help="processes that make the data")
    p.add_argument("--save-every", type=float, default=120, help="seconds")
    p.add_argument("--check-every", type=float, default=120, help="seconds between looks at held-out stills")
    p.add_argument("--check-stills", type=int, default=400)
    for name, value in Sizes().dictionary().items():
        if name != "vocabulary":
            p.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    return p.parse_args()


def vocabulary(out):
    """The merges, learned from captions of both stages."""
    path = out / "merges.txt"
    if not path.exists():
        write_merges(path, train_merges(sample_captions(10000), 500))
    return Tokenizer(read_merges(path))


def groups(model, where, args):
    """Vectors and tables do not decay. The temperature has a rate of its own: at the others' it would hardly move in a
    run this short."""
    scale = model.clip.logit_scale
    result = [dict(params=[scale], rate=args.scale_lr, weight_decay=0.0)]
    for part in (where, model.clip):
        for decays in (True, False):
            chosen = [p for p in part.parameters() if (p.dim() > 1) == decays and p is not scale]
            if chosen:
                result.append(dict(params=chosen, rate=args.lr, weight_decay=args.weight_decay * decays))
    return result


def schedule(progress, warm=0.03):
    if progress < warm:
        return max(progress, 0.002) / warm
    return 0.5 * (1 + math.cos(math.pi * min((progress - warm) / (1 - warm), 1)))


class Run:
    def __init__(self, args):
        self.args, self.out = args, args.out
        self.out.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(args.seed)
        torch.set_num_threads(args.threads)
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer = vocabulary(self.out)
        sizes = {n: getattr(args, n) for n in Sizes().dictionary() if n != "vocabulary"}
        self.sizes = Sizes(**sizes, vocabulary=self.tokenizer.size)
        self.model = ActionCLIP(self.sizes, "MeanP").to(self.device)
        self.where = Where(self.sizes.embed).to(self.device)
        self.optimiser = torch.optim.AdamW(
            groups(self.model, self.where, args), lr=args.lr, betas=(0.9, 0.98), eps=1e-6)
        self.step, self.seconds = 0, 0.0
        if (self.out / "state.pt").exists():
            state = torch.load(self.out / "state.pt", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.where.load_state_dict(state["where"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.seconds = state["step"], state["seconds"]
            print(f"goes on from step {self.step}")
        self.note()

    def note(self):
        args = {k: v for k, v in vars(self.args).items() if not isinstance(v, Path)}
        count = sum(p.numel() for p in self.model.parameters())
        (self.out / "run.json").write_text(json.dumps({
            "stage": "pretrain", "option": "MeanP", "sizes": self.sizes.dictionary(), "parameters": count,
            "arguments": args, "versions": {"python": platform.python_version(), "torch": torch.__version__,
                                            "numpy": np.__version__}, "device": self.device,
            "threads": self.args.threads}, indent=1) + "\n")

    def save(self):
        state = {"model": self.model.state_dict(), "where": self.where.state_dict(),
                 "optimiser": self.optimiser.state_dict(), "step": self.step, "seconds": self.seconds}
        files = {"state.pt": state, "where.pt": state["where"], "checkpoint.pt": self.model.checkpoint(self.step)}
        for name, what in files.items():
            torch.save(what, self.out / (name + ".part"))
            os.replace(self.out / (name + ".part"), self.out / name)

    def log(self, **row):
        path = self.out / "curve.csv"
        new = not path.exists()
        with open(path, "a", newline="") as f:
            writer = csv.writer(f)
            if new:
                writer.writerow(row)
            writer.writerow(row.values())
        print("  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True)

    def progress(self):
        return self.step / self.args.steps if self.args.steps else self.seconds / (60 * self.args.minutes)

    def loader(self):
        data = Stills(self.tokenizer, self.sizes, self.args.batch, self.args.captions, self.args.seed,
                      self.args.pictures)
        data = Kept(data, self.args.kept) if self.args.kept else data
        return torch.utils.data.DataLoader(data, batch_size=None, sampler=range(self.step, 1 << 40),
                                           num_workers=self.args.workers,
                                           prefetch_factor=4 if self.args.workers else None)

    def one_step(self, pixels, tokens, matches, states):
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * schedule(self.progress())
        x, tokens, matches = normalise(pixels.to(self.device)), tokens.to(self.device), matches.to(self.device)
        with torch.autocast(self.device, torch.bfloat16):
            images, frames = self.model.encode_frames(x)
            texts = self.model.clip.encode_text(tokens)
        loss, logits = matching_loss(images.float(), texts.float(), self.model.clip.logit_scale.exp(), matches)
        extra, parts = self.where(frames.float().flatten(0, 1), states.to(self.device).flatten(0, 1))
        loss = loss + self.args.where * extra
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        with torch.no_grad():
            self.model.clip.logit_scale.clamp_(0, math.log(100))
            right = matches.gather(1, logits.argmax(1, keepdim=True)).float().mean()
        return loss.item(), right.item(), *parts.tolist()

    def check(self):
        result = measure_stills(self.model, self.tokenizer, self.args.check_stills, self.device)
        with open(self.out / "checks.jsonl", "a") as f:
            f.write(json.dumps({"step": self.step, "seconds": round(self.seconds), **result}) + "\n")
        print("held out:", {k: round(v, 3) for k, v in result.items()}, flush=True)

    def train(self):
        last, saved, checked, window = time.monotonic(), self.seconds, self.seconds, []
        for batch in self.loader():
            if self.progress() >= 1:
                break
            window.append(self.one_step(*batch[:4]))
            self.step += 1
            now = time.monotonic()
            self.seconds, last = self.seconds + now - last, now
            if self.step % 50 == 0:
                loss, right, *parts = np.mean(window, 0)
                self.log(step=self.step, seconds=round(self.seconds, 1), pictures=self.step * self.args.batch,
                         loss=float(loss), right=float(right),
                         **dict(zip(("place", "size", "turn", "shape", "colour"), map(float, parts))),
                         scale=self.model.clip.logit_scale.exp().item(), lr=self.optimiser.param_groups[-1]["lr"])
                window = []
            if self.seconds - saved > self.args.save_every:
                self.save()
                saved = self.seconds
            if self.args.check_stills and self.seconds - checked > self.args.check_every:
                self.check()
                checked = self.seconds
        self.save()
        if self.args.check_stills:
            self.check()


if __name__ == "__main__":
    Run(arguments()).train()
