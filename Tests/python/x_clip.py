"""X-CLIPs with random weights as their two programs save them, and the numbers that those programs compute.

`published` is the network of microsoft/VideoX in plain PyTorch, written from its description: every size is read from the
tensors, which have the names of its checkpoints. transformers' XCLIPModel computes the same, but for the heads of its
integration transformer and of its prompts, which its configuration states: 8 where the published code has one for each
64 numbers, so that the published ViT-L/14 and its conversion differ.
"""

import dataclasses
import sys
import types

import families
import numpy as np


@dataclasses.dataclass(frozen=True)
class Sizes:
    frames: int = 4
    image: int = 16
    patch: int = 8
    width: int = 128
    layers: int = 2
    embedding: int = 64
    text_width: int = 64
    text_layers: int = 2
    context: int = 12
    vocabulary: int = 520
    prompt_layers: int = 2
    #: Heads in transformers alone; the published code has one for each 64 numbers.
    mit_heads: int = 1
    prompt_heads: int = 1
    #: Hidden numbers of an MLP for each of its input; the published code has 4.
    hidden: float = 4
    head_width: int = 64

    def pixels(self, videos=2, seed=5):
        shape = (videos * self.frames, 3, self.image, self.image)
        return np.random.default_rng(seed).normal(size=shape).astype(np.float32)

    def tokens(self, rows=5, seed=6):
        """Prompts of different lengths, with the largest id at their end."""
        random = np.random.default_rng(seed)
        ids = np.zeros((rows, self.context), np.int32)
        for row in ids:
            length = random.integers(1, min(self.context - 2, 12))
            row[0], row[length + 1] = self.vocabulary - 2, self.vocabulary - 1
            row[1 : length + 1] = random.integers(1, self.vocabulary - 2, length)
        return ids


def real(patch, frames, **changes):
    """The sizes of a published model: patches of 32 or 16 (ViT-B), or 14 (ViT-L)."""
    large = patch == 14
    width, embedding = (1024, 768) if large else (768, 512)
    sizes = dict(
        frames=frames, image=224, patch=patch, width=width, layers=24 if large else 12, embedding=embedding,
        text_width=embedding, text_layers=12, context=77, vocabulary=49408, mit_heads=8, prompt_heads=8,
    )  # fmt: skip
    return Sizes(**{**sizes, **changes})


# ---------------------------------------------------------------- as transformers has it


