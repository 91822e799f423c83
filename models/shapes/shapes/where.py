"""The contents of a frame as numbers: where each shape is, how big, how turned, which shape, which colour.

Captions alone teach a small network places and turns very slowly. A linear layer that reads these numbers off the
frame embeddings helps it during training and is thrown away afterwards: the model keeps CLIP's form.
"""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from .world import COLOURS, SHAPES

SLOTS = 2      # the shapes in a frame, in the order of their colours
NUMBERS = 5    # x, y, size, cosine and sine of the turn
_COLOUR = {c: i for i, c in enumerate(COLOURS)}


def states_of(scene, times):
    """float32 [T, SLOTS, NUMBERS + 3]: the numbers, shape, colour, and whether there is such a shape."""
    states, _ = scene.states(times)
    out = np.zeros((len(times), SLOTS, NUMBERS + 3), np.float32)
    order = sorted(range(len(scene.actors)), key=lambda i: _COLOUR[scene.actors[i].colour])
    for t in range(len(times)):
        seen = [i for i in order if states[i, 4, t] > 0.3]
        if len(seen) > SLOTS:
            continue
        for slot, i in enumerate(seen):
            x, y, radius, turn, _ = states[i, :, t]
            out[t, slot] = (x * 2, y * 2, np.log(radius / 0.26) * 2, np.cos(turn), np.sin(turn),
                            SHAPES.index(scene.actors[i].shape), _COLOUR[scene.actors[i].colour], 1)
    return out


class Where(nn.Module):
    def __init__(self, embed):
        super().__init__()
        self.read = nn.Linear(embed, SLOTS * (NUMBERS + len(SHAPES) + len(COLOURS) + 1))

    def forward(self, frames, where):
        """frames [N, E] and [N, SLOTS, NUMBERS + 3] -> loss, and the part of each kind that is not explained."""
        said = self.read(frames).view(len(frames), SLOTS, -1)
        numbers, shape, colour, there = said.split([NUMBERS, len(SHAPES), len(COLOURS), 1], -1)
        real = where[..., -1]
        count = real.sum().clamp(min=1)
        off = ((numbers - where[..., :NUMBERS]) ** 2 * real[..., None]).sum((0, 1)) / count
        each = lambda logits, k: (F.cross_entropy(logits.flatten(0, 1), where[..., k].long().flatten(),
                                                  reduction="none") * real.flatten()).sum() / count
        kinds = each(shape, NUMBERS), each(colour, NUMBERS + 1)
        loss = off.sum() + sum(kinds) / 2 + F.binary_cross_entropy_with_logits(there[..., 0], real)
        return loss, torch.stack([off[:2].mean(), off[2], off[3:].mean(), *kinds]).detach()
