"""Weights in files: reading any family, writing the reference's form and the single-file form."""

from .reading import Weights, read_weights
from .writing import write_reference, write_single_file

__all__ = ["Weights", "read_weights", "write_reference", "write_single_file"]