def hugging_face(sizes):
    """An XCLIPModel whose weights leave no part of it unused."""
    transformers = families.maker_or_skip("transformers")

    def tower(width, layers):
        return dict(hidden_size=width, intermediate_size=int(sizes.hidden * width), num_hidden_layers=layers,
                    num_attention_heads=width // sizes.head_width)  # fmt: skip

    config = transformers.XCLIPConfig(
        text_config=dict(
            **tower(sizes.text_width, sizes.text_layers), vocab_size=sizes.vocabulary,
            max_position_embeddings=sizes.context, pad_token_id=0, bos_token_id=sizes.vocabulary - 2,
            eos_token_id=sizes.vocabulary - 1,
        ),
        vision_config=dict(
            **tower(sizes.width, sizes.layers), image_size=sizes.image, patch_size=sizes.patch,
            num_frames=sizes.frames, mit_hidden_size=sizes.embedding,
            mit_intermediate_size=int(sizes.hidden * sizes.embedding), mit_num_attention_heads=sizes.mit_heads,
        ),
        projection_dim=sizes.embedding, prompt_layers=sizes.prompt_layers,
        prompt_num_attention_heads=sizes.prompt_heads,
    )  # fmt: skip
    return roughened(transformers.XCLIPModel(config).eval())


def roughened(module):
    """Small noise, as in trained weights: products keep the size of what goes into them, and prompts are felt."""
    torch = families.torch_or_skip()
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name == "logit_scale":
                parameter.fill_(2.5)
                continue
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("alpha"):
                parameter.copy_(0.3 + 0.1 * noise)
            elif parameter.dim() > 1 and "embedding" not in name:
                inputs = parameter[0].numel() if not name.endswith("prompts_visual_projection") else len(parameter)
                parameter.copy_(noise * inputs**-0.5)
            else:
                gain = "norm" in name and name.endswith("weight")
                parameter.copy_(1 + 0.1 * noise if gain else 0.1 * noise)
    return module


def computed(module, pixels, tokens):
    """Every number of a comparison by XCLIPModel; see `published` for their names."""
    torch = families.torch_or_skip()
    pixels, tokens = families.tensor(pixels), families.tensor(tokens)
    frames = module.config.vision_config.num_frames
    videos = len(pixels) // frames
    with torch.no_grad():
        whole = module(pixel_values=pixels.unflatten(0, (videos, frames)), input_ids=tokens)
        states = whole.vision_model_output
        patches = module.prompts_visual_layernorm(states[0][:, 1:]) @ module.prompts_visual_projection
        patches = patches.unflatten(0, (videos, frames)).mean(1)
        texts = module.text_projection(whole.text_model_output[1])
        each = texts.expand(videos, -1, -1)
        out = {
            "frames": module.visual_projection(states[1]), "patches": patches, "videos": whole.mit_output[1],
            "texts": texts, "conditioned": each + module.prompts_generator(each, patches),
            "logits": whole.logits_per_video,
        }  # fmt: skip
    return {name: value.numpy() for name, value in out.items()}


def save(module, folder, tokenizer=None):
    """The folder as its program writes it, with the preprocessing of the published folders."""
    transformers = families.maker_or_skip("transformers")
    module.save_pretrained(folder)
    size = module.config.vision_config.image_size
    processor = transformers.VideoMAEImageProcessor(
        size={"shortest_edge": size}, crop_size=size, image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225]
    )
    whole = processor if tokenizer is None else transformers.XCLIPProcessor(processor, tokenizer)
    whole.save_pretrained(folder)
    return folder


# ---------------------------------------------------------------- as published

