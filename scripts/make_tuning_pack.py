#!/usr/bin/env python3
"""Writes the small pack of training steps in Tests/fixtures/tuning, for `actionclip parity`: the released recipe's loss
and optimiser on the reference model, from a checkpoint of Tests/fixtures/packs. Of the gradients, and of the parameters
after a step, it has those of small tensors, so that it stays small.

    python3 scripts/make_tuning_pack.py
"""

import json
import os
from pathlib import Path

import reference
import torch
from make_packs import Random, make_tokens
from safetensors.torch import save_file

LABELS = [0, 1, 0]
ADAMW = dict(lr=1e-4, lr_head=1e-3, betas=[0.9, 0.98], eps=1e-8, weight_decay=0.2)
STEPS = 8
LARGEST = 1300  # numbers of a tensor that is kept


def losses(logits, labels):
    """KL of softmax(10 G) from the softmax of the logits, both ways: the sum over the batch divided by its size."""
    labels = torch.tensor(labels)
    wanted = (10.0 * (labels[:, None] == labels[None, :])).softmax(1)
    return [(wanted * (wanted.log() - rows.log_softmax(1))).sum() / len(labels) for rows in (logits, logits.T)]


def main():
    torch.set_num_threads(1)
    fixtures = Path(__file__).resolve().parent.parent / "Tests" / "fixtures"
    source, target = fixtures / "packs" / "conv1d", fixtures / "tuning" / "conv1d"
    target.mkdir(parents=True, exist_ok=True)
    case = json.loads((source / "case.json").read_text())
    r = Random(9)
    shape = (len(LABELS) * case["T"], 3, case["res"], case["res"])
    pixels = r.normal(*shape)
    tokens = make_tokens({**case, "templates": 1, "classes": len(LABELS)}, r)

    tensors, fusion = reference.load_checkpoint(source / "checkpoint.pt")
    parameters = {}
    for prefix, group in (("", tensors), ("fusion.", fusion)):
        for name, value in group.items():
            group[name] = value.float().clone().requires_grad_()
            parameters[prefix + name] = group[name]
    model = reference.ActionCLIP(tensors, fusion, case["head"], case["T"])

    def features():
        return model.encode_pixels(pixels)[1], model.encode_tokens(tokens)

    def logits(video, text):
        unit = [rows / rows.norm(dim=-1, keepdim=True) for rows in (video, text)]
        return tensors["logit_scale"].exp() * unit[0] @ unit[1].T

    groups = [{"params": [p for n, p in parameters.items() if n.startswith("fusion.") == head], "lr": rate}
              for head, rate in ((False, ADAMW["lr"]), (True, ADAMW["lr_head"]))]  # fmt: skip
    optimiser = torch.optim.AdamW(
        groups, betas=ADAMW["betas"], eps=ADAMW["eps"], weight_decay=ADAMW["weight_decay"])
    expected, trace = {}, []
    for step in range(STEPS):
        optimiser.zero_grad()
        video, text = features()
        scores = logits(video, text)
        of_videos, of_texts = losses(scores, LABELS)
        loss = (of_videos + of_texts) / 2
        loss.backward()
        trace.append(loss.item())
        kept = {n: p for n, p in parameters.items() if p.grad is not None and p.numel() <= LARGEST}
        if step == 0:
            expected |= {"video_features": video, "text_features": text, "logits_per_video": scores,
                         "loss_video": of_videos, "loss_text": of_texts, "loss": loss}  # fmt: skip
            expected |= {"gradient/" + name: p.grad for name, p in kept.items()}
            expected = {name: value.detach().clone() for name, value in expected.items()}
        optimiser.step()
        if step == 0:
            expected |= {"after_1/" + name: p.detach().clone() for name, p in kept.items()}
    expected["losses"] = torch.tensor(trace, dtype=torch.float64)

    sizes = "embed res patch ctx vocab vl vw tl tw T head tsm joint".split()
    settings = {name: case[name] for name in sizes}
    settings |= {"clips": len(LABELS), "labels": LABELS, "adamw": ADAMW, "steps": STEPS}
    (target / "case.json").write_text(json.dumps(settings, indent=1) + "\n")
    labels = torch.tensor(LABELS, dtype=torch.int32)
    save_file({"pixels": pixels, "tokens": tokens, "labels": labels}, target / "inputs.safetensors")
    save_file(expected, target / "expected.safetensors")
    link = target / "checkpoint.pt"
    link.unlink(missing_ok=True)
    link.symlink_to(os.path.relpath(source / "checkpoint.pt", target))


if __name__ == "__main__":
    main()
