"""Reads weights to start from. Single files and the reference's checkpoints are read here; every other family, OpenAI's
archives among them, is read by the library, which writes it as a single file first."""

from __future__ import annotations

import gzip
import json
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from ..model import ActionCLIP, Options, Sizes, infer

_BUFFERS = ("input_resolution", "context_length", "vocab_size", "attn_mask")
_PREFIXES = ("module.", "model.", "_orig_mod.")


@dataclass
class Weights:
    """Tensors in the reference's names in fp32, what they tell of the model, and a single file's metadata."""

    model: dict[str, torch.Tensor]
    head: dict[str, torch.Tensor]
    sizes: Sizes
    options: Options
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def preset(self) -> dict[str, str]:
        """How a single file says that frames are chosen and resized: "resize", "short_side" and "sampling" where it
        does."""
        keys = ("resize", "short_side", "sampling")
        return {
            key: self.metadata["actionclip." + key] for key in keys if "actionclip." + key in self.metadata
        }

    def named(self) -> dict[str, torch.Tensor]:
        """The tensors by their names in the single-file form."""
        return {**self.model, **{"fusion." + name: tensor for name, tensor in self.head.items()}}

    def make_model(self, **changes: Any) -> tuple[ActionCLIP, list[str]]:
        """A model with these weights and other options, and the names of the parameters that start anew."""
        made = ActionCLIP(self.sizes, replace(self.options, **changes))
        return made, made.load(self.model, self.head)


def read_weights(path: str | Path, **load: Any) -> Weights:
    """A file, a folder, or a name in Hugging Face's cache. load: arguments of `actionclip.Model` for what the family
    does not tell, such as open_clip_name or activation."""
    weights = _plain(Path(path)) if Path(path).is_file() and not load else None
    if weights is None:
        with tempfile.TemporaryDirectory() as folder:
            weights = _single_file(_converted(str(path), folder, load))
    if weights is None:
        raise ValueError(f"{path}: the library wrote a file of another form")
    return weights


def _plain(path: Path) -> Weights | None:
    """The weights of a single file or of one of the reference's checkpoints; None of any other file, whose family has
    more to tell than its tensors do."""
    with open(path, "rb") as file:
        begins = file.read(9)
    if begins[8:] == b"{":
        return _single_file(path)
    try:
        # Mapped: the optimizer's state, twice the weights' size, is never read.
        saved = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except Exception:  # no pickle of tensors alone: an archive of TorchScript, or another program's objects
        return None
    if not isinstance(saved, dict) or not isinstance(saved.get("fusion_model_state_dict"), dict):
        return None
    model, head = _cleaned(saved["model_state_dict"]), _cleaned(saved["fusion_model_state_dict"])
    return Weights(model, head, *infer(model, head))


def _cleaned(tensors: dict[str, Any]) -> dict[str, torch.Tensor]:
    kept = {}
    for name, tensor in tensors.items():
        while name.startswith(_PREFIXES):
            name = name.split(".", 1)[1]
        if isinstance(tensor, torch.Tensor) and name.rsplit(".", 1)[-1] not in _BUFFERS:
            kept[name] = tensor.float().clone()
    return kept


def _single_file(path: str | Path) -> Weights | None:
    """The weights of a file in the single-file form; None of a safetensors file of another form."""
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
        if "actionclip.format" not in metadata:
            return None
        tensors = {name: file.get_tensor(name) for name in file.keys()}
    if any(tensor.dtype == torch.int8 for tensor in tensors.values()):
        raise ValueError(
            f"{path}: int8 weights are for running, not for training; start from the file they came from"
        )
    head = {name[7:]: tensor.float() for name, tensor in tensors.items() if name.startswith("fusion.")}
    model = _cleaned({name: tensor for name, tensor in tensors.items() if not name.startswith("fusion.")})
    return Weights(model, head, *_stated(metadata, *infer(model, head)), metadata)


def _stated(metadata: dict[str, str], sizes: Sizes, options: Options) -> tuple[Sizes, Options]:
    """The facts in a single file's metadata beyond its tensors."""
    read = {
        "head": ("head", str), "frames": ("frames", int), "temporal_shift": ("shift", str),
        "activation": ("activation", str), "epsilon": ("epsilon", float), "head_epsilon": ("head_epsilon", float),
    }  # fmt: skip
    told = {ours: kind(metadata["actionclip." + key]) for key, (ours, kind) in read.items()
            if "actionclip." + key in metadata}  # fmt: skip
    if metadata.get("actionclip.temporal_view", "0") != "0":
        raise ValueError(
            "the weights' frames see each other (temporal_view), which the trainer does not train"
        )
    if "actionclip.scoring" in metadata:
        raise ValueError("the weights' frames score by themselves (scoring), which the trainer does not train")
    for key in ("mean", "std"):
        if "actionclip." + key in metadata:
            told[key] = tuple(map(float, metadata["actionclip." + key].split()))
    heads = {key: int(metadata["actionclip." + key]) for key in ("vision_heads", "text_heads")
             if "actionclip." + key in metadata}  # fmt: skip
    return replace(sizes, **heads), replace(options, **told)


def _converted(path: str, folder: str, load: dict[str, Any]) -> Path:
    import actionclip

    target = Path(folder) / "converted.safetensors"
    with actionclip.Model(path, **load) as model:
        model.save(target)
    return target


def read_merges(path: str | Path) -> str:
    """A merge list as text, from a merge list, packed or not, or from a tokenizer.json."""
    packed = str(path).endswith(".gz")
    with gzip.open(path, "rt", encoding="utf-8") if packed else open(path, encoding="utf-8") as file:
        text = file.read()
    if not str(path).endswith(".json"):
        return text
    merges = json.loads(text)["model"]["merges"]
    return "\n".join(["#version: 0.2", *(m if isinstance(m, str) else " ".join(m) for m in merges), ""])


def merges_of(path: str | Path, weights: Weights) -> str | None:
    """The merge list that a start has in it or beside it."""
    if "actionclip.merges" in weights.metadata:
        return weights.metadata["actionclip.merges"]
    folder = Path(path) if Path(path).is_dir() else Path(path).parent
    beside = [folder / name for name in ("bpe_simple_vocab_16e6.txt.gz", "bpe_simple_vocab_16e6.txt", "merges.txt",
                                         "tokenizer.json")]  # fmt: skip
    return next((read_merges(file) for file in beside if file.is_file()), None)
