#!/usr/bin/env python3
"""Stage 2, the paper's fine-tuning on videos, by the trainer (../../trainer), on a GPU or without one.

    python3 tune.py --out runs/default --half
    python3 tune.py --out runs/quick --steps 800 --option shift

The model starts as the seed and stage 1 have it. A run that was cut off or stopped (SIGINT) goes on when started again with
the same --out. Each writes what the trainer does (curve.jsonl, checks.jsonl, last.pt, state.pt), model.safetensors, and
checkpoint.pt in the reference's own form with merges.txt and run.json beside it; no model.safetensors where labels look at
patches, which the library does not run.
"""

import argparse
import json
import os
import platform
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
from actionclip_trainer.files import Weights, save, write_reference, write_single_file  # noqa: E402
from actionclip_trainer.loop import Loop, Stopped  # noqa: E402
from actionclip_trainer.model import infer  # noqa: E402
from actionclip_trainer.recipe import recipe  # noqa: E402
from actionclip_trainer.step import Batch  # noqa: E402
from actionclip_trainer.training import Training  # noqa: E402
from shapes.actions import ACTIONS  # noqa: E402
from shapes.captions import REFERENCE_TEMPLATES  # noqa: E402
from shapes.data import Clips, Kept  # noqa: E402
from shapes.evaluate import NAMES, held_out_clips  # noqa: E402
from shapes.model import OPTIONS, ActionCLIP, Sizes  # noqa: E402
from shapes.readers import CLASS_OF, Readers  # noqa: E402
from shapes.splits import TRAINED_ACTIONS  # noqa: E402
from shapes.tokenizer import Tokenizer, read_merges  # noqa: E402


class Steps(torch.utils.data.Dataset):
    """The shapes' batches, as the trainer takes them. A plain head needs no texts: there is one, for the form."""

    def __init__(self, clips, classifier):
        self.clips, self.classifier = clips, classifier

    def __len__(self):
        return len(self.clips)

    def __getitem__(self, step):
        made = [torch.from_numpy(array) for array in self.clips[step]]
        pixels, tokens, matches, states, shown, of_videos, of_texts = made
        texts = 1 if self.classifier else len(tokens)
        targets = {"states": states, "video factors": of_videos, "text factors": of_texts[:texts],
                   "classes": CLASS_OF[shown.long()]}  # fmt: skip
        return Batch(pixels.movedim(-1, 2).contiguous(), tokens[:texts].long(), matches[:, :texts], targets)


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--pretrained", type=Path, default=HERE / "pretrained", help="stage 1's folder")
    p.add_argument("--option", choices=OPTIONS, default="shift+Transf", help="temporal option")
    p.add_argument("--frames", type=int, default=8)
    p.add_argument("--steps", type=int, default=5000)
    p.add_argument("--batch", type=int, default=48)
    p.add_argument("--lr", type=float, default=1e-3, help="of the head; the pre-trained part has half of it")
    p.add_argument("--where", type=float, default=1.0, help="weight of the loss that reads places, sizes, turns")
    p.add_argument("--factors", type=float, default=1.0,
                   help="weight of the loss that reads ways, changes and verbs")  # fmt: skip
    p.add_argument("--compounds", type=float, default=0.45,
                   help="share of clips that show actions made of two, which are no labels")  # fmt: skip
    p.add_argument("--train-vision", default="all", help='"all", "none", "projection", or a number of last blocks')
    p.add_argument("--train-text", default="all", help="likewise")
    p.add_argument("--shots", type=int, help="so many different clips of each action, again and again")
    p.add_argument("--bare", action="store_true", help="labels as they are: no templates, no subjects")
    p.add_argument("--from-scratch", action="store_true", help="stage 1's sizes and words, not its weights")
    p.add_argument("--classifier", action="store_true",
                   help="in place of texts a row of weights for each trained action")  # fmt: skip
    p.add_argument("--labels-see", choices=("frames", "mean"),
                   help="labels look at the patches of each frame, or at their mean over frames")  # fmt: skip
    p.add_argument("--half", action="store_true", help="write matrices as fp16")
    p.add_argument("--precision", choices=("fp32", "bf16"), default="bf16")
    p.add_argument("--seed", type=int, default=2109)
    p.add_argument("--kept", type=Path, help="folder that keeps the batches, for runs with the same data")
    p.add_argument("--workers", type=int, default=1, help="processes that make the data")
    p.add_argument(
        "--threads", type=int, default=max(1, os.cpu_count() - 1), help="of the model, without a GPU"
    )
    p.add_argument("--checks", type=int, default=8, help="measurements on the way")
    p.add_argument(
        "--clips", type=int, default=318, help="measured clips, of unseen actions a third of that; 0: no check"
    )
    return p.parse_args()