RENAMED = (
    ("text_model.embeddings.token_embedding.weight", "token_embedding.weight"),
    ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    ("text_model.encoder.layers.", "transformer.resblocks."),
    ("text_model.final_layer_norm", "ln_final"),
    ("text_projection.weight", "text_projection"),
    ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
    ("vision_model.embeddings.patch_embedding", "visual.conv1"),
    ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
    ("vision_model.pre_layernorm", "visual.ln_pre"),
    ("vision_model.encoder.layers.", "visual.transformer.resblocks."),
    ("vision_model.post_layernorm", "visual.ln_post"),
    ("visual_projection.weight", "visual.proj"),
    ("prompts_visual_layernorm", "prompts_visual_ln"),
    ("prompts_visual_projection", "prompts_visual_proj"),
    ("mit.position_embedding", "mit.positional_embedding"),
    ("mit.encoder.layers.", "mit.resblocks."),
    ("prompts_generator.layernorm", "prompts_generator.norm"),
    ("layer_norm1", "ln_1"),
    ("layer_norm2", "ln_2"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
    ("self_attn.", "attn."),
)


def published_names(state):
    """The tensors of an XCLIPModel under the names of the published code, queries, keys and values in one."""
    torch = families.torch_or_skip()
    out, split = {}, {}
    for name, value in state.items():
        for old, new in RENAMED:
            if old.startswith(("text_projection", "visual_projection")) and name == old:
                value = value.T
            name = name.replace(old, new) if name.startswith(old) or not old.endswith("layers.") else name
        block, part, rest = name.rpartition("attn.")
        letter, projection, kind = rest.partition("_proj.")
        if projection and letter in "qkv" and "cross_attn" not in name:
            split.setdefault((block + part, kind), {})[letter] = value
        else:
            out[name] = value.contiguous()
    for (place, kind), parts in split.items():
        out[f"{place}in_proj_{kind}"] = torch.cat([parts[letter] for letter in "qkv"])
    return out


def settings(sizes):
    """The settings under `config` in a checkpoint: a dict of yacs, which need not be installed."""
    if "yacs.config" not in sys.modules:
        module = types.ModuleType("yacs.config")
        module.CfgNode = type("CfgNode", (dict,), {"__module__": "yacs.config"})
        sys.modules.setdefault("yacs", types.ModuleType("yacs"))
        sys.modules["yacs.config"] = module

    def node(**entries):
        made = sys.modules["yacs.config"].CfgNode(entries)
        made.__dict__.update(__immutable__=True, __deprecated_keys__=set(), __renamed_keys__={}, __new_allowed__=False)
        return made

    return node(
        BASE=[""], DATA=node(ROOT="videos", NUM_FRAMES=sizes.frames, INPUT_SIZE=sizes.image, NUM_CLASSES=400),
        MODEL=node(ARCH=f"ViT-B/{sizes.patch}", PRETRAINED=None, RESUME=None, FIX_TEXT=True),
        TRAIN=node(LR=8e-6, OPT_LEVEL="O1"), TEST=node(NUM_CLIP=1, NUM_CROP=1, ONLY_TEST=False), OUTPUT="",
    )  # fmt: skip


def save_published(state, path, sizes):
    torch = families.torch_or_skip()
    torch.save({"model": state, "optimizer": {"state": {}, "param_groups": []}, "lr_scheduler": {}, "max_accuracy": 83.8,
                "epoch": 29, "config": settings(sizes)}, path)  # fmt: skip
    return path


class Published:
    """The published network over its tensors, in the precision of these."""

    def __init__(self, state):
        self.torch = families.torch_or_skip()
        self.p = state
        self.frame_count = state["mit.positional_embedding"].shape[1]

    def layers(self, prefix):
        return 1 + max(int(name[len(prefix) :].split(".")[0]) for name in self.p if name.startswith(prefix))

    def norm(self, x, name):
        return self.torch.nn.functional.layer_norm(x, x.shape[-1:], self.p[name + ".weight"], self.p[name + ".bias"])

    def linear(self, x, name):
        return self.torch.nn.functional.linear(x, self.p[name + ".weight"], self.p.get(name + ".bias"))

    def mlp(self, x, first, second):
        hidden = self.linear(x, first)
        return self.linear(hidden * self.torch.sigmoid(1.702 * hidden), second)

    def heads(self, x):
        return x.unflatten(-1, (x.shape[-1] // 64, 64)).transpose(-3, -2)

    def attend(self, q, k, v, mask=None):
        q, k, v = (self.heads(x) for x in (q, k, v))
        scores = q @ k.transpose(-1, -2) / 8
        if mask is not None:
            scores = scores + mask
        return (scores.softmax(-1) @ v).transpose(-3, -2).flatten(-2)

    def attention(self, x, name, mask=None):
        qkv = self.torch.nn.functional.linear(x, self.p[name + ".in_proj_weight"], self.p[name + ".in_proj_bias"])
        return self.linear(self.attend(*qkv.chunk(3, -1), mask), name + ".out_proj")

    def block(self, x, name, mask=None):
        x = x + self.attention(self.norm(x, name + ".ln_1"), name + ".attn", mask)
        return x + self.mlp(self.norm(x, name + ".ln_2"), name + ".mlp.c_fc", name + ".mlp.c_proj")

    def frame_block(self, x, name):
        """x [B, T, L, W]. Class tokens of a video's frames exchange messages, each of which its frame sees this once."""
        message = self.linear(x[:, :, 0], name + ".message_fc")
        message = message + self.attention(self.norm(message, name + ".message_ln"), name + ".message_attn")
        x = self.torch.cat([x, message[:, :, None]], 2)
        x = (x + self.attention(self.norm(x, name + ".ln_1"), name + ".attn"))[:, :, :-1]
        return x + self.mlp(self.norm(x, name + ".ln_2"), name + ".mlp.c_fc", name + ".mlp.c_proj")

    def visual(self, pixels):
        """pixels [B·T, 3, S, S] -> frames [B, T, E], patch tokens for the prompts [B, P, E]."""
        p, weight = self.p, self.p["visual.conv1.weight"]
        x = self.torch.nn.functional.conv2d(pixels, weight, stride=weight.shape[-1]).flatten(2).transpose(1, 2)
        x = self.torch.cat([p["visual.class_embedding"].expand(len(x), 1, -1), x], 1)
        x = self.norm(x + p["visual.positional_embedding"], "visual.ln_pre").unflatten(0, (-1, self.frame_count))
        for layer in range(self.layers("visual.transformer.resblocks.")):
            x = self.frame_block(x, f"visual.transformer.resblocks.{layer}")
        frames = self.norm(x[:, :, 0], "visual.ln_post") @ p["visual.proj"]
        return frames, (self.norm(x[:, :, 1:], "prompts_visual_ln") @ p["prompts_visual_proj"]).mean(1)

    def join(self, frames):
        """frames [B, T, E] -> videos [B, E]."""
        x = frames + self.p["mit.positional_embedding"]
        for layer in range(self.layers("mit.resblocks.")):
            x = self.block(x, f"mit.resblocks.{layer}")
        return (x + frames).mean(1)

    def text(self, tokens):
        p = self.p
        x = p["token_embedding.weight"][tokens] + p["positional_embedding"][: tokens.shape[1]]
        mask = self.torch.full((tokens.shape[1],) * 2, -self.torch.inf, dtype=x.dtype).triu(1)
        for layer in range(self.layers("transformer.resblocks.")):
            x = self.block(x, f"transformer.resblocks.{layer}", mask)
        ends = x[self.torch.arange(len(x)), tokens.argmax(-1)]
        return self.norm(ends, "ln_final") @ p["text_projection"]

    def condition(self, texts, patches):
        """texts [K, E], patches [B, P, E] -> the labels' embeddings for each video [B, K, E]."""
        visual = self.norm(patches, "prompts_generator.norm")
        x = texts.expand(len(patches), -1, -1)
        for layer in range(self.layers("prompts_generator.decoder.")):
            name = f"prompts_generator.decoder.{layer}"
            q = self.linear(self.norm(x, name + ".norm1"), name + ".cross_attn.q_proj")
            k, v = (self.linear(visual, f"{name}.cross_attn.{letter}_proj") for letter in "kv")
            x = x + self.linear(self.attend(q, k, v), name + ".cross_attn.proj")
            x = x + self.mlp(self.norm(x, name + ".norm3"), name + ".mlp.0", name + ".mlp.3")
        return texts + self.p["prompts_generator.alpha"] * x

    def logits(self, videos, conditioned):
        videos, conditioned = (x / x.norm(dim=-1, keepdim=True) for x in (videos, conditioned))
        return self.p["logit_scale"].exp() * self.torch.einsum("be,bke->bk", videos, conditioned)


def published(state, pixels, tokens):
    """The numbers of a comparison: frames [B·T, E] and videos [B, E], not normalised; patches [B, P, E], what the prompts
    see; texts [K, E]; conditioned [B, K, E], the texts with their prompts; logits [B, K]."""
    network = Published(state)
    with network.torch.no_grad():
        frames, patches = network.visual(families.tensor(pixels).to(state["logit_scale"].dtype))
        videos, texts = network.join(frames), network.text(families.tensor(tokens))
        conditioned = network.condition(texts, patches)
        out = {"frames": frames.flatten(0, 1), "patches": patches, "videos": videos, "texts": texts,
               "conditioned": conditioned, "logits": network.logits(videos, conditioned)}  # fmt: skip
    return {name: value.float().numpy() for name, value in out.items()}
