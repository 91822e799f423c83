"""Still pictures with captions, for the first stage: what, where, how big, which way up, and how two relate."""
import numpy as np

from .captions import (BACKGROUND_INDEX, BACKGROUND_WORDS, SLOT, SLOTS, STILL_TEMPLATES, _COLOUR, _SHAPE, _a,
                       _look)
from .render import CROP_VIEW, render
from .scene import Scene, make_actor, standing, surroundings
from .splits import SEEN_BACKGROUNDS
from .world import COLOURS, SHAPES

ACROSS = (("left", "on the left"), ("middle", "in the middle"), ("right", "on the right"))
DOWN = (("top", "at the top"), ("middle", "at mid height"), ("bottom", "at the bottom"))
CORNERS = {(0, 0): "in the upper left", (0, 2): "in the lower left", (2, 0): "in the upper right",
           (2, 2): "in the lower right", (1, 1): "in the centre"}
SIZES = ("small", "medium", "big")
POINTING = ("up", "right", "down", "left")
RELATIONS = (("to the left of", "to the right of"), ("to the right of", "to the left of"),
             ("above", "below"), ("below", "above"))
STILL_TIME = np.array([0.5])
_STREAM = 9  # apart from every split's


def make_still(seed, index):
    """-> (scene of things that stand, facts)."""
    rng = np.random.default_rng([_STREAM, seed, index])
    facts = np.full(len(SLOTS), -1, np.int16)
    facts[SLOT["count"]] = count = 1 if rng.random() < 0.62 else 2
    looks = sorted(rng.choice(len(COLOURS), count, replace=False))
    shapes = rng.integers(0, len(SHAPES), count)
    size = rng.integers(3)
    low, high = ((0.13, 0.18), (0.22, 0.28), (0.34, 0.44))[size]
    radius = rng.uniform(low, high) if count == 1 else rng.uniform(0.15, 0.28)
    quarter = rng.integers(4)
    turn = np.radians(90 * quarter + rng.uniform(-28, 28)) if count == 1 else rng.uniform(0, 6.3)
    if count == 1:
        cell = rng.integers(0, 3, 2)
        places = [(cell - 1) * 0.52 + rng.uniform(-0.14, 0.14, 2)]
        facts[SLOT["across"]], facts[SLOT["down"]] = cell
        facts[SLOT["size"]], facts[SLOT["pointing"]] = size, quarter
    else:
        relation, far = rng.integers(4), rng.integers(2)
        a = (np.pi, 0, -np.pi / 2, np.pi / 2)[relation] + rng.uniform(-0.4, 0.4)
        half = rng.uniform(1.0, 1.25) * radius if not far else rng.uniform(0.52, 0.66)
        d = np.array([np.cos(a), np.sin(a)]) * half
        middle = rng.uniform(-0.2, 0.2, 2)
        places = [middle + d, middle - d]
        facts[SLOT["relation"]], facts[SLOT["gap"]] = relation, far
    actors = tuple(make_actor(list(COLOURS)[c], SHAPES[s], standing(*p, radius, turn + i), rng)
                   for i, (c, s, p) in enumerate(zip(looks, shapes, places)))
    for (c, s), colour, shape in zip((("colour", "shape"), ("colour2", "shape2")), looks, shapes):
        facts[SLOT[c]], facts[SLOT[s]] = colour, shape
    around = surroundings(SEEN_BACKGROUNDS, rng, hard=rng.random() < 0.3)
    facts[SLOT["background"]] = BACKGROUND_INDEX[around["background"]]
    return Scene(action=None, actors=actors, acting=count, **{**around, "shake": ()}), facts


def still_picture(scene, side, rng):
    return render(scene, STILL_TIME, side, CROP_VIEW * rng.uniform(0.97, 1.05), rng)


def still_caption(scene, facts, rng):
    """-> (text, what it states)."""
    said = np.full(len(SLOTS), -1, np.int16)
    state = lambda *names: [said.__setitem__(SLOT[n], facts[SLOT[n]]) for n in names]
    slots = (("colour", "shape"), ("colour2", "shape2"))
    # Colours are learned in seconds. What is said without them has to be found elsewhere: places, sizes, turns.
    anything = rng.random() < 0.45
    whole = rng.random() < 0.6
    if facts[SLOT["count"]] == 2:
        state("count")
        if rng.random() < 0.25:
            state("gap")
            text = "two shapes " + ("close together", "far apart")[facts[SLOT["gap"]]]
        else:
            names = ([_a("shape")] * 2 if anything else
                     [_look(said, pair, rng, whole) for pair in zip(scene.actors, slots)])
            if anything or rng.random() < 0.3:
                state("gap")
                text = f"{names[0]} and {names[1]} " + ("close together", "far apart")[facts[SLOT["gap"]]]
            else:
                state("relation")
                flip = rng.integers(2)
                text = f"{names[flip]} {RELATIONS[facts[SLOT['relation']]][flip]} {names[1 - flip]}"
    else:
        state("count")
        text = _a("shape") if anything else _look(said, (scene.actors[0], slots[0]), rng, whole)
        kept = rng.permutation(3) if anything else None  # one thing is said, at times two
        most = rng.integers(1, 3)
        says = lambda k, p: kept[k] < most if anything else rng.random() < p
        if says(0, 0.45):
            state("size")
            text = _a(SIZES[facts[SLOT["size"]]] + " " + text.split(" ", 1)[1])
        if says(1, 0.45):
            state("pointing")
            text += f" pointing {POINTING[facts[SLOT['pointing']]]}"
        if says(2, 0.75):
            across, down = facts[SLOT["across"]], facts[SLOT["down"]]
            kind = rng.integers(3)
            if kind == 0:
                state("across")
                text += " " + ACROSS[across][1]
            elif kind == 1:
                state("down")
                text += " " + DOWN[down][1]
            else:
                state("across", "down")
                text += " " + CORNERS.get((across, down), f"{DOWN[down][1]} {ACROSS[across][1]}")
    if rng.random() < 0.15:
        state("background")
        text += f" on a {BACKGROUND_WORDS[scene.background]} background"
    return STILL_TEMPLATES[rng.integers(len(STILL_TEMPLATES))].format(text), said
