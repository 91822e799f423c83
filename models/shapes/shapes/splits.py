"""The actions and combinations for training, and those held out.

Held out are whole actions (built of words that other actions teach), combinations of action × colour × shape,
and kinds of background.
"""
import numpy as np

from .actions import ACTIONS, BY_NAME
from .world import BACKGROUNDS, COLOURS, SHAPES, UNSEEN_BACKGROUNDS

UNSEEN_ACTIONS = (
    "moving up and to the right", "moving down and to the left",
    "moving left while growing", "moving right while shrinking",
    "moving up while spinning clockwise", "moving down while spinning counterclockwise",
    "two shapes moving right", "two shapes spinning counterclockwise", "two shapes bouncing",
)
TRAINED_ACTIONS = tuple(a.name for a in ACTIONS if a.name not in UNSEEN_ACTIONS)

# name: (stream of random numbers, actions, combinations held out?, backgrounds)
SEEN_BACKGROUNDS = tuple(b for b in BACKGROUNDS if b not in UNSEEN_BACKGROUNDS)
SPLITS = {
    "train": (0, TRAINED_ACTIONS, False, SEEN_BACKGROUNDS),
    "validation": (1, TRAINED_ACTIONS, True, SEEN_BACKGROUNDS),
    "compositions": (2, TRAINED_ACTIONS, True, SEEN_BACKGROUNDS),
    "backgrounds": (3, TRAINED_ACTIONS, True, UNSEEN_BACKGROUNDS),
    "actions": (4, UNSEEN_ACTIONS, True, SEEN_BACKGROUNDS),
    "actions_backgrounds": (5, UNSEEN_ACTIONS, True, UNSEEN_BACKGROUNDS),
}

_INDEX = {name: i for i, name in enumerate(BY_NAME)}


def is_held_out(action, colour, shape):
    """Whether this combination is never trained on: one in seven. An action and its reverse share the rule, so
    that colour and shape are the same help for both: none."""
    a = BY_NAME[action]
    key = min(_INDEX[action], _INDEX[a.reverse or action])
    return (3 * key + list(COLOURS).index(colour) + 5 * SHAPES.index(shape)) % 7 == 0


def looks(action, held_out, rng):
    """Colour and shape for each shape that acts, all from one side of the rule, in different colours."""
    allowed = [(c, s) for c in COLOURS for s in SHAPES if is_held_out(action, c, s) == held_out]
    chosen = []
    while len(chosen) < BY_NAME[action].shapes:
        look = allowed[rng.integers(len(allowed))]
        if look[0] not in [c for c, _ in chosen]:
            chosen.append(look)
    return chosen


def generator(split, seed, index):
    """The random numbers of clip `index`: no two splits, seeds or clips share any."""
    return np.random.default_rng([SPLITS[split][0], seed, index])
