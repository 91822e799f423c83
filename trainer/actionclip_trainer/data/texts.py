"""The texts of labels as token ids, and the draw of a template for each clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from .source import Labels

#: The reference's templates.
TEMPLATES = (
    "a photo of action {}", "a picture of action {}", "Human action of {}", "{}, an action", "{} this is an action",
    "{}, a video of action", "Playing action of {}", "{}", "Playing a kind of action, {}",
    "Doing a kind of action, {}", "Look, the human is {}", "Can you recognize the action of {}?",
    "Video classification of {}", "A video of {}", "The man is {}", "The woman is {}",
)  # fmt: skip


class Texts:
    """Token ids [templates, labels, context] of every prompt."""

    def __init__(self, tokens: torch.Tensor) -> None:
        self.tokens = tokens
        self.templates, self.labels = tokens.shape[:2]
        #: Positions up to the longest prompt's end, rounded up to eight.
        self.length = min(int(tokens.argmax(-1).max()) // 8 * 8 + 8, tokens.shape[-1])

    @classmethod
    def tokenized(
        cls, labels: Sequence[str], templates: Sequence[str], tokenizer: str, context: int, vocabulary: int
    ) -> Texts:
        """Prompts by the library's tokenizer, from a merge list or a tokenizer.json."""
        import actionclip

        rows = torch.zeros(len(templates), len(labels), context, dtype=torch.int32)
        with actionclip.Tokenizer(tokenizer) as encoder:
            for i, template in enumerate(templates):
                for j, label in enumerate(labels):
                    text = template.replace("{}", label)
                    ids = [vocabulary - 2, *encoder.encode(text), vocabulary - 1]
                    if len(ids) > context:
                        raise ValueError(f"{text!r} has {len(ids)} tokens; the model takes {context}")
                    if max(ids) >= vocabulary:
                        raise ValueError(
                            f"the tokenizer has ids beyond the model's vocabulary of {vocabulary}"
                        )
                    rows[i, j, : len(ids)] = torch.tensor(ids)
        return cls(rows)

    @classmethod
    def synthetic(cls, labels: int, templates: int, context: int, vocabulary: int, seed: int = 0) -> Texts:
        """Prompts of random ids: a few of the template and a few of the label."""
        made = np.random.default_rng(seed)
        ids = lambda rows: made.integers(1, vocabulary - 2, (rows, min(4, (context - 2) // 2)))
        first, second = ids(templates), ids(labels)
        rows = torch.zeros(templates, labels, context, dtype=torch.int32)
        for i in range(templates):
            for j in range(labels):
                row = [vocabulary - 2, *first[i], *second[j], vocabulary - 1]
                rows[i, j, : len(row)] = torch.tensor(row)
        return cls(rows)

    def draw(self, labels: Labels, random: np.random.Generator) -> torch.Tensor:
        """A template and, of several labels, one, at random: [length]."""
        return self.tokens[random.integers(self.templates), random.choice(labels), : self.length]

    def all(self, template: int) -> torch.Tensor:
        """Every label in a template: [labels, length]."""
        return self.tokens[template, :, : self.length]


def share_labels(a: Sequence[Labels], b: Sequence[Labels]) -> torch.Tensor:
    """Where two items have a label in common: bool [a, b]."""
    count = 1 + max((label for labels in (*a, *b) for label in labels), default=0)
    rows = [torch.zeros(len(x), count) for x in (a, b)]
    for row, items in zip(rows, (a, b), strict=True):
        for i, labels in enumerate(items):
            row[i, list(labels)] = 1
    return rows[0] @ rows[1].T > 0
