"""The losses of stage 2 beside the matching of videos and texts, as the trainer takes them."""
import torch
import torch.nn.functional as F
from actionclip_trainer.auxiliary import AuxiliaryLoss
from torch import nn

from .actions import BY_NAME, COMPOUNDS
from .factors import Factors
from .splits import TRAINED_ACTIONS
from .where import Where

# A plain classification head has a row for each: the labels first.
CLASSES = (*TRAINED_ACTIONS, *(a.name for a in COMPOUNDS))
# From an action's number to its class.
CLASS_OF = torch.tensor([CLASSES.index(n) if n in CLASSES else -1 for n in BY_NAME])


class Readers(AuxiliaryLoss):
    """Reads places off the frames (where.py) and factors off the embeddings of videos and texts (factors.py). With
    `classifier` a plain head reads the actions off the videos, in place of the texts."""

    def __init__(self, embed, where=1.0, factors=1.0, classifier=False):
        super().__init__()
        self.classes = nn.Linear(embed, len(CLASSES)) if classifier else None
        self.where, self.factors = Where(embed), Factors(embed)
        self.weights = where, factors

    def forward(self, features, targets):
        found = {}
        if self.weights[0] and features.frames is not None:
            loss, _ = self.where(features.frames.flatten(0, 1), targets["states"].flatten(0, 1))
            found["where"] = self.weights[0] * loss
        if self.weights[1]:
            pairs = [(features.videos, targets["video factors"])]
            if not self.classes:
                pairs.append((features.texts, targets["text factors"]))
            found["factors"] = self.weights[1] * sum(self.factors(*pair) for pair in pairs) / len(pairs)
        if self.classes:
            found["classes"] = F.cross_entropy(self.classes(features.videos), targets["classes"])
        return found
