"""The factors of an action: which way, how its size and turn change, how many act, which verb.

Labels alone let a small network learn the trained actions by heart, each a point of its own, and an action never
trained on is then nowhere. One linear layer that reads these factors off the video embeddings and the text
embeddings alike makes both spaces add up from the same parts. It is thrown away after training: the model keeps
CLIP's form. An action never trained on is not shown to it either.
"""
import numpy as np
import torch.nn.functional as F
from torch import nn

from .actions import BY_NAME, DIRECTIONS

KINDS = ("across", "down", "size", "turn")  # each less, the same or more, in the first half and in the second
_OF_CHANGE = {"shrinking": (0, 0, -1, 0), "growing": (0, 0, 1, 0),
              "spinning counterclockwise": (0, 0, 0, -1), "spinning clockwise": (0, 0, 0, 1)}
_UNSAID = -2
_PARTS = {d: (*step, 0, 0) for d, step in DIRECTIONS.items()} | _OF_CHANGE | {"drifting": (_UNSAID, _UNSAID, 0, 0)}
_ANY_WAY = ("starting to move midway", "stopping midway", "speeding up", "slowing down")
_STILL = ("appearing", "disappearing", "blinking", "staying still")
# An action that is not made of parts is a verb of its own, whichever way it goes; with two it is the verb of one.
VERBS = ("",) + tuple(dict.fromkeys(a.name.removeprefix("two shapes ") for a in BY_NAME.values() if not a.detail))
_WAYS = [half * len(KINDS) + k for half in range(2) for k in range(2)]
CLASSES = (3,) * (2 * len(KINDS)) + (2, len(VERBS))


def factors_of(action):
    """int8 [len(CLASSES)]; -1 where the action does not say."""
    if action.family == "two ways":
        return np.array([*[-1] * 2 * len(KINDS), 1, -1], np.int8)
    parts = [np.array(_PARTS[d]) for d in action.detail]
    verb = "" if parts else action.name.removeprefix("two shapes ")
    if action.family not in ("turn", "sequence"):  # all at once
        parts = [np.maximum(np.sum(parts, 0, int), _UNSAID) if parts else np.zeros(len(KINDS), int)] * 2
    changes = np.maximum(np.concatenate(parts) + 1, -1)
    if verb and verb not in _STILL:
        changes[_WAYS] = -1
    return np.array([*changes, action.shapes - 1, VERBS.index(verb)], np.int8)


def factors_of_scene(scene):
    """The factors of a scene: those of its action, and the way of a shape that may go any way, as it goes."""
    factors = factors_of(BY_NAME[scene.action])
    if scene.action in _ANY_WAY or "drifting" in BY_NAME[scene.action].detail:
        states, camera = scene.states(np.array([0, 0.5, 1]))
        steps = np.diff(states[0, :2] - camera, axis=1).T  # [half, (across, down)]
        clear = np.where(abs(steps) > 0.15, np.sign(steps) + 1, np.where(abs(steps) < 0.05, 1, -1))
        factors[_WAYS] = np.where(factors[_WAYS] < 0, clear.ravel(), factors[_WAYS])
    return factors


NO_FACTORS = np.full(len(CLASSES), -1, np.int8)
FACTORS = np.stack([factors_of(a) for a in BY_NAME.values()])


class Factors(nn.Module):
    def __init__(self, embed):
        super().__init__()
        self.read = nn.Linear(embed, sum(CLASSES))

    def forward(self, embeddings, factors):
        """[N, E] and [N, len(CLASSES)] -> loss."""
        said = self.read(F.normalize(embeddings, dim=-1) * embeddings.shape[1] ** 0.5).split(CLASSES, -1)
        return sum(F.cross_entropy(logits, k, ignore_index=-1)
                   for logits, k in zip(said, factors.long().unbind(-1)) if (k >= 0).any())
