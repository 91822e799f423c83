"""ActionCLIP as modules whose state dicts are the reference's checkpoint."""

from .actionclip import ActionCLIP
from .options import HEADS, Options, Sizes, infer

__all__ = ["HEADS", "ActionCLIP", "Options", "Sizes", "infer"]
