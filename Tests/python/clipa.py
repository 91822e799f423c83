"""Small CLIPAs as open_clip saves them, their tokenizer, and what they compute."""

import json

import numpy as np
import siglip
from families import maker_or_skip, roughen, torch_or_skip

CONTEXT, IMAGE = 12, 24
#: Texts of which BERT's tokenizer does more than split words.
ODD = ["[MASK]", "[SEP] in the sea", "a [CLS][PAD]b [sep]", "x" * 100, "y" * 101, "夜の街を歩く人", "Straße Æther İstanbul ΑΣ",
       "é e\u0301 ñ ﬁ ½ Å", "a\u200bb\u00adc", "\x01\x7f bell", "don't; stop -- now...", "&amp; &lt;b&gt;", "㐀豈a", "한국어",
       "\ufffd", "U.S.A. 3.14", "“quoted” – dash…", "##ing #ing", "€5 £6", "a\u0085b", "\ue000private", ""]  # fmt: skip
MARKS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def train_pieces(folder, size=420, text=siglip.TEXT):
    """Writes tokenizer.json, its configuration and a vocab.txt of word pieces, as BERT's uncased model has them."""
    tokenizers = maker_or_skip("tokenizers")
    trained = tokenizers.Tokenizer(tokenizers.models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=100))
    trained.normalizer = tokenizers.normalizers.BertNormalizer(
        clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True
    )
    trained.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    trainer = tokenizers.trainers.WordPieceTrainer(
        vocab_size=size, special_tokens=MARKS, show_progress=False, limit_alphabet=80
    )
    trained.train_from_iterator(text.splitlines(), trainer)
    trained.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    trained.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings) + "\n")
    pieces = sorted(trained.get_vocab().items(), key=lambda item: item[1])
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in pieces), encoding="utf-8")
    return len(pieces)


def tokenizer(folder, context=CONTEXT):
    """open_clip's own, with the files of a folder."""
    maker_or_skip("open_clip")
    from open_clip.tokenizer import HFTokenizer

    return HFTokenizer(str(folder), context_length=context, strip_sep_token=True)


def texts(count=400):
    return [*siglip.random_texts(count), *ODD]


def configuration(vocabulary, width=64, layers=2, image=IMAGE, patch=8, context=CONTEXT, text_width=64):
    return dict(
        embed_dim=40,
        vision_cfg=dict(
            image_size=image, layers=layers, width=width, head_width=16, patch_size=patch, no_ln_pre=True,
            pool_type="avg", final_ln_after_pool=True,
        ),
        text_cfg=dict(
            context_length=context, vocab_size=vocabulary, hf_tokenizer_name="bert-base-uncased",
            tokenizer_kwargs=dict(strip_sep_token=True), width=text_width, heads=text_width // 16, layers=layers,
            pool_type="last", no_causal_mask=True,
        ),
    )  # fmt: skip


def model(config, half=False):
    """A model of random weights, which fp16 holds if `half`."""
    made = roughen(maker_or_skip("open_clip").model.CLIP(**config))
    with torch_or_skip().no_grad():
        for parameter in made.parameters():
            if half:
                parameter.copy_(parameter.half().float())
    return made


def save(made, config, folder, half=False):
    """The folder of a CLIPA on the Hugging Face hub, but for its tokenizer."""
    from safetensors.torch import save_file

    state = {key: value.half() if half else value for key, value in made.state_dict().items()}
    save_file({k: v.contiguous() for k, v in state.items()}, folder / "open_clip_model.safetensors")
    pictures = {
        "size": config["vision_cfg"]["image_size"], "mode": "RGB", "mean": [0.485, 0.456, 0.406],
        "std": [0.229, 0.224, 0.225], "interpolation": "bilinear", "resize_mode": "squash",
    }  # fmt: skip
    text = json.dumps({"model_cfg": config, "preprocess_cfg": pictures}, indent=2)
    (folder / "open_clip_config.json").write_text(text + "\n")
    return folder


def computed(made, pixels, tokens):
    """Embeddings of pixels [n, 3, S, S] and of rows of tokens."""
    torch = torch_or_skip()
    with torch.no_grad():
        frames = made.encode_image(torch.from_numpy(pixels))
        words = made.encode_text(torch.from_numpy(tokens.astype(np.int64)))
    return frames.numpy(), words.numpy()


def is_of_unicode_9(text):
    """Whether no character is of those whose class tokenizers, whose tables end with Unicode 9, tells otherwise."""
    import unicodedata

    old = unicodedata.ucd_3_2_0
    return all(ord(each) < 0x250 or old.category(each) != "Cn" or each in "".join(ODD) for each in text)
