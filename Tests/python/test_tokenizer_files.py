"""A tokenizer as Hugging Face's libraries write it. Needs `tokenizers`, and CLIP's own merge list for the whole of it."""

import gzip
import json
import shutil

import actionclip
import pytest
from conftest import SHARED

VOCABULARY = SHARED / "tokenizer" / "bpe_simple_vocab_16e6.txt.gz"
#: CLIP's vocabulary less the byte symbols and the markers; the file goes on.
STANDARD_MERGES = 49_408 - 514
TEXTS = [
    "a photo of a cat", "Playing the flute!", "it's they're we'll I'd", "  white \t space\nof all kinds ", "12 345 ½",
    "naïve café über straße", "日本語 русский язык", "emoji \U0001f600 \U0001f44d\U0001f3fd", "e\u0301 \u1100\u1161", "...?!", "",
    "a video of ice skating, an action", "supercalifragilisticexpialidocious " * 3,
]  # fmt: skip


def byte_alphabet():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + place) for place in range(len(rest))]


def vocabulary_of(merges):
    alphabet = byte_alphabet()
    tokens = alphabet + [letter + "</w>" for letter in alphabet] + ["".join(merge) for merge in merges]
    return {token: place for place, token in enumerate([*tokens, "<|startoftext|>", "<|endoftext|>"])}


@pytest.fixture(params=["tiny", "clip"])
def merge_list(request, merges):
    """Path and merges of a list: the committed one, then CLIP's."""
    if request.param == "tiny":
        lines = merges.read_text(encoding="utf-8").splitlines()[1:]
        return merges, [tuple(line.split()) for line in lines]
    if not VOCABULARY.exists():
        pytest.skip("CLIP's merge list is not here")
    lines = gzip.open(VOCABULARY, "rt", encoding="utf-8").read().splitlines()[1 : 1 + STANDARD_MERGES]
    return VOCABULARY, [tuple(line.split()) for line in lines]


@pytest.fixture
def hugging_face(merge_list, tmp_path, monkeypatch):
    """A fast CLIP tokenizer of those merges, and the folder where it has written itself in both forms."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    transformers = pytest.importorskip("transformers")
    merges = merge_list[1]
    try:
        fast = transformers.CLIPTokenizerFast(vocab=vocabulary_of(merges), merges=merges)
    except (TypeError, ValueError):  # before transformers 5 it is made from files
        (tmp_path / "vocab.json").write_text(json.dumps(vocabulary_of(merges)), encoding="utf-8")
        lines = ["#version: 0.2", *(" ".join(merge) for merge in merges)]
        (tmp_path / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        fast = transformers.CLIPTokenizerFast(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
    fast.save_pretrained(tmp_path)
    fast.backend_tokenizer.model.save(str(tmp_path))
    return fast, tmp_path


def test_its_files_give_its_ids(hugging_face, merge_list):
    fast, folder = hugging_face
    assert {"tokenizer.json", "merges.txt", "vocab.json"} <= {path.name for path in folder.iterdir()}
    for path in (folder / "tokenizer.json", folder / "merges.txt"):
        with actionclip.Tokenizer(path) as ours:
            for text in TEXTS:
                assert ours.encode(text) == fast(text, add_special_tokens=False)["input_ids"], (path.name, text)


def test_a_tokenizer_json_is_the_merge_list_s_equal(hugging_face, merge_list):
    texts = [*TEXTS, "&lt;b&gt; \x93quoted\x94 &amp;amp;"]
    if (SHARED / "tokenizer" / "cases.json").exists():
        texts += [case["text"] for case in json.loads((SHARED / "tokenizer" / "cases.json").read_text())]
    with actionclip.Tokenizer(merge_list[0]) as one, actionclip.Tokenizer(hugging_face[1] / "tokenizer.json") as other:
        assert [text for text in texts if one.encode(text) != other.encode(text)] == []


def test_one_beside_the_weights_is_found(hugging_face, merge_list, untrained, speaker, tmp_path):
    if merge_list[0] == VOCABULARY:
        pytest.skip("the committed checkpoint has the committed list's vocabulary")
    shutil.copy(untrained, tmp_path / "model.safetensors")
    for gone in (None, "merges.txt"):
        if gone:
            (tmp_path / gone).unlink()
        with actionclip.Model(tmp_path / "model.safetensors") as model:
            assert (model.tokenize("teen tee") == speaker.tokenize("teen tee")).all()
            model.save(tmp_path / "saved.safetensors")
        # The single file keeps the merges.
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        moved = shutil.move(tmp_path / "saved.safetensors", tmp_path / "elsewhere" / "saved.safetensors")
        with actionclip.Model(moved) as model:
            assert (model.tokenize("teen tee") == speaker.tokenize("teen tee")).all()


def test_what_is_not_clip_s_is_refused_by_name(hugging_face):
    folder = hugging_face[1]
    whole = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))

    def refused(path):
        with pytest.raises(actionclip.ModelError) as caught:
            actionclip.Tokenizer(path)
        assert caught.value.name == "ACTIONCLIP_ERROR_TOKENIZER_INVALID"
        return caught.value.message

    def changed(**changes):
        path = folder / "changed.json"
        path.write_text(json.dumps({**whole, **changes}), encoding="utf-8")
        return refused(path)

    assert "give the merges.txt" in refused(folder / "vocab.json")
    assert "'normalizer' has no step 'Lowercase'" in changed(normalizer=None)
    vocabulary = {**whole["model"]["vocab"], "!": 1, '"': 0}
    assert "'\"' has the id 0, expected 1" in changed(model={**whole["model"], "vocab": vocabulary})
    assert "'model.type' is 'Unigram'" in changed(model={**whole["model"], "type": "Unigram"})
    assert "this is not BERT's uncased tokenizer" in changed(model={**whole["model"], "type": "WordPiece"})
    assert "'<extra>' has the id" in changed(added_tokens=[{"id": len(vocabulary), "content": "<extra>"}])
    (folder / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    message = refused(folder / "merges.txt")
    assert "vocab.json" in message and "has the id 0, expected 1" in message
