"""Small open_clip models with image encoders of timm's, as open_clip saves them."""

import functools
import json

import numpy as np
import pytest
from families import maker_or_skip, roughen, torch_or_skip

IMAGE, PATCH, CONTEXT, VOCABULARY = 16, 4, 16, 520
#: For each kind: the name in timm, how it pools, and what makes it small. PE's places are counted by its own grid.
KINDS = {
    "eva02": ("eva02_base_patch16_clip_224", "token", {"mlp_ratio": 1.5}),
    "pe": ("vit_pe_core_base_patch16_224", "map", {"mlp_ratio": 1.25, "attn_pool_mlp_ratio": 1, "ref_feat_shape": 4}),
    "vit": ("vit_large_patch14_clip_224", "token", {"mlp_ratio": 1}),
    "pe_g": ("vit_pe_core_gigantic_patch14_448", "map", {"ref_feat_shape": 4, "num_heads": 16}),
    "mci": ("vit_base_mci_224", "token", {"mlp_ratio": 1, "img_size": 24}),
}
#: Sides of what a stem's convolutions see: with them no two orders of places are the same.
STEM = (2, 3, 2)
PICTURES = {
    "token": {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711],
              "interpolation": "bicubic", "resize_mode": "shortest"},
    "map": {"mean": [0.5] * 3, "std": [0.5] * 3, "interpolation": "bilinear", "resize_mode": "squash"},
    "vit_base_mci_224": {"mean": [0] * 3, "std": [1] * 3, "interpolation": "bilinear", "resize_mode": "shortest"},
}  # fmt: skip


def image(kind):
    """The side of a kind's pictures."""
    return KINDS[kind][2].get("img_size", IMAGE)


def configuration(kind):
    name, pool, _ = KINDS[kind]
    text = {"no_causal_mask": True} if kind == "vit" else {}
    vision = dict(timm_model_name=name, timm_model_pretrained=False, timm_pool=pool, timm_proj=None)
    return dict(
        embed_dim=48,
        vision_cfg=dict(image_size=image(kind), **vision),
        text_cfg=dict(context_length=CONTEXT, vocab_size=VOCABULARY, width=32, heads=2, layers=1, **text),
        custom_text=True,
    )


def model(config, half=False, **sizes):
    """The model with random weights, which fp16 holds if `half`. `sizes` replace those of the name in timm."""
    module, timm, torch = maker_or_skip("open_clip"), pytest.importorskip("timm"), torch_or_skip()
    make = timm.create_model
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timm, "create_model", lambda *names, **options: make(*names, **{**options, **sizes}))
        made = roughen(module.CustomTextCLIP(**{key: value for key, value in config.items() if key != "custom_text"}))
    generator = torch.Generator().manual_seed(12)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            if name.endswith("conv.weight"):  # so that frames differ after norms
                parameter.mul_(30 / parameter[0].numel() ** 0.5)
        for name, buffer in made.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(torch.randn(buffer.shape, generator=generator))
            elif name.endswith("running_var"):
                buffer.copy_(0.05 + 4 * torch.rand(buffer.shape, generator=generator))
        statistics = [buffer for name, buffer in made.named_buffers() if "running_" in name]
        for tensor in [*made.parameters(), *statistics]:
            if half:
                tensor.copy_(tensor.half().float())
    return made


def small(kind, width=64, depth=2, half=False):
    sizes = {"img_size": IMAGE, "patch_size": PATCH, "embed_dim": width, "depth": depth, "num_heads": width // 64}
    if kind == "mci":
        sizes["embed_layer"] = stem(width)
        del sizes["patch_size"]
    return model(configuration(kind), half, **{**sizes, **KINDS[kind][2]})


def stem(width):
    """timm's convolutions before the patch embedding, of few channels."""
    maker_or_skip("timm")
    from timm.layers import HybridEmbed
    from timm.models.vision_transformer_hybrid import ConvStem
    from torch.nn import GELU

    convolutions = ConvStem(channels=(16, 32, width), stride=STEM, kernel_size=STEM, padding=0, act_layer=GELU)
    return functools.partial(HybridEmbed, backbone=convolutions, proj=False)


def save(made, config, folder, half=False):
    """The folder of the model on the Hugging Face hub, but for its tokenizer."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v.half() if half and v.is_floating_point() else v for k, v in made.state_dict().items()}
    save_file({key: value.contiguous() for key, value in state.items()}, folder / "open_clip_model.safetensors")
    vision = config["vision_cfg"]
    pictures = PICTURES.get(vision["timm_model_name"]) or PICTURES[vision["timm_pool"]]
    pictures = {"size": vision["image_size"], "mode": "RGB", **pictures}
    text = json.dumps({"model_cfg": config, "preprocess_cfg": pictures}, indent=2)
    (folder / "open_clip_config.json").write_text(text + "\n")
    return folder


def tokens(context=CONTEXT, vocabulary=VOCABULARY):
    rows = np.zeros((3, context), np.int32)
    for row, ids in zip(rows, [[5, 7], [9, 11, 13, 8, 21], []], strict=True):
        row[: len(ids) + 2] = [vocabulary - 2, *ids, vocabulary - 1]
    return rows
