#!/usr/bin/env python3
"""Stage 2 by the trainer (../../trainer), on a GPU or without one: videos and captions as train.py has them, its main
loss, and none of its helpers that read places and factors off the embeddings.

    python3 tune.py --out runs/tuned --steps 3000 --workers 12

A run that was cut off or stopped (SIGINT) goes on when started again with the same --out.
"""

import argparse
import json
import os
import sys
from pathlib import Path

# Threads that wait by spinning lose many times over where others use the processors too.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "trainer")]

import torch  # noqa: E402
from actionclip_trainer import processes  # noqa: E402
from actionclip_trainer.configuration import RunOptions  # noqa: E402
from actionclip_trainer.data import TensorSource, Texts  # noqa: E402
from actionclip_trainer.files import read_weights, write_single_file  # noqa: E402
from actionclip_trainer.loop import Loop, Stopped  # noqa: E402
from actionclip_trainer.recipe import recipe  # noqa: E402
from actionclip_trainer.step import Batch  # noqa: E402
from actionclip_trainer.training import Training  # noqa: E402
from shapes.actions import ACTIONS  # noqa: E402
from shapes.captions import REFERENCE_TEMPLATES  # noqa: E402
from shapes.data import Clips  # noqa: E402
from shapes.evaluate import NAMES, held_out_clips  # noqa: E402
from shapes.model import OPTIONS, Sizes  # noqa: E402
from shapes.splits import TRAINED_ACTIONS  # noqa: E402
from shapes.tokenizer import Tokenizer, read_merges  # noqa: E402

PRETRAINED = HERE / "pretrained"


class Steps(torch.utils.data.Dataset):
    """The batches of train.py, as the trainer takes them."""

    def __init__(self, clips):
        self.clips = clips

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, step):
        pixels, tokens, matches = self.clips[step][:3]
        return Batch(torch.from_numpy(pixels).permute(0, 1, 4, 2, 3).contiguous(), torch.from_numpy(tokens).long(),
                     torch.from_numpy(matches))  # fmt: skip


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--option", choices=OPTIONS, default="shift+Transf")
    p.add_argument("--steps", type=int, default=3000)
    p.add_argument("--batch", type=int, default=96)
    p.add_argument(
        "--lr", type=float, default=5e-4, help="of the pre-trained part; the head has twice as much"
    )
    p.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    p.add_argument("--seed", type=int, default=2109)
    p.add_argument("--workers", type=int, default=1, help="processes that make the data")
    p.add_argument(
        "--threads", type=int, default=max(1, os.cpu_count() - 1), help="of the model, without a GPU"
    )
    p.add_argument("--checks", type=int, default=4, help="measurements on the way")
    p.add_argument(
        "--clips", type=int, default=1060, help="measured clips; of unseen actions 9 in 20 of that"
    )
    return p.parse_args()


def measured(sizes, tokenizer, count):
    """Held-out compositions among the trained labels, as train.py measures them; unseen actions among all labels."""
    found = {}
    for split, names, number in (
        ("compositions", list(TRAINED_ACTIONS), count),
        ("actions", NAMES, count * 9 // 20),
    ):
        clips, labels = held_out_clips(split, number, sizes)
        pixels = torch.from_numpy(clips).permute(0, 1, 4, 2, 3)
        rows = tokenizer.rows([t.format(n) for t in REFERENCE_TEMPLATES for n in names], sizes.context)
        texts = Texts(torch.from_numpy(rows).view(len(REFERENCE_TEMPLATES), len(names), -1))
        found[split] = TensorSource(pixels, [(names.index(NAMES[k]),) for k in labels]), texts
    return found


def main():
    args = arguments()
    device = processes.start()
    if device.type == "cpu":
        torch.set_num_threads(args.threads)
    told = json.loads((PRETRAINED / "run.json").read_text())["sizes"]
    sizes, tokenizer = Sizes(**told), Tokenizer(read_merges(PRETRAINED / "merges.txt"))
    joint, shift, head = OPTIONS[args.option]
    weights = read_weights(PRETRAINED / "checkpoint.pt")
    torch.manual_seed(args.seed)
    model, _ = weights.make_model(frames=sizes.frames, head=head, joint=joint,
                                  shift={"": "off", "both": "on"}.get(shift, shift))  # fmt: skip
    settings = recipe("anchored", {
        "loss": "matching", "epochs": 1, "warmup_epochs": 0.03, "batch": args.batch, "seed": args.seed, "lr": args.lr,
        "head_ratio": 2.0, "weight_decay": 0.05, "epsilon": 1e-6, "anchor": 0.0, "alpha": 1.0,
        "precision": args.precision,
    })  # fmt: skip
    training = Training(model.to(device), settings, args.steps, {})
    steps = Steps(Clips(tokenizer, sizes, args.batch, args.batch, args.seed, compounds=0.45))
    options = RunOptions(
        out=str(args.out), workers=args.workers, evaluate_every=1 / args.checks, log_every=100
    )
    loop = Loop(options, training, steps, measured(sizes, tokenizer, args.clips), {"option": args.option})
    try:
        loop.train()
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return 130
    write_single_file(
        args.out / "model.safetensors", training.weights(), weights.sizes, model.options,
        (PRETRAINED / "merges.txt").read_text(), [a.name for a in ACTIONS], REFERENCE_TEMPLATES, {"license": "MIT"},
        half=True,
    )  # fmt: skip
    print(
        json.dumps({"device": device.type, "steps": args.steps, "batch": args.batch, **loop.check("tuned")})
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
