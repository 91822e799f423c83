#!/usr/bin/env python3
"""Trains the shapes model.

    python3 train.py pretrain --out runs/stills --minutes 15
    python3 train.py finetune --option shift+Transf --pretrained runs/stills/checkpoint.pt \\
        --out runs/shift+Transf --minutes 40

Stage 1 matches still pictures with captions. Stage 2 is the paper's fine-tuning on videos. A run that was cut
off goes on where it last saved when started again with the same --out. Each run writes checkpoint.pt in the
reference's own form, merges.txt beside it, curve.csv, and run.json with arguments, sizes and versions.
"""
import argparse
import csv
import json
import math
import os
import platform
import sys
import time
from pathlib import Path

# Threads that wait by spinning lose many times over where others use the processors too.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import numpy as np
import torch

from shapes.actions import BY_NAME, COMPOUNDS
from shapes.data import Clips, Stills, sample_captions
from shapes.evaluate import held_out_clips, measure, measure_stills
from shapes.factors import Factors
from shapes.model import OPTIONS, ActionCLIP, Sizes, matching_loss, normalise
from shapes.splits import TRAINED_ACTIONS
from shapes.tokenizer import Tokenizer, read_merges, train_merges, write_merges
from shapes.where import Where

# For a plain classification head: the labels first.
CLASSES = (*TRAINED_ACTIONS, *(a.name for a in COMPOUNDS))


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("stage", choices=("pretrain", "finetune"))
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--option", choices=OPTIONS, default="shift+Transf", help="temporal option (finetune)")
    p.add_argument("--pretrained", type=Path, help="stage 1's checkpoint.pt (finetune)")
    p.add_argument("--minutes", type=float, default=20, help="the whole run, earlier parts included")
    p.add_argument("--steps", type=int, help="stop by steps, not by the clock: the same numbers every time")
    p.add_argument("--batch", type=int, help="default 192 stills or 48 clips")
    p.add_argument("--captions", type=int, help="of a batch; default 64 or 48")
    p.add_argument("--where", type=float, default=1.0, help="weight of the loss that reads places, sizes, turns")
    p.add_argument("--factors", type=float, default=1.0,
                   help="weight of the loss that reads ways, changes and verbs (finetune)")
    p.add_argument("--compounds", type=float, default=0.45,
                   help="share of clips that show actions made of two, which are no labels (finetune)")
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--pretrained-lr", type=float, default=5e-4, help="of the pre-trained part")
    p.add_argument("--scale-lr", type=float, default=0.01, help="of the temperature's logarithm")
    p.add_argument("--weight-decay", type=float, default=0.05)
    p.add_argument("--seed", type=int, default=2109)
    p.add_argument("--threads", type=int, default=max(1, os.cpu_count() - 1),
                   help="of the model; one processor is left for making the data")
    p.add_argument("--workers", type=int, default=1, help="processes that make the data")
    p.add_argument("--save-every", type=float, default=120, help="seconds")
    p.add_argument("--check-every", type=float, default=120, help="seconds between looks at held-out clips")
    p.add_argument("--check-clips", type=int, default=318)
    p.add_argument("--half", action="store_true", help="store matrices as fp16")
    p.add_argument("--shots", type=int, help="so many different clips of each action, again and again (finetune)")
    p.add_argument("--bare", action="store_true", help="labels as they are: no templates, no subjects (finetune)")
    p.add_argument("--from-scratch", action="store_true", help="stage 1's sizes and words, not its weights (finetune)")
    p.add_argument("--classifier", action="store_true",
                   help="in place of texts a row of weights for each trained action (finetune)")
    for name, value in Sizes().dictionary().items():
        if name != "vocabulary":
            p.add_argument(f"--{name.replace('_', '-')}", type=int, default=value)
    return p.parse_args()


def vocabulary(out, pretrained):
    """The merges: stage 1's, or learned from captions of both stages."""
    path = out / "merges.txt"
    if not path.exists():
        if pretrained:
            merges = read_merges(pretrained.parent / "merges.txt")
        else:
            merges = train_merges(sample_captions(10000), 500)
        write_merges(path, merges)
    return Tokenizer(read_merges(path))


