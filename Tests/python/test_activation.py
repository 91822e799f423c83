"""The encoders' activation, which weights do not tell: chosen, stored, and equal to PyTorch's."""

import actionclip
import numpy as np
import pytest
from conftest import read_safetensors, same_bits
from test_model_file import metadata_of, with_metadata
from test_parity import check

TOKENS = [[1, 5, 9, 2, 300, 511], [1, 511, 0, 0, 0, 0]]


def tokens_of(model):
    info = model.info
    rows = np.zeros((2, info.context_length), np.int32)
    for row, ids in zip(rows, TOKENS):
        row[: len(ids)] = ids
        row[row == 511] = info.vocabulary_size - 1
    return rows


def pixels_of(model, random):
    side = model.info.image_size
    return random.normal(size=(model.info.frames, 3, side, side)).astype(np.float32)


def test_it_is_assumed_said_or_refused(untrained, any_pack):
    with actionclip.Model(untrained) as model:
        assert (model.info.activation, model.info.activation_assumed) == ("QuickGELU", True)
    with any_pack.load() as reference:  # its form is the reference's, whose code has no other
        assert (reference.info.activation, reference.info.activation_assumed) == ("QuickGELU", False)
    for name, wanted in {"GELU": "GELU", "quick_gelu": "QuickGELU", "gelu": "GELU"}.items():
        with actionclip.Model(untrained, activation=name) as model:
            assert (model.info.activation, model.info.activation_assumed) == (wanted, False)
    for wrong in ("relu", "", 1):
        with pytest.raises(actionclip.ArgumentError, match="activation"):
            actionclip.Model(untrained, activation=wrong)


@pytest.mark.parametrize("compute", ["fp32", "bf16", "int8"])
def test_it_is_saved_with_the_model(untrained, tmp_path, random, compute):
    path = tmp_path / "gelu.safetensors"
    with actionclip.Model(untrained, activation="gelu", compute=compute) as model:
        pixels, tokens = pixels_of(model, random), tokens_of(model)
        videos, texts = model.encode_pixels(pixels), model.encode_tokens(tokens)
        model.save(path, storage=compute)
    assert metadata_of(path)["actionclip.activation"] == "GELU"
    with actionclip.Model(path) as again:
        assert (again.info.activation, again.info.activation_assumed) == ("GELU", False)
        assert same_bits(again.encode_pixels(pixels), videos) and same_bits(again.encode_tokens(tokens), texts)
    with actionclip.Model(untrained, compute=compute) as other:
        assert not np.allclose(other.encode_tokens(tokens), texts, rtol=1e-3)
    with pytest.raises(actionclip.ModelError, match="'actionclip.activation'") as caught:
        actionclip.Model(path, activation="quickgelu")
    assert caught.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"


def test_what_was_assumed_is_not_written(speaker, tmp_path):
    path = tmp_path / "plain.safetensors"
    speaker.save(path)
    assert not {"actionclip.activation", "actionclip.epsilon", "actionclip.head_epsilon"} & set(metadata_of(path))


def test_epsilons_are_read_and_saved(speaker, tmp_path):
    path, again = tmp_path / "plain.safetensors", tmp_path / "again.safetensors"
    speaker.save(path)
    tokens = tokens_of(speaker)
    said = {**metadata_of(path), "actionclip.epsilon": "0.001", "actionclip.head_epsilon": "1E-5"}
    with actionclip.Model(with_metadata(path, tmp_path / "said.safetensors", said)) as model:
        found = model.encode_tokens(tokens)
        assert not same_bits(found, speaker.encode_tokens(tokens))
        model.save(again)
    metadata = metadata_of(again)
    assert (metadata["actionclip.epsilon"], metadata["actionclip.head_epsilon"]) == ("0.001", "1e-05")
    with actionclip.Model(again) as model:
        assert same_bits(model.encode_tokens(tokens), found)


@pytest.mark.parametrize("activation", ["GELU", "QuickGELU"])
@pytest.mark.parametrize("epsilon", ["1e-5", "1e-3"])
def test_torch_gives_the_same_text_embeddings(speaker, untrained, tmp_path, activation, epsilon):
    torch = pytest.importorskip("torch")
    path = tmp_path / "model.safetensors"
    metadata = {"actionclip.format": "1", "actionclip.activation": activation, "actionclip.epsilon": epsilon}
    with_metadata(untrained, path, metadata)
    weights = {key: torch.tensor(np.array(value)) for key, value in read_safetensors(untrained).items()}
    tokens = tokens_of(speaker)
    expected = torch_texts(torch, weights, tokens, activation, float(epsilon))
    with actionclip.Model(path, threads=1) as model:
        check(model.encode_tokens(tokens), expected, activation)


def torch_texts(torch, weights, tokens, activation, epsilon):
    """CLIP's text encoder as open_clip builds it, from torch.nn's own modules."""

    class QuickGELU(torch.nn.Module):
        def forward(self, x):
            return x * torch.sigmoid(1.702 * x)

    class Block(torch.nn.Module):
        def __init__(self, width):
            super().__init__()
            self.ln_1 = torch.nn.LayerNorm(width, eps=epsilon)
            self.attn = torch.nn.MultiheadAttention(width, width // 64, batch_first=True)
            self.ln_2 = torch.nn.LayerNorm(width, eps=epsilon)
            self.mlp = torch.nn.Sequential()
            self.mlp.add_module("c_fc", torch.nn.Linear(width, 4 * width))
            self.mlp.add_module("gelu", torch.nn.GELU() if activation == "GELU" else QuickGELU())
            self.mlp.add_module("c_proj", torch.nn.Linear(4 * width, width))

        def forward(self, x, mask):
            y = self.ln_1(x)
            x = x + self.attn(y, y, y, need_weights=False, attn_mask=mask)[0]
            return x + self.mlp(self.ln_2(x))

    ids = torch.tensor(tokens, dtype=torch.long)
    width = weights["token_embedding.weight"].shape[1]
    with torch.no_grad():
        x = weights["token_embedding.weight"][ids] + weights["positional_embedding"]
        length = x.shape[1]
        mask = torch.full((length, length), float("-inf")).triu(1)
        layer = 0
        while f"transformer.resblocks.{layer}.ln_1.weight" in weights:
            prefix = f"transformer.resblocks.{layer}."
            block = Block(width).eval()
            block.load_state_dict(
                {key[len(prefix) :]: value for key, value in weights.items() if key.startswith(prefix)}
            )
            x = block(x, mask)
            layer += 1
        assert layer > 0
        x = torch.nn.functional.layer_norm(
            x, (width,), weights["ln_final.weight"], weights["ln_final.bias"], epsilon
        )
        return (x[torch.arange(len(ids)), ids.argmax(-1)] @ weights["text_projection"]).numpy()