def start_from(folder, sizes, args):
    """The model and the auxiliary losses at their start, as the seed and stage 1 have it."""
    torch.manual_seed(args.seed)
    start = ActionCLIP(sizes, args.option)
    if not args.from_scratch:
        saved = torch.load(folder / "checkpoint.pt", weights_only=True)["model_state_dict"]
        start.start_from({k.removeprefix("module."): v.float() for k, v in saved.items()})
    readers = Readers(sizes.embed, args.where, args.factors, args.classifier)
    if not args.from_scratch and (folder / "where.pt").exists():
        readers.where.load_state_dict(torch.load(folder / "where.pt", weights_only=True))
    tensors = start.clip.state_dict(), start.head.state_dict()
    weights = Weights(*tensors, *infer(*tensors))
    joint, shift, head = OPTIONS[args.option]
    model, _ = weights.make_model(frames=sizes.frames, head=head, joint=joint, label_attention=args.labels_see or "off",
                                  shift={"": "off", "both": "on"}.get(shift, shift))  # fmt: skip
    return model, readers


def settings_of(args):
    level = lambda given: int(given) if given.isdecimal() else given
    return recipe("anchored", {
        "loss": "none" if args.classifier else "matching", "epochs": 1, "warmup_epochs": 0.03, "batch": args.batch,
        "seed": args.seed, "lr": args.lr / 2, "head_ratio": 2.0, "scale_ratio": 20.0, "weight_decay": 0.05,
        "epsilon": 1e-6, "anchor": 0.0, "alpha": 1.0, "precision": args.precision,
        "train_vision": level(args.train_vision), "train_text": level(args.train_text),
    })  # fmt: skip


def measured(sizes, tokenizer, count):
    """Held-out compositions among the trained labels, unseen actions among all."""
    found = {}
    for split, names, number in (("validation", list(TRAINED_ACTIONS), count), ("actions", NAMES, count // 3)):
        clips, labels = held_out_clips(split, number, sizes)
        pixels = torch.from_numpy(clips).movedim(-1, 2)
        rows = tokenizer.rows([t.format(n) for t in REFERENCE_TEMPLATES for n in names], sizes.context)
        texts = Texts(torch.from_numpy(rows).view(len(REFERENCE_TEMPLATES), len(names), -1))
        found[split] = TensorSource(pixels, [(names.index(NAMES[k]),) for k in labels]), texts
    return found


def note(args, sizes, model):
    """run.json, and the merges: what score.py and pack.py read."""
    given = {k: v for k, v in vars(args).items() if not isinstance(v, Path)}
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    told = {"stage": "finetune", "option": args.option, "sizes": sizes.dictionary(),
            "parameters": sum(p.numel() for p in model.parameters()), "arguments": given, "versions": versions,
            "device": model.clip.logit_scale.device.type, "threads": args.threads}  # fmt: skip
    (args.out / "run.json").write_text(json.dumps(told, indent=1) + "\n")
    (args.out / "merges.txt").write_text((args.pretrained / "merges.txt").read_text())


def write(args, training, merges):
    weights, model = training.weights(), training.model
    write_reference(args.out / "checkpoint.pt", weights, half=args.half)
    if args.classifier:
        save(args.out / "classes.pt", training.auxiliary.classes.state_dict())
    if args.labels_see:  # the library has no such model
        return
    write_single_file(
        args.out / "model.safetensors", weights, model.sizes, model.options, merges, [a.name for a in ACTIONS],
        REFERENCE_TEMPLATES, {"license": "MIT"}, args.half,
    )  # fmt: skip


def main():
    args = arguments()
    device = processes.start()
    if device.type == "cpu":
        torch.set_num_threads(args.threads)
    args.out.mkdir(parents=True, exist_ok=True)
    told = json.loads((args.pretrained / "run.json").read_text())["sizes"]
    sizes = Sizes(**{**told, "frames": args.frames})
    tokenizer = Tokenizer(read_merges(args.pretrained / "merges.txt"))
    model, readers = start_from(args.pretrained, sizes, args)
    training = Training(model.to(device), settings_of(args), args.steps, {}, auxiliary=readers)
    note(args, sizes, model)
    captions = 0 if args.bare or args.classifier else args.batch
    clips = Clips(tokenizer, sizes, args.batch, captions, args.seed, args.shots, args.bare, args.compounds)
    clips = Kept(clips, args.kept) if args.kept else clips
    checks = args.checks if args.clips else 0
    options = RunOptions(
        out=str(args.out), workers=args.workers, evaluate_every=1 / checks if checks else 0, log_every=50,
        save_minutes=2, half=args.half,
    )  # fmt: skip
    sets = measured(sizes, tokenizer, args.clips) if args.clips else {}
    free = ("out", "pretrained", "kept", "half", "workers", "threads", "checks", "clips")
    # Runs that began before labels could look go on.
    identity = {k: v for k, v in vars(args).items() if k not in free and (k, v) != ("labels_see", None)}
    loop = Loop(options, training, Steps(clips, args.classifier), sets, identity)
    try:
        loop.train()
    except Stopped as stopped:
        print(stopped, file=sys.stderr)
        return 130
    write(args, training, (args.pretrained / "merges.txt").read_text())
    print(json.dumps({"device": device.type, "steps": args.steps, "batch": args.batch, **loop.check("tuned")}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
