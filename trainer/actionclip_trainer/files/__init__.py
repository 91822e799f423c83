"""Weights in files: reading any family, writing the reference's form and the single-file form."""

from .reading import Weights, merges_of, read_merges, read_weights
from .writing import save, write_reference, write_single_file

__all__ = [
    "Weights",
    "merges_of",
    "read_merges",
    "read_weights",
    "save",
    "write_reference",
    "write_single_file",
]
