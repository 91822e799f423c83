"""ViFi-CLIP with learned prompts, as its program computes it, in plain PyTorch. `prompts` are tensors by their names in its
file."""

import numpy as np


def blocks(torch, resblocks, x, begin, mask=None):
    """CLIP's blocks over x [rows, tokens, width]; `begin` gives what a block begins with."""
    functional = torch.nn.functional
    for layer, block in enumerate(resblocks):
        x, attention = begin(layer, x), block.attn
        qkv = functional.linear(block.ln_1(x), attention.in_proj_weight, attention.in_proj_bias)
        q, k, v = (t.unflatten(-1, (attention.num_heads, -1)).transpose(1, 2) for t in qkv.chunk(3, -1))
        scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
        seen = torch.softmax(scores if mask is None else scores + mask, -1) @ v
        x = x + attention.out_proj(seen.transpose(1, 2).flatten(2))
        x = x + block.mlp(block.ln_2(x))
    return x


def images(torch, module, prompts, pixels):
    """clip/model.py, VisionTransformer and ResidualAttentionBlock_ViFi_CLIP, of frames [n, 3, S, S]."""
    visual, count = module.visual, len(prompts.get("image_encoder.VPT", ()))

    def rows(name, x):
        return prompts[name].half().float().expand(len(x), -1, -1)

    def begin(layer, x):
        name = f"image_encoder.transformer.resblocks.{layer}.VPT_shallow"
        return torch.cat([x[:, :-count], rows(name, x)], 1) if name in prompts else x

    x = visual.conv1(torch.from_numpy(pixels)).flatten(2).transpose(1, 2)
    x = torch.cat([visual.class_embedding.expand(len(x), 1, -1), x], 1) + visual.positional_embedding
    if "image_encoder.VPT" in prompts:
        x = torch.cat([x, rows("image_encoder.VPT", x)], 1)
    x = blocks(torch, visual.transformer.resblocks, visual.ln_pre(x), begin)
    return (visual.ln_post(x[:, 0]) @ visual.proj).numpy()


def texts(torch, module, prompts, tokens):
    """trainers/vificlip.py, VLPromptLearner and TextEncoder, of ids [n, C] with negative ones for context vectors."""
    ids, count = torch.from_numpy(tokens.astype(np.int64)), len(prompts["prompt_learner.ctx"])
    x = module.token_embedding(ids.clamp(min=0))
    x[:, 1 : 1 + count] = prompts["prompt_learner.ctx"]
    x = x + module.positional_embedding

    def begin(layer, x):
        name = f"text_encoder.transformer.resblocks.{layer}.VPT_shallow"
        if name not in prompts:
            return x
        return torch.cat([x[:, :1], prompts[name].half().float().expand(len(x), -1, -1), x[:, 1 + count :]], 1)

    mask = torch.full((tokens.shape[1],) * 2, -torch.inf).triu(1)
    x = module.ln_final(blocks(torch, module.transformer.resblocks, x, begin, mask))
    return (x[torch.arange(len(x)), ids.argmax(-1)] @ module.text_projection).numpy()
