"""Small SigLIPs as transformers saves them, tokenizers of their kinds, and what they compute."""

import json
from pathlib import Path

import numpy as np
import pytest
from families import maker_or_skip, torch_or_skip

#: Words for tokenizers of a few hundred pieces.
TEXT = """a video of a person playing the flute · somebody is riding a bicycle through the park at night
people dance in the street while the band is playing · a photo of two cats on a sofa
cutting vegetables in a kitchen with a long knife · the goalkeeper stops the ball and throws it back
swimming, diving and surfing in the sea · a chef is cooking noodles · the dog catches a frisbee
climbing a rope · opening a bottle · juggling three balls · walking with a dog in the snow
skating on the ice of a lake in winter · brushing teeth · playing chess · reading a newspaper
das ist eine straße über den fluss · un café près de la rivière · танец на улице · 夜の街を歩く人
""" * 4
#: Replacements of characters in the tiny vocabulary: full-width letters, a ligature, spaces, a mark that goes.
RULES = {**{chr(0xFF21 + i): chr(0x61 + i) for i in range(26)}, "ﬁ": "fi", "\u00a0": " ", "\u200b": "",
         "ａ": "a", "\u3000": " ", "½": " 1/2"}  # fmt: skip


def long_text():
    """TEXT and the pages of this project, for tokenizers of more pieces."""
    pages = sorted((Path(__file__).resolve().parents[2] / "docs").glob("*.md"))
    return TEXT + "\n".join(page.read_text(encoding="utf-8") for page in pages)


def train_unigram(path, size=300, rules=RULES, byte_fallback=False, text=TEXT, symbols=()):
    """Trains a SentencePiece model of unigrams at `path` with SigLIP's marks. Rules: pairs, or a name that it knows."""
    sentencepiece = maker_or_skip("sentencepiece")
    folder = path.parent
    (folder / "text.txt").write_text(text, encoding="utf-8")
    how = {"normalization_rule_name": rules}
    if isinstance(rules, dict):
        lines = [
            " ".join(f"{ord(c):X}" for c in old) + "\t" + " ".join(f"{ord(c):X}" for c in new)
            for old, new in rules.items()
        ]
        (folder / "rules.tsv").write_text("\n".join(lines) + "\n")
        how = {"normalization_rule_tsv": str(folder / "rules.tsv")}
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"), model_prefix=str(folder / "trained"), vocab_size=size, model_type="unigram",
        pad_id=0, eos_id=1, unk_id=2, bos_id=-1, byte_fallback=byte_fallback, hard_vocab_limit=False,
        num_threads=1, minloglevel=2, user_defined_symbols=list(symbols), character_coverage=0.999, **how,
    )  # fmt: skip
    (folder / "trained.model").rename(path)
    for name in ("trained.vocab", "text.txt", "rules.tsv"):
        (folder / name).unlink(missing_ok=True)
    return path


ADDED = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "\n\n", "\n\n\n", "▁▁", "▁▁▁▁", "<table>", "</table>", "<b>"]


def train_merges(folder, size=640, text=TEXT):
    """Writes a tokenizer.json as SigLIP 2 has it: pairs that are merged, the 256 bytes, and added tokens."""
    tokenizers = maker_or_skip("tokenizers")
    model = tokenizers.models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    trained = tokenizers.Tokenizer(model)
    replace = tokenizers.normalizers.Replace(" ", "▁")
    trained.normalizer = tokenizers.normalizers.Sequence([tokenizers.normalizers.Lowercase(), replace])
    trained.pre_tokenizer = tokenizers.pre_tokenizers.Split("▁", "merged_with_next")
    marks = [*ADDED, *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, special_tokens=marks, show_progress=False, limit_alphabet=90
    )
    trained.train_from_iterator(text.splitlines(), trainer)
    path = folder / "tokenizer.json"
    trained.save(str(path))
    contents = json.loads(path.read_text(encoding="utf-8"))
    # As Gemma's: no token is special to the text's words but those that are added, and texts stay whole.
    contents["added_tokens"] = [
        {**token, "special": token["content"] in ADDED[:5]}
        for token in contents["added_tokens"]
        if token["content"] in ADDED
    ]
    contents["pre_tokenizer"] = {
        "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False,
    }  # fmt: skip
    path.write_text(json.dumps(contents, ensure_ascii=False), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "Siglip2Tokenizer"}))
    return path


