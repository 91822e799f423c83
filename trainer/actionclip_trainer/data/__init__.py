"""Clips and texts for training: where they come from, and in what order."""

from .order import Order
from .source import Source, SyntheticSource, TensorSource
from .texts import Texts

__all__ = ["Order", "Source", "SyntheticSource", "TensorSource", "Texts"]
