"""The instruction sets that a model computes with, and limits to them."""

import platform
import re

import actionclip
import numpy as np
import pytest
from actionclip._model_info import INSTRUCTIONS
from conftest import ROOT, Pack, pack_folders, same_bits

X86 = ["portable", "avx2", "avx_vnni", "avx512", "avx512_vnni", "avx512_bf16", "amx"]
ARM = ["portable", "neon_dot", "neon_i8mm", "neon_bf16"]
ORDERED = X86 if platform.machine() == "x86_64" else ARM
VARIABLE = "ACTIONCLIP_INSTRUCTIONS"
PRECISIONS = ["fp32", "bf16", "int8"]


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


def in_use(path, **options):
    with actionclip.Model(path, **options) as model:
        return model.info.product_instructions, model.info.row_instructions


def test_kernels_have_the_names_of_the_header():
    table = (ROOT / "Sources/CKernels/isa/table.c").read_text()
    assert set(re.findall(r'^ *\{"(\w+)",', table, re.MULTILINE)) == set(INSTRUCTIONS) == {*X86, *ARM}


@pytest.mark.parametrize("compute", PRECISIONS)
@pytest.mark.parametrize("limit", ORDERED)
def test_a_limit_is_kept_and_said(untrained, compute, limit):
    used = in_use(untrained, compute=compute, instructions=limit)
    assert all(ORDERED.index(name) <= ORDERED.index(limit) for name in used)
    if limit == "portable":
        assert used == ("portable", "portable")


def test_the_lower_of_option_and_variable_wins(untrained, monkeypatch):
    monkeypatch.setenv(VARIABLE, "portable")
    assert in_use(untrained) == ("portable", "portable")
    assert in_use(untrained, instructions=ORDERED[-1]) == ("portable", "portable")
    monkeypatch.setenv(VARIABLE, ORDERED[-1])
    assert in_use(untrained, instructions="portable") == ("portable", "portable")


def test_an_empty_variable_and_auto_are_no_limit(untrained, monkeypatch):
    best = in_use(untrained, compute="int8")
    for value in ["", "auto"]:
        monkeypatch.setenv(VARIABLE, value)
        assert in_use(untrained, compute="int8") == best
    assert in_use(untrained, compute="int8", instructions="auto") == best


@pytest.mark.parametrize("value", ["sse2", "AVX2", " avx2", "avx", "0", "x" * 100, "a\nb", "neon_dot neon_bf16"])
def test_an_unknown_variable_is_an_error_that_lists_the_names(untrained, monkeypatch, value):
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(ValueError, match=f"{VARIABLE} is '.*expected one of auto, {', '.join(ORDERED)};") as error:
        in_use(untrained)
    assert "\n" not in str(error.value)


def test_another_architecture_s_instruction_set_is_an_error(untrained):
    other = next(name for name in INSTRUCTIONS if name not in ORDERED)
    with pytest.raises(ValueError, match=rf"instructions is {other}, .*{', '.join(ORDERED)}"):
        in_use(untrained, instructions=other)
    with pytest.raises(ValueError, match="instructions is 'sse2'"):
        in_use(untrained, instructions="sse2")


@pytest.mark.parametrize("compute", PRECISIONS)
def test_every_limit_gives_the_reference_s_numbers_and_the_same_bits_on_any_threads(compute):
    pack = Pack(pack_folders()[0])
    pixels, expected = pack.inputs["pixels"], pack.expected["video_features"]
    for limit in ORDERED:
        one, three = (pack.load(compute=compute, threads=threads, instructions=limit) for threads in (1, 3))
        with one, three:
            video = one.encode_pixels(pixels)
            assert same_bits(three.encode_pixels(pixels), video)
            cosine = (video * expected).sum(-1) / np.linalg.norm(video, axis=-1) / np.linalg.norm(expected, axis=-1)
            assert cosine.min() > {"fp32": 0.999999, "bf16": 0.999, "int8": 0.985}[compute], limit


def test_a_model_keeps_its_instruction_sets(untrained, monkeypatch):
    pixels = np.random.default_rng(1).standard_normal((8, 3, 224, 224), dtype=np.float32)
    with actionclip.Model(untrained, frames=8) as model:
        pixels = pixels[:, :, : model.info.image_size, : model.info.image_size]
        before, used = model.encode_pixels(pixels[None]), model.info.row_instructions
        monkeypatch.setenv(VARIABLE, "portable")
        with actionclip.Model(untrained, frames=8) as other:
            assert other.info.row_instructions == "portable"
        assert same_bits(model.encode_pixels(pixels[None]), before) and model.info.row_instructions == used
