"""Makes Tests/fixtures/families: the smallest CLIPs as other programs save them, with random weights, and
what PyTorch computes from them. Run: python3 scripts/make_family_weights.py (needs torch, transformers, open_clip,
safetensors)."""

import json
import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "python"))
import families  # noqa: E402

# Smaller than the tests' own, for these are committed.
families.PATCH, families.IMAGE, families.CONTEXT, families.VOCABULARY, families.EMBEDDING = 4, 8, 8, 40, 32
families.LAYERS = 1
FOLDER = ROOT / "Tests" / "fixtures" / "families"


def halved(module):
    """Rounded to half precision, in which the file is written, and computed in single."""
    return module.half().float()


def open_clip_config(head_width=64):
    return dict(
        embed_dim=families.EMBEDDING,
        vision_cfg=dict(image_size=8, layers=1, width=64, patch_size=4, head_width=head_width, mlp_ratio=1.0),
        text_cfg=dict(context_length=8, vocab_size=40, width=64, heads=1, layers=1, mlp_ratio=1.0),
    )


def hugging_face():
    transformers = families.maker_or_skip("transformers")
    common = dict(hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=1)
    config = transformers.CLIPConfig(
        text_config=dict(**common, vocab_size=40, max_position_embeddings=8, eos_token_id=39, bos_token_id=38,
                         pad_token_id=0, hidden_act="gelu"),
        vision_config=dict(**common, image_size=8, patch_size=4, hidden_act="gelu"), projection_dim=32,
    )  # fmt: skip
    return halved(families.roughen(transformers.CLIPModel(config)))


def open_clip(quick_gelu):
    module = families.maker_or_skip("open_clip")
    return halved(families.roughen(module.model.CLIP(**open_clip_config(), quick_gelu=quick_gelu)))


def transf_head(frames=4, size=32):
    """The head of mmaction2's ActionCLIP: CLIP's Transformer, of one block here, over the frames."""
    torch = families.torch_or_skip()
    generator = torch.Generator().manual_seed(3)
    shapes = {"frame_position_embeddings.weight": (frames, size)}
    block = "transformer.resblocks.0."
    for name, outputs, inputs in [("attn.in_proj_", 96, 32), ("attn.out_proj.", 32, 32), ("mlp.c_fc.", 64, 32),
                                  ("mlp.c_proj.", 32, 64)]:  # fmt: skip
        shapes |= {block + name + "weight": (outputs, inputs), block + name + "bias": (outputs,)}
    for name in ("ln_1.", "ln_2."):
        shapes |= {block + name + "weight": (size,), block + name + "bias": (size,)}
    # Small numbers, where the epsilon of the LayerNorms tells.
    head = {name: 0.01 * torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    for name in ("ln_1.weight", "ln_2.weight"):
        head[block + name] += 1
    return {name: value.half().float() for name, value in head.items()}


def joined(frames, head):
    """Videos [1, size] from frames [frames, size], in double."""
    torch = families.torch_or_skip()
    p = {name.removeprefix("transformer.resblocks.0."): value.double() for name, value in head.items()}
    x = frames.double().unflatten(0, (-1, len(p["frame_position_embeddings.weight"])))
    y = x + p["frame_position_embeddings.weight"]

    def norm(y, name):
        return torch.nn.functional.layer_norm(y, y.shape[-1:], p[name + "weight"], p[name + "bias"], 1e-5)

    q, k, v = (norm(y, "ln_1.") @ p["attn.in_proj_weight"].T + p["attn.in_proj_bias"]).chunk(3, -1)
    attended = torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5, -1) @ v
    y = y + attended @ p["attn.out_proj.weight"].T + p["attn.out_proj.bias"]
    hidden = norm(y, "ln_2.") @ p["mlp.c_fc.weight"].T + p["mlp.c_fc.bias"]
    y = y + (hidden * torch.sigmoid(1.702 * hidden)) @ p["mlp.c_proj.weight"].T + p["mlp.c_proj.bias"]
    return (x + y).mean(1).float().numpy()


def half(state):
    return {name: value.half().contiguous() for name, value in state.items()}


def main():
    torch = families.torch_or_skip()
    from safetensors.numpy import save_file as save_arrays
    from safetensors.torch import save_file

    FOLDER.mkdir(parents=True, exist_ok=True)
    expected = {"pixels": families.pixels(), "tokens": families.tokens()}

    def expect(name, module):
        expected[name + ".frames"], expected[name + ".texts"] = families.embeddings(module)

    module = hugging_face()
    folder = FOLDER / "hugging_face"
    module.half().save_pretrained(folder, max_shard_size="60KB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    expect("hugging_face", module.float())

    module = open_clip(quick_gelu=False)
    folder = FOLDER / "open_clip"
    folder.mkdir(exist_ok=True)
    save_file(half(module.state_dict()), folder / "open_clip_model.safetensors")
    config = {"model_cfg": open_clip_config(), "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.25] * 3}}
    (folder / "open_clip_config.json").write_text(json.dumps(config, indent=1) + "\n")
    expect("open_clip", module)

    module = open_clip(quick_gelu=True)
    state = half(module.state_dict())
    torch.save({"token_embedding.weight": state["token_embedding.weight"]}, FOLDER / "clip_for_vifi.pt")
    vifi = {"module.prompt_learner.complete_text_embeddings": torch.zeros(2, 8, 64, dtype=torch.half)}
    for name, value in state.items():
        if name.startswith("visual."):
            vifi["module.image_encoder." + name.removeprefix("visual.")] = value
        elif name == "logit_scale":
            vifi["module." + name] = value
        elif name != "token_embedding.weight":
            vifi["module.text_encoder." + name] = value
    torch.save({"model": vifi, "epoch": 9, "max_accuracy": 77.1}, FOLDER / "vifi_clip.pth")
    expect("vifi_clip", module)

    names = {"model." + name: value for name, value in state.items()}
    names |= {"raw_model.visual.conv1.weight": torch.zeros(1, dtype=torch.half)}
    torch.save({"epoch": 1, "model_state": names, "cfg": "A: 1"}, FOLDER / "open_vclip.pyth")
    expect("open_vclip", module)

    head = transf_head()
    names = {"clip." + name: value for name, value in state.items()}
    names |= {"adapter." + name: value.half() for name, value in head.items()}
    torch.save({"meta": {"epoch": 1}, "state_dict": names, "message_hub": {}}, FOLDER / "mmaction2.pth")
    expect("mmaction2", module)
    expected["mmaction2.videos"] = joined(torch.from_numpy(expected["mmaction2.frames"]), head)

    save_arrays({name: np.ascontiguousarray(value) for name, value in expected.items()}, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()
