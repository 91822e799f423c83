"""How well a model in training does: clips of the held-out sets, made directly (no files)."""
import numpy as np
import torch

from .actions import ACTIONS, BY_NAME
from .captions import REFERENCE_TEMPLATES, SLOT
from .model import normalise
from .render import middle_times, render
from .scene import make_scene
from .splits import SPLITS, TRAINED_ACTIONS
from .stills import ACROSS, DOWN, POINTING, SIZES, make_still
from .world import COLOURS, SHAPES

NAMES = [a.name for a in ACTIONS]
TRAINED = [NAMES.index(n) for n in TRAINED_ACTIONS]


def held_out_clips(split, count, sizes, seed=0):
    """-> (uint8 clips, labels), every action of the split equally often, as far as count goes."""
    names = SPLITS[split][1]
    clips, labels = [], []
    for i in range(count):
        scene = make_scene(split, seed, i, names[i % len(names)])
        clips.append(render(scene, middle_times(sizes.frames), sizes.side, rng=np.random.default_rng([i, seed])))
        labels.append(NAMES.index(scene.action))
    return np.stack(clips), np.array(labels)


@torch.no_grad()
def label_embeddings(model, tokenizer, device, templates=None):
    """[templates, labels, E], normalised."""
    templates = templates or REFERENCE_TEMPLATES
    rows = tokenizer.rows([t.format(n) for t in templates for n in NAMES], model.sizes.context)
    out = torch.cat([model.clip.encode_text(r.to(device)) for r in torch.from_numpy(rows).split(256)])
    return torch.nn.functional.normalize(out.float(), dim=-1).view(len(templates), len(NAMES), -1)


@torch.no_grad()
def probabilities(model, clips, texts, device, classes=None):
    """The reference's rule: softmax for each template, then the mean; or those of a plain head. [N, labels]"""
    out = []
    for part in torch.from_numpy(clips).split(64):
        video = model.encode_video(normalise(part.to(device))).float()
        if classes:  # says nothing about labels it was not trained on
            scores = torch.zeros(len(video), len(NAMES))
            scores[:, TRAINED] = classes(video)[:, : len(TRAINED)].softmax(-1).cpu()
        else:
            video = torch.nn.functional.normalize(video, dim=-1)
            scores = (100 * torch.einsum("ne,tce->ntc", video, texts)).softmax(-1).mean(1).cpu()
        out.append(scores)
    return torch.cat(out).numpy()


def measure(model, tokenizer, sets, device="cpu", classes=None):
    """sets: {split: (clips, labels)} -> {name: accuracy}. "order" is among the clips of actions that have a
    reverse: the label against its reverse alone."""
    model.eval()
    texts = label_embeddings(model, tokenizer, device)
    result = {}
    for split, (clips, labels) in sets.items():
        everything = probabilities(model, clips, texts, device, classes)
        if split != "actions":
            chosen = np.array(TRAINED)[everything[:, TRAINED].argmax(1)]
            result[split] = float((chosen == labels).mean())
            result[split + ", worst"] = min(
                (float((chosen[labels == k] == k).mean()), NAMES[k]) for k in set(labels.tolist()))
        else:
            result[split] = float((everything.argmax(1) == labels).mean())
            result["actions, each"] = {NAMES[k]: float((everything[labels == k].argmax(1) == k).mean())
                                       for k in sorted(set(labels.tolist()))}
        other = np.array([NAMES.index(BY_NAME[NAMES[k]].reverse or NAMES[k]) for k in labels])
        paired = other != labels
        rows = np.arange(len(labels))
        right = everything[rows, labels] > everything[rows, other]
        result[split + ", order"] = float(right[paired].mean())
    model.train()
    return result


# Questions about a still picture: a slot of its facts, and a caption for each value.
QUESTIONS = {
    "colour": [f"a {c} shape" if c != "orange" else "an orange shape" for c in COLOURS],
    "shape": [f"a {s}" for s in SHAPES],
    "across": [f"a shape {w}" for _, w in ACROSS],
    "down": [f"a shape {w}" for _, w in DOWN],
    "size": [f"a {s} shape" for s in SIZES],
    "pointing": [f"a shape pointing {p}" for p in POINTING],
    "gap": ["two shapes close together", "two shapes far apart"],
}


@torch.no_grad()
def measure_stills(model, tokenizer, count, device="cpu", seed=77):
    """-> {question: accuracy} on stills that training does not make (it has another seed)."""
    model.eval()
    made = [make_still(seed, i) for i in range(count)]
    facts = np.stack([f for _, f in made])
    shown = np.stack([render(s, np.array([0.5]), model.sizes.side, rng=np.random.default_rng(i))
                      for i, (s, _) in enumerate(made)])
    images = torch.cat([model.encode_video(normalise(p.to(device))).float()
                        for p in torch.from_numpy(shown).split(128)])
    result = {}
    for slot, texts in QUESTIONS.items():
        rows = torch.from_numpy(tokenizer.rows(texts, model.sizes.context)).to(device)
        text = torch.nn.functional.normalize(model.clip.encode_text(rows).float(), dim=-1)
        answer = (images @ text.T).argmax(1).cpu().numpy()
        asked = facts[:, SLOT["count"]] == (2 if slot == "gap" else 1)
        result[slot] = float((answer == facts[:, SLOT[slot]])[asked].mean())
    model.train()
    return result
