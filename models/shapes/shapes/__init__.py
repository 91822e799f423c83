"""Short synthetic videos of coloured shapes that act, with captions. Deterministic by seed."""
