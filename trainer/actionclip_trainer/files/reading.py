"""Reads weights to start from. The reference's files and files with CLIP's names are read here; every other family, OpenAI's
archives among them, is read by the library, which writes it as a single file first."""

from __future__ import annotations

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

    def named(self) -> dict[str, torch.Tensor]:
        """The tensors by their names in the single-file form."""
        return {**self.model, **{"fusion." + name: tensor for name, tensor in self.head.items()}}

    def make_model(self, **changes: Any) -> tuple[ActionCLIP, list[str]]:
        """A model with these weights and other options, and the names of the parameters that start anew."""
        made = ActionCLIP(self.sizes, replace(self.options, **changes))
        return made, made.load(self.model, self.head)


def read_weights(path: str | Path, **load: Any) -> Weights:
    """A file, a folder, or a name in Hugging Face's cache. load: arguments of `actionclip.Model` for what the family does
    not tell, such as open_clip_name or activation."""
    path = str(path)
    saved = _plain(Path(path)) if Path(path).is_file() else None
    if saved is None:
        with tempfile.TemporaryDirectory() as folder:
            return _single_file(_converted(path, folder, load))
    if isinstance(saved, Weights):
        return saved
    model, head = saved
    sizes, options = infer(model, head)
    return Weights(model, head, sizes, options)


def _plain(path: Path) -> Weights | tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]] | None:
    """The weights of a file with CLIP's names, or None."""
    with open(path, "rb") as file:
        begins = file.read(9)
    if begins[8:] == b"{":
        single = _single_file(path)
        return single if "actionclip.format" in single.metadata or "visual.proj" in single.model else None
    try:
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except Exception:  # no pickle of tensors alone: an archive of TorchScript, or another program's objects
        return None
    if not isinstance(saved, dict):
        return None
    tensors = saved.get("model_state_dict", saved.get("state_dict", saved))
    if not isinstance(tensors, dict):
        return None
    model = _cleaned(tensors)
    if "visual.conv1.weight" not in model:
        return None
    return model, _cleaned(saved.get("fusion_model_state_dict") or {})


def _cleaned(tensors: dict[str, Any]) -> dict[str, torch.Tensor]:
    kept = {}
    for name, tensor in tensors.items():
        while name.startswith(_PREFIXES):
            name = name.split(".", 1)[1]
        if isinstance(tensor, torch.Tensor) and name.rsplit(".", 1)[-1] not in _BUFFERS:
            kept[name] = tensor.float()
    return kept


def _single_file(path: str | Path) -> Weights:
    from safetensors import safe_open

    with safe_open(path, "pt") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}
    head = {name[7:]: tensor for name, tensor in tensors.items() if name.startswith("fusion.")}
    model = _cleaned({name: tensor for name, tensor in tensors.items() if not name.startswith("fusion.")})
    if metadata.get("actionclip.compute") == "int8" or any(name.endswith("scale") for name in model if "." in name):
        raise ValueError(f"{path}: int8 weights are for running, not for training; start from the file they came from")
    if "visual.proj" not in model:
        return Weights(model, head, Sizes(), Options(), metadata)
    sizes, options = infer(model, head)
    return Weights(model, head, *_stated(metadata, sizes, options), metadata)


def _stated(metadata: dict[str, str], sizes: Sizes, options: Options) -> tuple[Sizes, Options]:
    """What a single file's metadata say beyond its tensors."""
    read = {
        "head": ("head", str), "frames": ("frames", int), "temporal_shift": ("shift", str),
        "activation": ("activation", str), "epsilon": ("epsilon", float), "head_epsilon": ("head_epsilon", float),
    }  # fmt: skip
    told = {ours: kind(metadata["actionclip." + key]) for key, (ours, kind) in read.items()
            if "actionclip." + key in metadata}  # fmt: skip
    if metadata.get("actionclip.temporal_view", "0") != "0":
        raise ValueError("the weights' frames see each other (temporal_view), which the trainer does not train")
    heads = {key: int(metadata["actionclip." + key]) for key in ("vision_heads", "text_heads")
             if "actionclip." + key in metadata}  # fmt: skip
    return replace(sizes, **heads), replace(options, **told)


def _converted(path: str, folder: str, load: dict[str, Any]) -> Path:
    import actionclip

    target = Path(folder) / "converted.safetensors"
    with actionclip.Model(path, **load) as model:
        model.save(target)
    return target


def labels_of(metadata: dict[str, str]) -> list[str]:
    """The labels that a single file names."""
    return json.loads(metadata.get("actionclip.labels", "[]"))
