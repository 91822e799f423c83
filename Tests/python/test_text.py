"""Tokens, prompts and labels."""

import json

import actionclip
import numpy as np
import pytest
from conftest import SHARED, same_bits

VOCABULARY = SHARED / "tokenizer" / "bpe_simple_vocab_16e6.txt.gz"
needs_vocabulary = pytest.mark.skipif(not VOCABULARY.exists(), reason="CLIP's merge list is not here")


@needs_vocabulary
def test_ids_are_clip_s():
    cases = json.loads((SHARED / "tokenizer" / "cases.json").read_text())
    with actionclip.Tokenizer(VOCABULARY) as tokenizer:
        wrong = [case["text"] for case in cases if tokenizer.encode(case["text"]) != case["ids"]]
    assert len(cases) > 20 and not wrong


@needs_vocabulary
def test_a_tokenizer_that_does_not_fit_the_model_is_refused(any_pack):
    with pytest.raises(actionclip.ModelError) as caught:
        any_pack.load(tokenizer=VOCABULARY)
    assert caught.value.name == "ACTIONCLIP_ERROR_TOKENIZER_INVALID"


def test_a_small_merge_list(merges, speaker):
    with actionclip.Tokenizer(str(merges)) as tokenizer:
        ids = tokenizer.encode("Teen  tee")
        assert ids and tokenizer.encode("") == [] and tokenizer.encode("teen tee") == ids
        assert len(tokenizer.encode("riding a bike")) < len("riding a bike")
        # The length is given, so a null does not end the text.
        assert len(tokenizer.encode("e\0q")) > len(tokenizer.encode("e"))
    size = speaker.info.vocabulary_size
    row = speaker.tokenize("teen tee")[0]
    assert row.tolist() == [size - 2, *ids, size - 1] + [0] * (speaker.info.context_length - len(ids) - 2)


def test_prompts_are_tokenized_then_encoded(speaker):
    texts = ["teen", "a video of no one", "ünïcode 日本", ""]
    tokens = speaker.tokenize(texts)
    assert tokens.dtype == np.int32 and tokens.shape == (4, speaker.info.context_length)
    prompts = speaker.encode_prompts(texts)
    assert same_bits(prompts, speaker.encode_tokens(tokens))
    assert same_bits(speaker.encode_prompts(texts[1]), prompts[1:2])
    assert same_bits(speaker.encode_prompts(iter(texts)), prompts)
    assert speaker.encode_prompts(texts, normalize=True).shape == prompts.shape


def test_labels_are_put_into_templates(speaker):
    labels = ["archery", "tea"]
    templates = actionclip.templates()
    assert len(templates) == 16 and all(text.count("{}") == 1 for text in templates)
    found = speaker.encode_labels(labels)
    assert found.shape == (16, 2, speaker.info.embedding_size)
    prompts = [template.replace("{}", label) for template in templates for label in labels]
    assert same_bits(found.reshape(32, -1), speaker.encode_prompts(prompts))
    own = speaker.encode_labels(labels, ["{} here", "see {}"])
    prompts = ["archery here", "tea here", "see archery", "see tea"]
    assert same_bits(own.reshape(4, -1), speaker.encode_prompts(prompts))
    assert same_bits(speaker.encode_labels("tea", "{}")[0], speaker.encode_prompts("tea"))


def test_templates_without_exactly_one_place_are_refused(speaker):
    for template in ("no place", "{} and {}"):
        with pytest.raises(ValueError) as caught:
            speaker.encode_labels(["tea"], [template])
        assert template in str(caught.value)
    with pytest.raises(ValueError):
        speaker.encode_labels(["tea"], [])


def test_a_text_that_is_too_long_is_an_error_or_cut(speaker):
    text = "z q " * 200
    for call in (speaker.tokenize, speaker.encode_prompts, speaker.encode_labels):
        with pytest.raises(actionclip.TextError) as caught:
            call([text])
        assert caught.value.status == -14
    row = speaker.tokenize([text], truncate=True)[0]
    assert row[-1] == speaker.info.vocabulary_size - 1 and (row != 0).any()
    assert same_bits(speaker.encode_prompts([text], truncate=True), speaker.encode_tokens(row))


def test_without_a_merge_list_texts_are_refused_and_tokens_work(any_pack, model):
    assert not model.info.has_tokenizer
    for call in (model.tokenize, model.encode_prompts, model.encode_labels):
        with pytest.raises(actionclip.ModelError) as caught:
            call(["tea"])
        assert caught.value.name == "ACTIONCLIP_ERROR_NO_TOKENIZER"
    assert len(model.encode_tokens(any_pack.inputs["tokens"])) == len(any_pack.inputs["tokens"])


def test_texts_that_are_no_texts(speaker, merges):
    bad_texts = [(b"tea", TypeError), (None, TypeError), ("a\0b", ValueError), ("\ud800", ValueError)]
    for call in (speaker.tokenize, speaker.encode_prompts, speaker.encode_labels):
        for bad, kind in bad_texts:
            with pytest.raises(kind):
                call(["tea", bad])
    with actionclip.Tokenizer(merges) as tokenizer:
        for bad, kind in [(b"tea", TypeError), ("\ud800", ValueError)]:
            with pytest.raises(kind):
                tokenizer.encode(bad)


def test_tokens_out_of_range(model, any_pack):
    tokens = any_pack.inputs["tokens"][:2].astype(np.int64)
    assert same_bits(model.encode_tokens(tokens), model.encode_tokens(tokens.astype(np.int32).tolist()))
    for bad in (-1, model.info.vocabulary_size, 2**31 - 1, 2**40):
        wrong = tokens.copy()
        wrong[1, 3] = bad
        with pytest.raises(ValueError):
            model.encode_tokens(wrong)
    with pytest.raises(ValueError, match="this model takes"):
        model.encode_tokens(tokens[:, :-1])
    with pytest.raises(TypeError):
        model.encode_tokens(tokens.astype(np.float32))
