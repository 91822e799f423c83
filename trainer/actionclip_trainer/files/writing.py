"""Writes weights: the reference's checkpoint and the single-file form. A file is complete or not there."""

from __future__ import annotations

import json
import os
import struct
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ..model import Options, Sizes


def replaced(path: Path, write: Callable[[Path], None]) -> None:
    """Writes beside `path`, waits for the disk, and puts the new file in the old one's place in one step."""
    part = path.with_name(path.name + ".part")
    write(part)
    with open(part, "rb") as file:
        os.fsync(file.fileno())
    os.replace(part, path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def save(path: Path, what: Any) -> None:
    """torch.save, in one step."""
    replaced(path, lambda part: torch.save(what, part))


def write_reference(
    path: Path, tensors: Mapping[str, torch.Tensor], epoch: int = 0, half: bool = False
) -> None:
    """The reference's own form. half: matrices as fp16."""
    model: OrderedDict[str, torch.Tensor] = OrderedDict()
    head: OrderedDict[str, torch.Tensor] = OrderedDict()
    for name, tensor in tensors.items():
        kept = (tensor.half() if half and tensor.dim() > 1 else tensor).detach().cpu().clone()
        if name.startswith("fusion."):
            head["module." + name[7:]] = kept
        else:
            model[name] = kept
    save(
        path,
        {
            "epoch": epoch,
            "model_state_dict": model,
            "fusion_model_state_dict": head,
            "optimizer_state_dict": {},
        },
    )


def write_single_file(
    path: Path,
    tensors: Mapping[str, torch.Tensor],
    sizes: Sizes,
    options: Options,
    merges: str | None = None,
    labels: Sequence[str] = (),
    templates: Sequence[str] = (),
    notes: Mapping[str, str] | None = None,
    half: bool = False,
) -> None:
    """The library's form, docs/FORMAT.md, with everything in it that the library needs. merges: the text of CLIP's
    merge list. half: matrices as fp16."""
    if options.label_attention != "off":
        raise ValueError("the library has no attention of labels: write the reference's form, for this trainer alone")
    metadata = {
        "actionclip.format": "1", "actionclip.head": options.head, "actionclip.frames": str(options.frames),
        "actionclip.joint": "on" if options.joint else "off", "actionclip.temporal_shift": options.shift,
        "actionclip.activation": options.activation, "actionclip.epsilon": repr(options.epsilon),
        "actionclip.head_epsilon": repr(options.head_epsilon),
        "actionclip.vision_heads": str(sizes.vision_heads or sizes.width // 64),
        "actionclip.text_heads": str(sizes.text_heads or sizes.text_width // 64),
        "actionclip.mean": " ".join(map(repr, options.mean)), "actionclip.std": " ".join(map(repr, options.std)),
    }  # fmt: skip
    if merges:
        metadata["actionclip.merges"] = merges
    for key, texts in (("labels", labels), ("templates", templates)):
        if texts:
            metadata["actionclip." + key] = json.dumps(list(texts), ensure_ascii=False)
    for key, text in (notes or {}).items():
        metadata["actionclip." + key] = text
    kept = {
        name: (tensor.half() if half and tensor.dim() > 1 else tensor).detach().cpu().contiguous().clone()
        for name, tensor in tensors.items()
    }
    replaced(path, lambda part: part.write_bytes(_safetensors(kept, metadata)))


def _safetensors(tensors: dict[str, torch.Tensor], metadata: dict[str, str]) -> bytes:
    """A safetensors file with the keys of its header sorted: the package's own order differs from run to run."""
    from safetensors.torch import save as serialised

    data = serialised(tensors, metadata)
    end = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.dumps(
        json.loads(data[8:end]), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    ).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + data[end:]
