"""Batches for the two stages. A batch follows from (seed, its number) alone, so a run can stop and go on."""
import hashlib
import json
import os

import numpy as np

from .actions import ACTIONS, COMPOUND_WEIGHTS, COMPOUNDS
from .captions import SLOT, agrees, label_caption, label_itself, scene_caption, scene_facts
from .factors import FACTORS, NO_FACTORS, factors_of_scene
from .render import training_clip
from .scene import make_scene
from .splits import TRAINED_ACTIONS
from .stills import STILL_TIME, make_still, still_caption, still_picture
from .where import states_of

COMPOUND_TEXTS = 24  # among the texts of a batch, drawn anew for each
_RENDER, _WORDS, _FEW = 100, 101, 102  # random numbers apart from the worlds'


def sample_captions(count, seed=1):
    """Captions of both stages, to learn a vocabulary from."""
    rng = np.random.default_rng(seed)
    names = [a.name for a in ACTIONS]
    texts = [label_caption(names[i % len(names)], rng)[0] for i in range(count)]
    return texts + [still_caption(*make_still(seed, i), rng)[0] for i in range(count // 2)]


class Batches:
    """The base of both stages' data: item i is (pixels uint8, tokens, matches [pictures, texts] bool, the frames'
    contents: see where.py, the pictures' actions, the pictures' factors, the texts' factors: see factors.py). Only
    the first `captions` pictures of a batch bring their own caption; the others are matched with those that are
    true of them too. Texts cost more than pictures of this size."""

    def __init__(self, tokenizer, sizes, batch, captions, seed):
        self.tokenizer, self.sizes, self.batch, self.seed = tokenizer, sizes, batch, seed
        self.captions = captions

    def __len__(self):
        return 1 << 40

    def __getitem__(self, number):
        pictures, facts, texts, said, where, factors = [], [], [], [], [], []
        for place in range(self.batch):
            i = number * self.batch + place
            rng = np.random.default_rng([_RENDER, self.seed, i])
            picture, fact, (text, say), states, made_of = self.one(i, rng)
            pictures.append(picture), facts.append(fact), where.append(states), factors.append(made_of)
            if place < self.captions:
                texts.append(text), said.append(say)
        for text, say in self.more_texts(np.random.default_rng([_WORDS, self.seed, number])):
            texts.append(text), said.append(say)
        said, facts = np.stack(said), np.stack(facts)
        return (np.stack(pictures), self.tokenizer.rows(texts, self.sizes.context), agrees(said, facts),
                np.stack(where), facts[:, SLOT["action"]], np.stack(factors), FACTORS[said[:, SLOT["action"]]])

    def more_texts(self, rng):
        return ()


class Kept:
    """Batches that are kept in files, for runs that share their data: drawing costs as much as the model here. The
    folder's name says what the batches follow from."""

    def __init__(self, batches, folder):
        told = {k: v for k, v in vars(batches).items() if k not in ("tokenizer", "sizes")}
        told |= {k: getattr(batches.sizes, k) for k in ("side", "frames", "context")}
        told |= {"kind": type(batches).__name__, "merges": list(batches.tokenizer.ranks)}
        name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
        self.batches, self.folder = batches, folder / name
        self.folder.mkdir(parents=True, exist_ok=True)

    def __len__(self):
        return len(self.batches)

    def __getitem__(self, number):
        path = self.folder / f"{number}.npz"
        if not path.exists():
            part = path.with_suffix(f".{os.getpid()}")
            with open(part, "wb") as file:
                np.savez(file, *self.batches[number])
            os.replace(part, path)
        with np.load(path) as arrays:
            return tuple(arrays[name] for name in arrays.files)


class Stills(Batches):
    """With `pictures` there are only so many scenes; their views, noise and captions are drawn anew each time."""

    def __init__(self, tokenizer, sizes, batch, captions, seed, pictures=None):
        super().__init__(tokenizer, sizes, batch, captions, seed)
        self.pictures = pictures

    def one(self, index, rng):
        scene, facts = make_still(self.seed, index % self.pictures if self.pictures else index)
        picture = still_picture(scene, self.sizes.side, rng)
        return picture, facts, still_caption(scene, facts, rng), states_of(scene, STILL_TIME), NO_FACTORS


class Clips(Batches):
    """Every trained label stands among the texts of each batch, beside the clips' own captions. With `shots` there
    are only so many scenes of each action (their frames are still taken at other times each time), else a share of
    the clips shows compound actions; `bare` labels stand without template and in their own words."""

    def __init__(self, tokenizer, sizes, batch, captions, seed, shots=None, bare=False, compounds=0.0):
        super().__init__(tokenizer, sizes, batch, captions, seed)
        self.shots, self.bare, self.compounds = shots, bare, 0.0 if shots else compounds

    def one(self, index, rng):
        compound = None
        if rng.random() < self.compounds:
            compound = COMPOUNDS[rng.choice(len(COMPOUNDS), p=COMPOUND_WEIGHTS)].name
        scene = make_scene("train", self.seed, index, compound) if not self.shots else self.scene_of_few(index)
        clip, times = training_clip(scene, self.sizes.frames, self.sizes.side, rng)
        return (clip, scene_facts(scene), scene_caption(scene, rng), states_of(scene, times),
                factors_of_scene(scene))

    def scene_of_few(self, index):
        """Round after round through the few, each round in an order of its own."""
        few = self.shots * len(TRAINED_ACTIONS)
        order = np.random.default_rng([_FEW, self.seed, index // few]).permutation(few)
        k = int(order[index % few])
        return make_scene("train", self.seed, k, TRAINED_ACTIONS[k % len(TRAINED_ACTIONS)])

    def more_texts(self, rng):
        names = list(TRAINED_ACTIONS)
        if self.compounds:
            names += [COMPOUNDS[i].name for i in rng.choice(len(COMPOUNDS), COMPOUND_TEXTS, replace=False)]
        return [label_itself(name) if self.bare else label_caption(name, rng) for name in names]
