"""The configuration of a run: a TOML file, whose fields may be set on the command line too."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from importlib import resources
from pathlib import Path
from typing import Any

from .recipe import Recipe, recipe


@dataclass
class ListOf:
    """A list of videos, as `actionclip list` reads it."""

    list: str = ""
    labels: str | None = None
    root: str | None = None
    split: str | None = None
    multi_label: bool = False


@dataclass
class Start:
    """The weights to start from, and the temporal options, where they are not those of the weights."""

    start: str = ""
    #: A merge list or tokenizer.json; else the one in the start's file or beside it.
    tokenizer: str | None = None
    frames: int = 8
    head: str | None = None
    #: "on", "off" or "causal".
    shift: str | None = None
    joint: bool | None = None
    #: Dropout of the Transf_cls head; the reference has torch's 0.1.
    head_dropout: float = 0.0
    #: What the start's family does not tell, for the library's reader.
    open_clip_name: str | None = None
    activation: str | None = None


@dataclass
class RunOptions:
    """Where a run writes, and how it goes."""

    out: str = ""
    #: Worker processes that decode, of each process.
    workers: int = 8
    #: Epochs between measurements on held-out, tested and kept lists.
    evaluate_every: float = 1.0
    #: Minutes between saved states; one is written after every measurement and at the end too.
    save_minutes: float = 10.0
    #: Steps between lines on standard error.
    log_every: int = 20
    #: Trades time for memory.
    recompute: bool = False
    compiled: bool = False
    #: Matrices of the written models as fp16.
    half: bool = False
    device: str | None = None


@dataclass
class Configuration:
    """model: the start. data: the clips to train on; held_out, if not 0, is the share of its videos that is measured
    and never trained on. test: other lists that are measured, by names. kept: lists with labels of their own, whose
    zero-shot accuracy is watched."""

    model: Start
    data: ListOf
    recipe: Recipe
    run: RunOptions
    held_out: float = 0.0
    templates: list[str] = field(default_factory=list)
    test: dict[str, ListOf] = field(default_factory=dict)
    kept: dict[str, ListOf] = field(default_factory=dict)


def read_configuration(path: str | Path, changes: Sequence[str] = ()) -> Configuration:
    """A TOML file, or one of this package's by its name, with changes like "recipe.lr=1e-5" in TOML's spelling; a
    value that is none is a string. Paths in it are as they stand: relative ones begin in the current folder."""
    given = tomllib.loads(_text(path))
    for change in changes:
        _set(given, change)
    unknown = set(given) - {"model", "data", "recipe", "run", "test", "kept"}
    if unknown:
        raise ValueError(f"{path}: there is no table [{min(unknown)}]")
    data = dict(given.get("data", {}))
    held_out, templates = float(data.pop("held_out", 0)), list(data.pop("templates", []))
    settings = dict(given.get("recipe", {}))
    made = Configuration(
        _made(Start, given, "model"), _made(ListOf, {"data": data}, "data"),
        recipe(settings.pop("preset", "anchored"), settings), _made(RunOptions, given, "run"), held_out, templates,
        *({name: _made(ListOf, given[kind], name) for name in given.get(kind, {})} for kind in ("test", "kept")),
    )  # fmt: skip
    for name, value in (
        ("model.start", made.model.start),
        ("data.list", made.data.list),
        ("run.out", made.run.out),
    ):
        if not value:
            raise ValueError(f"{path}: {name} is missing")
    if made.held_out == 0 and not made.test:
        raise ValueError(
            f"{path}: nothing tells what the training reaches: set data.held_out or a list under test"
        )
    return made


def _text(path: str | Path) -> str:
    if Path(path).is_file():
        return Path(path).read_text(encoding="utf-8")
    folder = resources.files(__package__) / "configurations"
    names = sorted(
        file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")
    )
    if str(path) not in names:
        raise FileNotFoundError(
            f"{path}: no such file, and no configuration of this package: {', '.join(names)}"
        )
    return (folder / f"{path}.toml").read_text(encoding="utf-8")


def _set(tables: dict[str, Any], change: str) -> None:
    name, sign, value = change.partition("=")
    *outer, last = name.strip().split(".")
    if not sign or not outer:
        raise ValueError(f"{change!r}: expected TABLE.FIELD=VALUE, such as recipe.lr=1e-5")
    for part in outer:
        tables = tables.setdefault(part, {})
    try:
        tables[last] = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        tables[last] = value


def _made(kind: type, tables: dict[str, Any], name: str) -> Any:
    table = tables.get(name, {})
    unknown = set(table) - {f.name for f in fields(kind)}
    if unknown:
        raise ValueError(
            f"[{name}] has no field {min(unknown)!r}; it has {', '.join(f.name for f in fields(kind))}"
        )
    return kind(**table)