def groups(model, others, args):
    """The pre-trained part learns more slowly; vectors and tables do not decay. The temperature has a rate of its
    own: at the others' it would hardly move in a run this short."""
    scale = model.clip.logit_scale
    result = [dict(params=[scale], rate=args.scale_lr, weight_decay=0.0)]
    for part, rate in (*((p, args.lr) for p in (model.head, *others) if p is not None),
                       (model.clip, args.lr if args.stage == "pretrain" else args.pretrained_lr)):
        for decays in (True, False):
            chosen = [p for p in part.parameters() if (p.dim() > 1) == decays and p is not scale]
            if chosen:
                result.append(dict(params=chosen, rate=rate, weight_decay=args.weight_decay * decays))
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
        self.tokenizer = vocabulary(self.out, args.pretrained)
        names = Sizes().dictionary()
        pretrained = None
        if args.stage == "finetune":
            if not args.pretrained:
                sys.exit("finetune needs --pretrained")
            pretrained = torch.load(args.pretrained, weights_only=True)["model_state_dict"]
            stored = json.loads((args.pretrained.parent / "run.json").read_text())["sizes"]
            sizes = {**stored, "frames": args.frames}
        else:
            sizes = {n: getattr(args, n) for n in names if n != "vocabulary"}
            sizes["vocabulary"] = self.tokenizer.size
        self.sizes = Sizes(**sizes)
        option = args.option if args.stage == "finetune" else "MeanP"
        self.model = ActionCLIP(self.sizes, option).to(self.device)
        if pretrained and not args.from_scratch:
            self.model.start_from({k.removeprefix("module."): v.float() for k, v in pretrained.items()})
        self.classes = torch.nn.Linear(self.sizes.embed, len(CLASSES)).to(self.device) if args.classifier else None
        self.where = Where(self.sizes.embed).to(self.device)
        self.factors = Factors(self.sizes.embed).to(self.device)
        if pretrained and not args.from_scratch and (args.pretrained.parent / "where.pt").exists():
            self.where.load_state_dict(torch.load(args.pretrained.parent / "where.pt", weights_only=True))
        self.optimiser = torch.optim.AdamW(groups(self.model, (self.where, self.factors, self.classes), args),
                                           lr=args.lr, betas=(0.9, 0.98), eps=1e-6)
        # From an action's number to its class.
        self.class_of = torch.tensor([CLASSES.index(n) if n in CLASSES else -1 for n in BY_NAME])
        self.step, self.seconds = 0, 0.0
        self.batch = args.batch or (192 if args.stage == "pretrain" else 48)
        self.captions = args.captions or (64 if args.stage == "pretrain" else 48)
        if args.bare or args.classifier:
            self.captions = 0
        if (self.out / "state.pt").exists():
            state = torch.load(self.out / "state.pt", weights_only=True)
            self.model.load_state_dict(state["model"])
            self.where.load_state_dict(state["where"])
            self.factors.load_state_dict(state["factors"])
            if self.classes:
                self.classes.load_state_dict(state["classes"])
            self.optimiser.load_state_dict(state["optimiser"])
            self.step, self.seconds = state["step"], state["seconds"]
            print(f"goes on from step {self.step}")
        self.note(option)

    def note(self, option):
        args = {k: v for k, v in vars(self.args).items() if not isinstance(v, Path)}
        count = sum(p.numel() for p in self.model.parameters())
        (self.out / "run.json").write_text(json.dumps({
            "stage": self.args.stage, "option": option, "sizes": self.sizes.dictionary(), "parameters": count,
            "arguments": args, "versions": {"python": platform.python_version(), "torch": torch.__version__,
                                            "numpy": np.__version__}, "device": self.device,
            "threads": self.args.threads}, indent=1) + "\n")

    def save(self):
        state = {"model": self.model.state_dict(), "where": self.where.state_dict(),
                 "factors": self.factors.state_dict(), "classes": self.classes and self.classes.state_dict(),
                 "optimiser": self.optimiser.state_dict(), "step": self.step, "seconds": self.seconds}
        files = {"state.pt": state, "where.pt": state["where"],
                 "checkpoint.pt": self.model.checkpoint(self.step, self.args.half)}
        if self.classes:
            files["classes.pt"] = state["classes"]
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
        common = self.tokenizer, self.sizes, self.batch, self.captions, self.args.seed
        data = Stills(*common) if self.args.stage == "pretrain" else Clips(
            *common, self.args.shots, self.args.bare, self.args.compounds)
        return torch.utils.data.DataLoader(data, batch_size=None, sampler=range(self.step, 1 << 40),
                                           num_workers=self.args.workers,
                                           prefetch_factor=4 if self.args.workers else None)

    def one_step(self, pixels, tokens, matches, states, shown, video_factors, text_factors):
        for group in self.optimiser.param_groups:
            group["lr"] = group["rate"] * schedule(self.progress())
        x, tokens, matches = normalise(pixels.to(self.device)), tokens.to(self.device), matches.to(self.device)
        with torch.autocast(self.device, torch.bfloat16):
            images, frames = self.model.encode_frames(x)
            texts = None if self.classes else self.model.clip.encode_text(tokens)
        if self.classes:
            matches = torch.nn.functional.one_hot(self.class_of[shown.long()], len(CLASSES)).to(self.device)
            logits = self.classes(images.float())
            loss = torch.nn.functional.cross_entropy(logits, matches.float())
        else:
            loss, logits = matching_loss(images.float(), texts.float(), self.model.clip.logit_scale.exp(), matches)
        parts = torch.zeros(5)
        if self.args.where and not self.model.clip.visual.joint:
            extra, parts = self.where(frames.float().flatten(0, 1), states.to(self.device).flatten(0, 1))
            loss = loss + self.args.where * extra
        made = torch.zeros(2)
        if self.args.factors and self.args.stage == "finetune":
            pairs = [(images, video_factors)] if self.classes else [(images, video_factors), (texts, text_factors)]
            losses = [self.factors(e.float(), f.to(self.device)) for e, f in pairs]
            loss = loss + self.args.factors * sum(losses) / len(losses)
            made[: len(losses)] = torch.stack(losses).detach()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        with torch.no_grad():
            self.model.clip.logit_scale.clamp_(0, math.log(100))
            right = matches.gather(1, logits.argmax(1, keepdim=True)).float().mean()
        return loss.item(), right.item(), *parts.tolist(), *made.tolist()

    def check(self, sets):
        if self.args.stage == "pretrain":
            result = measure_stills(self.model, self.tokenizer, self.args.check_clips, self.device)
        else:
            result = measure(self.model, self.tokenizer, sets, self.device, self.classes)
        with open(self.out / "checks.jsonl", "a") as f:
            f.write(json.dumps({"step": self.step, "seconds": round(self.seconds), **result}) + "\n")
        print("held out:", {k: round(v, 3) if isinstance(v, float) else v for k, v in result.items()}, flush=True)

    def train(self):
        sets = {}
        if self.args.stage == "finetune" and self.args.check_clips:
            sets = {"validation": held_out_clips("validation", self.args.check_clips, self.sizes),
                    "actions": held_out_clips("actions", self.args.check_clips // 3, self.sizes)}
        last, saved, checked, window = time.monotonic(), self.seconds, self.seconds, []
        for batch in self.loader():
            if self.progress() >= 1:
                break
            window.append(self.one_step(*batch))
            self.step += 1
            now = time.monotonic()
            self.seconds, last = self.seconds + now - last, now
            if self.step % 50 == 0:
                loss, right, *parts = np.mean(window, 0)
                self.log(step=self.step, seconds=round(self.seconds, 1), pictures=self.step * self.batch,
                         loss=float(loss), right=float(right),
                         **dict(zip(("place", "size", "turn", "shape", "colour", "video factors", "text factors"),
                                    map(float, parts))), scale=self.model.clip.logit_scale.exp().item(),
                         lr=self.optimiser.param_groups[-1]["lr"])
                window = []
            if self.seconds - saved > self.args.save_every:
                self.save()
                saved = self.seconds
            if self.args.check_clips and self.seconds - checked > self.args.check_every:
                self.check(sets)
                checked = self.seconds
        self.save()
        if self.args.check_clips:
            self.check(sets)


if __name__ == "__main__":
    Run(arguments()).train()
