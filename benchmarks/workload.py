"""The tasks that are measured, and their inputs. Everything is made from fixed seeds."""

import dataclasses
import math

import numpy as np

SIDE, FRAMES, CONTEXT, EMBEDDING = 224, 8, 77, 512
START, END = 49406, 49407
PROMPTS, PROMPT_TOKENS, COMMON_TOKENS = 400, 10, 4
TEMPLATES = 16
MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)
PRECISIONS = ("fp32", "bf16", "int8")


@dataclasses.dataclass(frozen=True)
class Task:
    name: str
    title: str
    kind: str  # image, text, video, score, load or memory
    patch: int = 16
    frames: int = FRAMES
    rows: str = ""  # which token rows, of those `inputs` makes
    length: int = CONTEXT  # positions that peers compute
    peer_share: int = 1  # peers compute one in so many rows; their time is multiplied
    long: bool = False  # peers take seconds: a third of the rounds

    def rounds(self, rounds):
        if self.kind == "memory":
            return 1
        return min(rounds, max(3, math.ceil(rounds / 3))) if self.long else rounds


TASKS = (
    Task("b16-8", "ViT-B/16, 8 frames", "image"),
    Task("b16-1", "ViT-B/16, 1 frame", "image", frames=1),
    Task("b32-8", "ViT-B/32, 8 frames", "image", patch=32),
    Task("prompts", "400 prompts of 10 tokens, peers padded to 77", "text", rows="prompts", long=True),
    Task("prompts-fair", "400 prompts of 10 tokens, peers given 10", "text", rows="prompts",
         length=PROMPT_TOKENS),
    Task("templates", "400 labels in 16 templates, peers padded to 77 (their time: 400 prompts, times 16)", "text",
         rows="templates", peer_share=TEMPLATES, long=True),
    Task("video", "10 s of 720p H.264 to the embedding of 8 frames", "video"),
    Task("x-clip", "X-CLIP ViT-B/16, 8 frames against 400 labels whose embeddings are kept", "score"),
    Task("load", "files to the first embedding of 1 frame, both encoders loaded", "load", frames=1),
    Task("memory", "resident memory after 8 frames and 400 prompts", "memory", rows="prompts"),
)  # fmt: skip
TASK = {task.name: task for task in TASKS}
#: Those of --quick: no peer takes more than a second.
QUICK = ("b16-8", "b16-1", "b32-8", "prompts-fair", "load")


def inputs():
    """Arrays by name: pixels; rows of tokens, zeros after each prompt's end; embeddings of labels."""
    rng = np.random.default_rng(0)
    pixels = rng.standard_normal((FRAMES, 3, SIDE, SIDE)).astype(np.float32)
    prompts = np.zeros((PROMPTS, CONTEXT), np.int64)
    prompts[:, 0], prompts[:, PROMPT_TOKENS - 1] = START, END
    prompts[:, 1 : PROMPT_TOKENS - 1] = _ids(rng, (PROMPTS, PROMPT_TOKENS - 2))
    prompts[:, 1:COMMON_TOKENS] = prompts[0, 1:COMMON_TOKENS]
    given = {"pixels": pixels, "prompts": prompts, "templates": _templates(rng)}
    return given | {"labels": rng.standard_normal((PROMPTS, EMBEDDING)).astype(np.float32)}


def _templates(rng):
    """Every label in every template, a label's rows together: a prefix, the label, a suffix."""
    templates = [(_ids(rng, rng.integers(3, 7)), _ids(rng, rng.integers(0, 3))) for _ in range(TEMPLATES)]
    labels = [_ids(rng, rng.integers(1, 5)) for _ in range(PROMPTS)]
    rows = np.zeros((PROMPTS * TEMPLATES, CONTEXT), np.int64)
    for row, (label, (prefix, suffix)) in zip(rows, ((l, t) for l in labels for t in templates)):
        tokens = [START, *prefix, *label, *suffix, END]
        row[: len(tokens)] = tokens
    return rows


def _ids(rng, size):
    return rng.integers(300, 40000, size)


def peer_rows(task, rows):
    """The rows that peers compute: of every label one prompt, the templates in turn."""
    if task.peer_share == 1:
        return rows
    index = np.arange(len(rows) // task.peer_share)
    return rows[index * task.peer_share + index % task.peer_share]


def worst_cosine(found, expected):
    found, expected = found.astype(np.float64), expected.astype(np.float64)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(expected, axis=1)
    return float(((found * expected).sum(1) / lengths).min())
