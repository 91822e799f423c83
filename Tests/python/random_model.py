"""A model of real width, random, as a file."""

import json

import numpy as np


def random_model(path, width, text, layers):
    """A CLIP of real width with few layers, random."""
    shapes = {
        "visual.conv1.weight": (width, 3, 16, 16), "visual.class_embedding": (width,), "visual.proj": (width, text),
        "visual.positional_embedding": (197, width), "token_embedding.weight": (49408, text),
        "positional_embedding": (77, text), "text_projection": (text, text), "logit_scale": (1,),
    }  # fmt: skip
    norms = [("visual.ln_pre", width), ("visual.ln_post", width), ("ln_final", text)]
    for prefix, size in (("visual.transformer.", width), ("transformer.", text)):
        for layer in range(layers):
            block = f"{prefix}resblocks.{layer}."
            norms += [(block + "ln_1", size), (block + "ln_2", size)]
            shapes[block + "attn.in_proj_weight"], shapes[block + "attn.in_proj_bias"] = (3 * size, size), (3 * size,)
            for name, outputs, inputs in (
                ("attn.out_proj", size, size), ("mlp.c_fc", 4 * size, size), ("mlp.c_proj", size, 4 * size),
            ):  # fmt: skip
                shapes[f"{block}{name}.weight"], shapes[f"{block}{name}.bias"] = (outputs, inputs), (outputs,)
    for name, size in norms:
        shapes[name + ".weight"] = shapes[name + ".bias"] = (size,)
    header, offset = {}, 0
    for name, shape in shapes.items():
        end = offset + 4 * int(np.prod(shape))
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text_ = json.dumps(header).encode()
    rng = np.random.default_rng(0)
    with open(path, "wb") as file:
        file.write(len(text_).to_bytes(8, "little") + text_)
        for shape in shapes.values():
            file.write((rng.random(shape, np.float32) * np.float32(0.05)).tobytes())
