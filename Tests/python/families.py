"""Small CLIPs as other programs save them, made with those programs, and what they compute."""

import json
import os
import subprocess
import sys
import types

import numpy as np
import pytest

WIDTH, HEADS, LAYERS, PATCH, IMAGE, CONTEXT, VOCABULARY, EMBEDDING = 64, 1, 2, 8, 32, 16, 520, 64


def torch_or_skip():
    return pytest.importorskip("torch", reason="PyTorch makes these files")


def maker_or_skip(name):
    torch_or_skip()
    # Without this part of torchvision, one that was built for other processors still gives what is imported of it.
    part = "torchvision._meta_registrations"
    sys.modules.setdefault(part, types.ModuleType(part))
    return pytest.importorskip(name, reason=f"{name} makes these files")


def roughen(module):
    """Weights that leave no path through the network unused."""
    torch = torch_or_skip()
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if "logit_scale" in name:
                continue
            noise = torch.randn(parameter.shape, generator=generator)
            is_gain = parameter.dim() == 1 and name.endswith("weight")
            parameter.copy_(1 + 0.1 * noise if is_gain else 0.1 * noise)
    return module.eval()


def hugging_face(activation="quick_gelu", eos=VOCABULARY - 1, heads=HEADS):
    transformers = maker_or_skip("transformers")
    common = dict(hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=LAYERS, hidden_act=activation)
    config = transformers.CLIPConfig(
        text_config=dict(
            **common, vocab_size=VOCABULARY, max_position_embeddings=CONTEXT, num_attention_heads=1,
            eos_token_id=eos, bos_token_id=VOCABULARY - 2, pad_token_id=0,
        ),
        vision_config=dict(**common, image_size=IMAGE, patch_size=PATCH, num_attention_heads=heads),
        projection_dim=EMBEDDING,
    )  # fmt: skip
    return roughen(transformers.CLIPModel(config))


def open_clip(quick_gelu, custom_text=False, head_width=64, **sizes):
    module = maker_or_skip("open_clip")
    make = module.CustomTextCLIP if custom_text else module.model.CLIP
    return roughen(make(**{**open_clip_config(head_width), **sizes}, quick_gelu=quick_gelu))


def open_clip_config(head_width=64):
    return dict(
        embed_dim=EMBEDDING,
        vision_cfg=dict(image_size=IMAGE, layers=LAYERS, width=WIDTH, patch_size=PATCH, head_width=head_width),
        text_cfg=dict(context_length=CONTEXT, vocab_size=VOCABULARY, width=WIDTH, heads=1, layers=LAYERS),
    )


def save_open_clip(module, folder, **more):
    """The folder that open_clip's models lie in on the Hugging Face hub."""
    save_file = pytest.importorskip("safetensors.torch").save_file
    folder.mkdir(exist_ok=True)
    save_file({k: v.contiguous() for k, v in module.state_dict().items()}, folder / "open_clip_model.safetensors")
    config = {"model_cfg": {**open_clip_config(), **more}, "preprocess_cfg": {"mean": [0.4] * 3, "std": [0.3] * 3}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    return folder


def pixels(frames=8):
    return np.random.default_rng(5).normal(size=(frames, 3, IMAGE, IMAGE)).astype(np.float32)


def tokens(rows=5):
    random = np.random.default_rng(6)
    ids = np.zeros((rows, CONTEXT), np.int32)
    for row in ids:
        length = random.integers(1, CONTEXT - 2)
        row[0], row[length + 1] = VOCABULARY - 2, VOCABULARY - 1
        row[1 : length + 1] = random.integers(0, VOCABULARY - 2, length)
    return ids


def tensor(array):
    torch = torch_or_skip()
    array = np.asarray(array)
    return torch.from_numpy(array.astype(np.int64) if array.dtype == np.int32 else array)


def embeddings(module):
    """(of each frame, of each text) as the program that made the module computes them."""
    torch = torch_or_skip()
    with torch.no_grad():
        if hasattr(module, "encode_image"):
            images, texts = module.encode_image(tensor(pixels())), module.encode_text(tensor(tokens()))
        else:
            images = module.get_image_features(pixel_values=tensor(pixels()))
            texts = module.get_text_features(input_ids=tensor(tokens()))
            images, texts = (getattr(x, "pooler_output", x) for x in (images, texts))
    return images.numpy(), texts.numpy()


def cosines(a, b):
    a, b = a.astype(np.float64), b.astype(np.float64)
    return np.sum(a * b, -1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)


def real_geometry(folder, name, switch, package, module):
    """In each precision the model of a published geometry, what it and its own program compute, and the precision.

    A process of its own makes the model by the test module's write_real(folder, name), so that its memory is gone
    before the model is loaded. Frames and texts are compared with the program's. Minutes: skipped unless the variable
    `switch` is 1 or the name.
    """
    import actionclip

    if os.environ.get(switch) not in ("1", name):
        pytest.skip(f"{switch}=1 or ={name} runs it")
    maker_or_skip(package)
    program = f"import sys, {module}; {module}.write_real(sys.argv[1], sys.argv[2])"
    own = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program, str(folder), name], check=True, env=own)
    wanted = dict(np.load(folder / "expected.npz"))
    for compute, least in [("fp32", 0.999999), ("bf16", 0.9999), ("int8", 0.9995)]:
        with actionclip.Model(folder, compute=compute, frames=2) as model:
            frames = model.encode_pixels(wanted["pixels"], return_frames=True)[1][0]
            texts = model.encode_tokens(wanted["tokens"])
            lowest = [cosines(frames, wanted["frames"]).min(), cosines(texts, wanted["texts"]).min()]
            print(f"{name} {compute}: cosines {lowest[0]:.7f} of frames, {lowest[1]:.7f} of texts")
            assert min(lowest) >= least
            yield model, {"frames": frames, "texts": texts}, wanted, compute
