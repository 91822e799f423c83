"""How well a model in training does: clips of the held-out sets, made directly (no files)."""
import numpy as np
import torch

from .actions import ACTIONS
from .captions import REFERENCE_TEMPLATES, SLOT
from .model import normalise
from .render import middle_times, render
from .scene import make_scene
from .splits import SPLITS
from .stills import ACROSS, DOWN, POINTING, SIZES, make_still
from .world import COLOURS, SHAPES

NAMES = [a.name for a in ACTIONS]


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