def random_texts(count, seed=7):
    """Texts of many kinds: words of TEXT, capitals, punctuation, spaces, and characters of any block."""
    random = np.random.default_rng(seed)
    words = TEXT.split()
    odd = [*" \t\n\u00a0\u3000\u2003", *"!?.,;:'\"-_(){}[]<>/\\|@#$%^&*~`+=", "▁", "▁▁", "<unk >", "Σ", "ΑΣ ", "İ", "ß",
           "ﬁ", "½", "Ｗ", "é", "e\u0301", "ñ", "\u200b", "\u200d", "😀", "👍🏽", "한", "語", "<table>", "<b>", "<eos", "aaaa",
           "\n\n", "  "]  # fmt: skip

    def part():
        kind = random.integers(0, 10)
        if kind < 5:
            return str(random.choice(words))
        if kind == 5:
            return str(random.choice(words)).upper()
        if kind < 8:
            return odd[random.integers(0, len(odd))]
        if kind == 8:
            return "".join(chr(random.integers(0x21, 0x250)) for _ in range(random.integers(1, 5)))
        while True:
            value = int(random.integers(0x20, 0x11000))
            if not 0xD800 <= value < 0xE000:
                return chr(value)

    return [
        "".join(part() + (" " if random.random() < 0.6 else "") for _ in range(random.integers(0, 12)))
        for _ in range(count)
    ]


#: The sizes of a small SigLIP: patches leave 4 of 20 pixels out.
SMALL = dict(width=32, layers=2, heads=2, hidden=64, image=20, patch=8, vocabulary=300, context=48)


def model(*, width, layers, heads, hidden, image, patch, vocabulary, context, text_width=None, seed=11):
    """A SiglipModel of random weights that leave no path through the network unused."""
    transformers, torch = maker_or_skip("transformers"), torch_or_skip()
    common = dict(num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=hidden)
    config = transformers.SiglipConfig(
        text_config=dict(
            **common, hidden_size=text_width or width, projection_size=width, vocab_size=vocabulary,
            max_position_embeddings=context,
        ),
        vision_config=dict(**common, hidden_size=width, image_size=image, patch_size=patch),
    )  # fmt: skip
    torch.manual_seed(seed)
    made = transformers.SiglipModel(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_gain = parameter.dim() == 1 and name.endswith("weight")
            spread = 0.5 / parameter.shape[-1] ** 0.5 if parameter.dim() > 1 else 0.1
            parameter.copy_(1 + 0.1 * noise if is_gain else spread * noise)
        made.vision_model.head.probe.copy_(torch.randn(1, 1, width, generator=generator))
        made.logit_scale.fill_(4.5)
        made.logit_bias.fill_(-12.5)
    return made.eval()


def preprocessor(image, resample=3):
    return {
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
        "image_processor_type": "SiglipImageProcessor", "processor_class": "SiglipProcessor", "resample": resample,
        "rescale_factor": 1 / 255, "size": {"height": image, "width": image},
    }  # fmt: skip


def save(made, folder, resample=3):
    """The folder of a SigLIP on the Hugging Face hub, but for its tokenizer."""
    made.save_pretrained(folder)
    image = made.config.vision_config.image_size
    (folder / "preprocessor_config.json").write_text(json.dumps(preprocessor(image, resample)))
    return folder


def computed(made, pixels, tokens):
    """Embeddings of pixels [n, 3, S, S] and of rows of tokens, and logits [n, texts]."""
    torch = torch_or_skip()
    with torch.no_grad():
        pixels, tokens = torch.from_numpy(pixels), torch.from_numpy(tokens.astype(np.int64))
        frames = made.get_image_features(pixels)
        texts = made.get_text_features(tokens)
        logits = made(input_ids=tokens, pixel_values=pixels).logits_per_image
    first = [getattr(each, "pooler_output", each).numpy() for each in (frames, texts)]
    return first[0], first[1], logits.numpy()


def pixels(image, frames=8):
    return np.random.default_rng(5).normal(size=(frames, 3, image, image)).astype(np.float32)


def padded(ids, context, end=1, padding=1):
    """A row of the text encoder: ids, the mark at the end, padding."""
    kept = list(ids[: context - 1]) + [end]
    return kept + [padding] * (context - len(kept))
