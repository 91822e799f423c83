"""The SHA-256 of a model's file or buffer, computed and expected, against Python's own."""

import hashlib
import mmap
import struct

import actionclip
import pytest
from conftest import same_bits


@pytest.fixture(scope="module")
def digest(untrained):
    return hashlib.sha256(untrained.read_bytes()).hexdigest()


def other_than(digest):
    return digest[:-1] + ("0" if digest[-1] != "0" else "1")


def test_it_is_computed_where_it_is_asked_for(untrained, speaker, digest):
    assert speaker.sha256 is None
    for source in (untrained, str(untrained), untrained.read_bytes()):
        with actionclip.Model(source, compute_sha256=False) as model:
            assert model.sha256 is None
        with actionclip.Model(source, compute_sha256=True) as model:
            assert model.sha256 == digest
        assert model.sha256 == digest  # it stays, as other results do


def test_checkpoints_are_hashed_whole(any_pack):
    """A torch checkpoint holds more than the tensors that are read."""
    expected = hashlib.sha256(any_pack.checkpoint.read_bytes()).hexdigest()
    pixels = any_pack.inputs["pixels"]
    with any_pack.load(expected_sha256=expected) as model, any_pack.load() as plain:
        assert model.sha256 == expected
        assert same_bits(model.encode_pixels(pixels), plain.encode_pixels(pixels))


@pytest.mark.parametrize("case", [str.lower, str.upper])
def test_the_right_file_loads(untrained, speaker, merges, digest, case):
    texts = ["walking", "a clip of running"]
    for source in (untrained, untrained.read_bytes()):
        with actionclip.Model(source, tokenizer=merges, expected_sha256=case(digest)) as model:
            assert model.sha256 == digest
            assert same_bits(model.encode_prompts(texts), speaker.encode_prompts(texts))


def test_another_file_is_refused(untrained, digest):
    wrong = other_than(digest)
    for source in (untrained, untrained.read_bytes()):
        with pytest.raises(actionclip.FileError) as caught:
            actionclip.Model(source, expected_sha256=wrong, compute_sha256=True)
        assert (caught.value.status, caught.value.name) == (-24, "ACTIONCLIP_ERROR_HASH_MISMATCH")
        assert digest in caught.value.message and wrong in caught.value.message
    with pytest.raises(OSError) as caught:
        actionclip.Model(untrained, expected_sha256=wrong)
    assert caught.value.filename == str(untrained) and str(untrained) in caught.value.message


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "header"])
def test_of_a_file_that_was_not_meant_nothing_else_is_said(untrained, digest, tmp_path, damage):
    data = untrained.read_bytes()
    damaged = {
        "cut": data[:-100], "empty": b"", "text": b"<html>no model</html>", "header": struct.pack("<Q", 2**40) + data[8:],
    }[damage]  # fmt: skip
    path = tmp_path / "model.safetensors"
    path.write_bytes(damaged)
    with pytest.raises(actionclip.FileError) as caught:
        actionclip.Model(path, expected_sha256=digest)
    assert caught.value.status == -24
    with pytest.raises(actionclip.FormatError):
        actionclip.Model(path, expected_sha256=hashlib.sha256(damaged).hexdigest())


def test_bad_hashes_are_arguments(untrained, digest):
    for bad in ("", "12", digest[:-1], digest + "0", "g" * 64, " " + digest[1:], "0x" + digest[2:], "é" * 32):
        with pytest.raises(actionclip.ArgumentError, match="expected_sha256"):
            actionclip.Model(untrained, expected_sha256=bad)
    for bad in (digest + "\0", digest.encode(), 7):
        with pytest.raises(actionclip.ArgumentError, match="expected_sha256"):
            actionclip.Model(untrained, expected_sha256=bad)
    with pytest.raises(TypeError, match="compute_sha256"):
        actionclip.Model(untrained, compute_sha256="yes")


def test_a_mapped_file_is_a_buffer_like_another(untrained, digest):
    with open(untrained, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        with actionclip.Model(memoryview(mapped), expected_sha256=digest) as model:
            assert model.sha256 == digest
