#!/usr/bin/env python3
"""Makes Tests/fixtures/torchscript: files written by torch.jit.save, and what reading them must give.

clip.pt               a tiny CLIP laid out as CLIP's own files are: traced, fp16 matrices, fp32 LayerNorms and
                      tables, whole numbers as buffers. The towers share what keeps the file small: their MLPs and
                      one of the attention's matrices
inputs.safetensors    pixels and token ids
expected.safetensors  PyTorch's embeddings of them in fp32
many.pt               a module with attributes of every kind
many.safetensors      its state dict and the tensor that is a mere attribute, as fp32

Both are as torch wrote them but for the programs' debug_pkl, which name files of the machine they were made on.

usage: make_torchscript_fixture.py [OUTPUT_DIRECTORY]
"""
import contextlib
import enum
import math
import struct
import sys
import warnings
from collections import OrderedDict
from pathlib import Path
from typing import Dict, List, Optional

import torch
from safetensors.torch import save_file
from torch import nn

ROOT = Path(__file__).resolve().parent.parent


class LayerNorm(nn.LayerNorm):
    """In fp32 whatever its input is."""

    def forward(self, x):
        return nn.functional.layer_norm(x.float(), [x.shape[-1]], self.weight, self.bias, self.eps).to(x.dtype)


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class ResidualAttentionBlock(nn.Module):
    def __init__(self, width, mlp, mask=None):
        super().__init__()
        self.attn = nn.MultiheadAttention(width, width // 64)
        self.ln_1 = LayerNorm(width)
        self.mlp = mlp or nn.Sequential(OrderedDict(
            c_fc=nn.Linear(width, 4 * width), gelu=QuickGELU(), c_proj=nn.Linear(4 * width, width)))
        self.ln_2 = LayerNorm(width)
        self.attn_mask = mask

    def forward(self, x):
        y = self.ln_1(x)
        mask = None if self.attn_mask is None else self.attn_mask.to(x.dtype)
        x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
        return x + self.mlp(self.ln_2(x))


class Transformer(nn.Module):
    def __init__(self, width, layers, mlps, mask=None):
        super().__init__()
        self.resblocks = nn.Sequential(*(ResidualAttentionBlock(width, mlp, mask) for mlp in mlps or [None] * layers))

    def forward(self, x):
        return self.resblocks(x)


class VisualTransformer(nn.Module):
    def __init__(self, resolution, patch, width, layers, embed):
        super().__init__()
        self.input_resolution = resolution
        self.conv1 = nn.Conv2d(3, width, patch, patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(width) * 0.3)
        self.positional_embedding = nn.Parameter(torch.randn((resolution // patch) ** 2 + 1, width) * 0.3)
        self.ln_pre = LayerNorm(width)
        self.transformer = Transformer(width, layers, None)
        self.ln_post = LayerNorm(width)
        self.proj = nn.Parameter(torch.randn(width, embed) * width**-0.5)

    def forward(self, x):
        x = self.conv1(x).flatten(2).permute(0, 2, 1)
        x = torch.cat([self.class_embedding.to(x.dtype).expand(x.shape[0], 1, -1), x], dim=1)
        x = self.ln_pre(x + self.positional_embedding.to(x.dtype))
        x = self.transformer(x.permute(1, 0, 2)).permute(1, 0, 2)
        return self.ln_post(x[:, 0]) @ self.proj


class CLIP(nn.Module):
    def __init__(self, resolution=16, patch=4, width=64, layers=1, embed=32, context=16, vocabulary=48, share=False):
        super().__init__()
        self.visual = VisualTransformer(resolution, patch, width, layers, embed)
        mask = torch.full((context, context), -math.inf).triu(1)
        shown = self.visual.transformer.resblocks
        self.transformer = Transformer(width, layers, [block.mlp for block in shown] if share else None, mask)
        for block, other in zip(self.transformer.resblocks, shown if share else ()):
            block.attn.in_proj_weight = other.attn.in_proj_weight
        self.token_embedding = nn.Embedding(vocabulary, width)
        self.positional_embedding = nn.Parameter(torch.randn(context, width) * 0.3)
        self.ln_final = LayerNorm(width)
        self.text_projection = nn.Parameter(torch.randn(width, embed) * width**-0.5)
        self.logit_scale = nn.Parameter(torch.tensor(math.log(100.0)))
        for name, value in (("input_resolution", resolution), ("context_length", context),
                            ("vocab_size", vocabulary)):
            self.register_buffer(name, torch.tensor(value))

    def encode_image(self, image):
        return self.visual(image.to(self.visual.conv1.weight.dtype))

    def encode_text(self, text):
        x = (self.token_embedding(text) + self.positional_embedding).to(self.text_projection.dtype)
        x = self.ln_final(self.transformer(x.permute(1, 0, 2)).permute(1, 0, 2))
        return x[torch.arange(x.shape[0]), text.argmax(-1)] @ self.text_projection

    def forward(self, image, text):
        return self.encode_image(image), self.encode_text(text)


def spread(model):
    """Weights far from what modules begin with, so that one left out shows."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            if "ln_" in name:
                value.add_(torch.randn_like(value) * 0.2)
            elif name.endswith("bias"):
                value.copy_(torch.randn_like(value) * 0.1)
            elif name.endswith("in_proj_weight"):
                value.mul_(1.6)


def halve(model):
    """Whether CLIP's files keep a tensor as fp16: convolutions, linear layers, attention, both projections."""
    for module in model.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            module.half()
        if isinstance(module, nn.MultiheadAttention):
            module.in_proj_weight.data = module.in_proj_weight.data.half()
            module.in_proj_bias.data = module.in_proj_bias.data.half()
    model.visual.proj.data = model.visual.proj.data.half()
    model.text_projection.data = model.text_projection.data.half()


def inputs_of(model, count=3):
    resolution, context, vocabulary = (
        int(getattr(model, name)) for name in ("input_resolution", "context_length", "vocab_size"))
    pixels = torch.randn(count, 3, resolution, resolution)
    tokens = torch.zeros(count, context, dtype=torch.int32)
    for row, length in zip(tokens, [1, context - 2] + [5] * (count - 2)):
        row[0] = vocabulary - 2
        row[1 : length + 1] = torch.randint(1, vocabulary - 2, (length,))
        row[length + 1] = vocabulary - 1
    return pixels, tokens


@torch.no_grad()
def traced(model, pixels, tokens):
    """All three methods, as in CLIP's files. The masks become constants of the code."""
    with quiet():
        return torch.jit.trace_module(
            model.eval(),
            {"encode_image": pixels, "encode_text": tokens.long(), "forward": (pixels, tokens.long())},
            check_trace=False)


def scripted(module):
    """Compiled, with every attribute: the masks too."""
    with quiet():
        return torch.jit.script(module.eval())


@contextlib.contextmanager
def quiet():
    """torch.jit is deprecated and says so each time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@torch.no_grad()
def embeddings(model, pixels, tokens):
    model = model.float()
    return {"image_features": model.encode_image(pixels), "text_features": model.encode_text(tokens.long())}


def without_debug_information(path):
    """Drops entries from a zip archive; every other one keeps its bytes, headers and all."""
    data = path.read_bytes()
    size, start = struct.unpack_from("<QQ", data, len(data) - 22 - 20 - 56 + 40)
    entries, position = [], start
    while position < start + size:
        name, extra = struct.unpack_from("<HH", data, position + 28)
        (offset,) = struct.unpack_from("<I", data, position + 42)
        end = position + 46 + name + extra
        entries.append((offset, bytearray(data[position:end]), data[position + 46 : position + 46 + name]))
        position = end
    ends = [offset for offset, _, _ in entries[1:]] + [start]
    body, directory, count = bytearray(), bytearray(), 0
    for (offset, header, name), end in zip(entries, ends):
        if not name.endswith(b".debug_pkl"):
            struct.pack_into("<I", header, 42, len(body))
            body += data[offset:end]
            directory += header
            count += 1
    tail = bytearray(data[start + size :])
    struct.pack_into("<QQQQ", tail, 24, count, count, len(directory), len(body))
    struct.pack_into("<Q", tail, 56 + 8, len(body) + len(directory))
    struct.pack_into("<HHII", tail, 56 + 20 + 8, count, count, len(directory), len(body))
    path.write_bytes(body + directory + tail)
    torch.jit.load(path)


def write_clip(out):
    torch.manual_seed(11)
    model = CLIP(share=True)
    spread(model)
    halve(model)
    pixels, tokens = inputs_of(model)
    traced(model, pixels, tokens).save(str(out / "clip.pt"))
    without_debug_information(out / "clip.pt")
    save_file({"pixels": pixels, "tokens": tokens}, out / "inputs.safetensors")
    save_file(embeddings(model, pixels, tokens), out / "expected.safetensors")


class Colour(enum.Enum):
    RED = 1


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 4).half())
        self.register_buffer("count", torch.tensor(7))
        self.nothing = None

    def forward(self, x):
        return x @ self.weight.float() + self.count


class Many(nn.Module):
    integers: List[int]
    lengths: Dict[str, int]
    tensors: List[torch.Tensor]
    maybe: Optional[int]

    def __init__(self):
        super().__init__()
        self.part = Part()
        self.tied = self.part.weight
        self.list = nn.ModuleList([Part(), Part()])
        self.view = nn.Parameter(torch.randn(5, 3).t())
        self.register_buffer("row", self.view.data.t()[1:3, 1:])
        self.plain = torch.ones(2)
        self.integers, self.lengths, self.tensors = [1, 2], {"a": 1}, [torch.ones(2)]
        self.numbers, self.flags, self.words = [1.0, 2.0], [True], ["a", "b"]
        self.pair, self.word, self.real, self.whole, self.wide = (1, "x", 2.0), "abc", 1.5, 7, 2**40
        self.device, self.maybe, self.colour, self.complex = torch.device("cpu"), None, Colour.RED, 1 + 2j
        self.nested = {"x": [torch.ones(1)]}

    def forward(self, x):
        for part in self.list:
            x = part(x[:, :3])
        total = len(self.integers) + self.lengths["a"] + self.numbers[0] + float(self.flags[0]) + len(self.words)
        total += self.pair[0] + len(self.word) + self.real + self.whole + self.wide + len(self.nested["x"])
        if self.colour == Colour.RED and self.maybe is None:
            total += abs(self.complex)
        constant = torch.tensor([1.0, 2.0, 3.0, 4.0], device=self.device)
        return self.part(x[:, :3]) + total + self.tensors[0].sum() + self.plain.sum() + self.view.sum() + constant


def write_many(out):
    torch.manual_seed(12)
    module = Many()
    scripted(module).save(str(out / "many.pt"))
    without_debug_information(out / "many.pt")
    tensors = {**module.state_dict(), "plain": module.plain}
    save_file({name: tensors[name].float().contiguous().clone() for name in sorted(tensors)},
              out / "many.safetensors")


def main():
    torch.set_num_threads(1)
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "Tests" / "fixtures" / "torchscript"
    out.mkdir(parents=True, exist_ok=True)
    write_clip(out)
    write_many(out)


if __name__ == "__main__":
    main()
