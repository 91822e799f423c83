"""A model in one file: saved, loaded with nothing beside it, and damaged in every key."""

import json
import shutil
import struct

import actionclip
import numpy as np
import pytest
from conftest import SHARED, Pack, pack_folders, pack_id, read_safetensors, same_bits

LABELS = ["yoga", "ice \"skating\" \\", "太极拳"]
TEMPLATES = ["a clip of {}", "{}"]


def metadata_of(path):
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    return json.loads(data[8 : 8 + size])["__metadata__"]


def with_metadata(source, target, metadata):
    """A copy of a safetensors file with other metadata, apart from the library's own writer."""
    data = source.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = {**json.loads(data[8 : 8 + size]), "__metadata__": metadata}
    text = json.dumps(header).encode()
    target.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])
    return target


def write_safetensors(path, tensors, metadata):
    types = {"float32": "F32", "int8": "I8", "uint16": "BF16"}
    header, data = {"__metadata__": metadata}, b""
    for name, tensor in tensors.items():
        end = len(data) + tensor.nbytes
        header[name] = {
            "dtype": types[tensor.dtype.name], "shape": tensor.shape, "data_offsets": [len(data), end],
        }  # fmt: skip
        data += tensor.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


@pytest.fixture(scope="module")
def saved(speaker, tmp_path_factory):
    path = tmp_path_factory.mktemp("saved") / "model.safetensors"
    speaker.save(path, labels=LABELS, templates=TEMPLATES, description="Three actions", license="MIT")
    return path


@pytest.mark.parametrize("folder", pack_folders(), ids=pack_id)
def test_what_is_saved_comes_back_bit_for_bit(folder, tmp_path):
    pack = Pack(folder)
    path = tmp_path / "saved.safetensors"
    with pack.load() as model:
        model.save(path)
        with actionclip.Model(path) as again:
            for name in ("frames", "head", "joint", "temporal_shift", "logit_scale", "parameters"):
                assert getattr(again.info, name) == getattr(model.info, name)
            pixels, tokens = pack.inputs["pixels"], pack.inputs["tokens"]
            assert same_bits(again.encode_pixels(pixels), model.encode_pixels(pixels))
            assert same_bits(again.encode_tokens(tokens), model.encode_tokens(tokens))
    assert [entry.name for entry in tmp_path.iterdir()] == ["saved.safetensors"]


def test_other_readers_open_it(saved, speaker):
    tensors = read_safetensors(saved)
    assert sum(tensor.size for tensor in tensors.values()) == speaker.info.parameters
    metadata = metadata_of(saved)
    assert json.loads(metadata["actionclip.labels"]) == LABELS
    assert json.loads(metadata["actionclip.templates"]) == TEMPLATES
    assert metadata["actionclip.frames"] == str(speaker.info.frames)
    assert metadata["actionclip.head"] == speaker.info.head
    safetensors = pytest.importorskip("safetensors.numpy")
    assert set(safetensors.load_file(saved)) == set(tensors)


def test_it_needs_nothing_beside_it(saved, speaker):
    with actionclip.Model(saved) as model, actionclip.Model(saved.read_bytes()) as from_memory:
        for each in (model, from_memory):
            assert each.labels == LABELS and each.templates == TEMPLATES
            assert (each.note("description"), each.note("license")) == ("Three actions", "MIT")
            assert each.note("source") is None
            own = each.encode_labels(LABELS)
            assert own.shape == (2, 3, speaker.info.embedding_size)
            assert same_bits(own, speaker.encode_labels(LABELS, TEMPLATES))
    assert speaker.labels == [] and speaker.templates == []


def test_keeping_replacing_and_leaving_out(saved, tmp_path):
    path = tmp_path / "again.safetensors"
    with actionclip.Model(saved) as model:
        model.save(path)
        assert path.read_bytes() == saved.read_bytes()
        model.save(path, labels=["one"], templates=[], description="", source="a test")
    with actionclip.Model(path) as model:
        assert model.labels == ["one"] and model.templates == []
        assert [model.note(key) for key in ("description", "license", "source")] == [None, "MIT", "a test"]
        model.save(path, labels=[])  # over the file it came from
    with actionclip.Model(path) as model:
        assert model.labels == []


def test_half_precision_is_numpy_s(saved, tmp_path):
    path = tmp_path / "half.safetensors"
    with actionclip.Model(saved) as model:
        model.save(path, storage="fp16")
    full, half = read_safetensors(saved), read_safetensors(path)
    for name, tensor in full.items():
        wanted = tensor.astype(np.float16) if tensor.ndim >= 2 else tensor
        assert same_bits(half[name], wanted), name


@pytest.mark.parametrize("compute", ["bf16", "int8"])
@pytest.mark.parametrize("folder", pack_folders(), ids=pack_id)
def test_lower_precision_is_stored_as_it_is_computed(folder, compute, tmp_path):
    """The file gives the bits of the full model loaded in that precision, by default and from memory; saved again it
    is the same file; and it can be computed in fp32 as well, where it is near."""
    pack = Pack(folder)
    path, again = tmp_path / "lower.safetensors", tmp_path / "again.safetensors"
    pixels, tokens = pack.inputs["pixels"], pack.inputs["tokens"]
    with pack.load() as full, pack.load(compute=compute) as direct:
        full.save(path, storage=compute)
        assert (full.info.compute_type, direct.info.compute_type) == ("fp32", compute)
        for source in (path, path.read_bytes()):
            with actionclip.Model(source) as stored:
                assert stored.info.compute_type == compute
                assert same_bits(stored.encode_pixels(pixels), direct.encode_pixels(pixels))
                assert same_bits(stored.encode_tokens(tokens), direct.encode_tokens(tokens))
                stored.save(again, storage=compute)
                assert again.read_bytes() == path.read_bytes()
                for other in {"fp32", "fp16", "bf16", "int8"} - {compute}:
                    with pytest.raises(actionclip.ModelError, match=f"loaded in {compute}") as caught:
                        stored.save(again, storage=other)
                    assert caught.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"
        with actionclip.Model(path, compute="fp32") as widened:
            a, b = widened.encode_tokens(tokens), full.encode_tokens(tokens)
            assert ((a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)).min() > 0.99
    sizes = {"bf16": 0.62, "int8": 0.45}  # these models are small: what stays fp32 weighs more
    assert path.stat().st_size < sizes[compute] * 4 * full.info.parameters + 600_000


def in_runs(rows, points):
    """Runs of so many vectors of 16 numbers: each number becomes a sum with signs of those at its place."""
    signs = np.array([[(-1) ** (i & j).bit_count() for i in range(points)] for j in range(points)])
    return (signs @ rows.astype(float).reshape(len(rows), -1, points, 16)).reshape(rows.shape)


def rotated(rows):
    """Rows as int8 has them (docs/FORMAT.md), and what rotating twice multiplies them by."""
    width = rows.shape[1]
    for points in (16, 8, 4, 2):
        if width % (16 * points) == 0:
            return in_runs(rows, points), points
    assert width > 256
    fours = width // 256 * 256
    rest = fours + (width - fours) // 64 * 64
    parts = in_runs(rows[:, :fours], 16), 2 * in_runs(rows[:, fours:rest], 4), 4 * rows[:, rest:]
    return np.hstack(parts), 16


def with_hidden_layers(source, target, width):
    """A copy of a model whose MLPs have so many numbers, some of which are large."""
    random, tensors = np.random.default_rng(5), read_safetensors(source)
    for name, tensor in tensors.items():
        shape = list(tensor.shape)
        if ".mlp.c_fc." in name:
            shape[0] = width
        elif name.endswith(".mlp.c_proj.weight"):
            shape[1] = width
        else:
            continue
        numbers = random.standard_normal(shape) * 0.02 * (1 + 20 * (random.random(shape) < 0.01))
        tensors[name] = numbers.astype(np.float32)
    write_safetensors(target, tensors, metadata_of(source))
    return target


@pytest.mark.parametrize("width", [None, 682, 335])
def test_int8_numbers_are_the_nearest_of_127_steps(saved, width, tmp_path):
    path, source = tmp_path / "int8.safetensors", saved
    if width:  # rows that are not made of whole runs
        source = with_hidden_layers(saved, tmp_path / "wide.safetensors", width)
    with actionclip.Model(source) as model:
        model.save(path, storage="int8")
    full, stored = read_safetensors(source), read_safetensors(path)
    scaled = [name for name in stored if name.endswith("scale") and "weight" in name]
    assert scaled and set(stored) - set(scaled) == set(full)
    if width:
        assert "visual.transformer.resblocks.0.mlp.c_proj.weight.rotated_scale" in scaled
    for name, tensor in full.items():
        if name + ".rotated_scale" in stored:
            scale, (wanted, points) = stored[name + ".rotated_scale"][:, None], rotated(tensor)
        elif name + ".scale" in stored:
            scale, (wanted, points) = stored[name + ".scale"][:, None], (tensor, 1)
        else:
            assert stored[name].dtype != np.int8
            continue
        wanted = wanted / points
        assert np.allclose(scale, np.abs(wanted).max(1, keepdims=True) / 127, rtol=1e-6)
        assert np.abs(stored[name] * scale - wanted).max() <= scale.max() * 0.5001


@pytest.mark.parametrize("folder", pack_folders(), ids=pack_id)
def test_int8_files_without_rotation_are_still_read(folder, tmp_path):
    """Rows rounded as they are, each with its `.scale`, as libraries before this one wrote them."""
    pack, path, again = Pack(folder), tmp_path / "plain.safetensors", tmp_path / "again.safetensors"
    with pack.load() as model:
        model.save(path, storage="int8")
        full = tmp_path / "full.safetensors"
        model.save(full)
        exact = model.encode_tokens(pack.inputs["tokens"])
    tensors = read_safetensors(path)
    for name, tensor in read_safetensors(full).items():
        if tensors.pop(name + ".rotated_scale", None) is not None:
            scale = np.abs(tensor).max(1, keepdims=True) / 127
            tensors |= {name: np.rint(tensor / scale).astype(np.int8), name + ".scale": scale[:, 0]}
    write_safetensors(path, tensors, metadata_of(path))
    with actionclip.Model(path) as plain:
        assert plain.info.compute_type == "int8"
        text = plain.encode_tokens(pack.inputs["tokens"])
        assert (exact * text).sum() / np.linalg.norm(exact) / np.linalg.norm(text) > 0.99
        plain.save(again, storage="int8")
        with actionclip.Model(again) as same:
            assert same_bits(same.encode_tokens(pack.inputs["tokens"]), text)


@pytest.mark.parametrize("damage", ["missing", "shape", "nan", "type"])
def test_int8_with_wrong_scales_is_refused(saved, tmp_path, damage):
    path = tmp_path / "int8.safetensors"
    with actionclip.Model(saved) as model:
        model.save(path, storage="int8")
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header, numbers = json.loads(data[8 : 8 + size]), bytearray(data[8 + size :])
    name = next(key for key in header if key.endswith("0.mlp.c_fc.weight") and key.startswith("visual."))
    scales = next(key for key in header if key in (name + ".rotated_scale", name + ".scale"))
    entry = header[scales]
    if damage == "missing":
        header[name + ".scaled"] = header.pop(scales)
    elif damage == "shape":
        entry["shape"] = [entry["shape"][0] // 2, 2]
    elif damage == "type":
        entry["dtype"] = "I32"
    else:
        struct.pack_into("<f", numbers, entry["data_offsets"][0], float("nan"))
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + numbers)
    with pytest.raises(actionclip.ActionCLIPError, match=name.replace(".", r"\.") + r"\.(rotated_)?scale"):
        actionclip.Model(path)


def test_saving_wrongly(speaker, tmp_path):
    path = tmp_path / "kept"
    path.write_text("kept")
    for arguments in [
        {"labels": ["a", ""]}, {"labels": ["a\0b"]}, {"labels": [b"a"]}, {"labels": "yoga"}, {"templates": ["a"]},
        {"storage": "int4"}, {"description": "a\0b"}, {"license": 7}, {"source": "m" * (5 << 20)},
    ]:  # fmt: skip
        with pytest.raises(ValueError):
            speaker.save(path, **arguments)
    for place in [tmp_path, tmp_path / "none" / "model", "/dev/null"]:
        with pytest.raises(actionclip.FileError) as caught:
            speaker.save(place)
        assert caught.value.name == "ACTIONCLIP_ERROR_FILE_WRITE" and str(place) in str(caught.value)
    assert path.read_text() == "kept" and list(tmp_path.iterdir()) == [path]


SIZES = (
    "image_size patch_size vision_width vision_layers vision_heads embedding_size text_width text_layers "
    "text_heads context_length vocabulary_size"
).split()


@pytest.mark.parametrize(
    "key, value",
    [
        ("format", "2"), ("format", ""), ("joint", "on"), ("joint", "perhaps"), ("temporal_shift", "1"),
        ("frame_interval_ns", "0"), ("frame_interval_ns", "1e9"),
        ("head", "LSTM"), ("head", "tail"), ("frames", "0"), ("frames", "many"), ("frames", "1024"),
        ("activation", "gelu"), ("activation", ""), ("epsilon", "0"), ("epsilon", "1e-5 "), ("epsilon", "0.02"),
        ("head_epsilon", "1e-13"), ("head_epsilon", "nan"),
        ("templates", "[]"), ("templates", '["no place"]'), ("templates", "{}"),
        ("labels", "yoga"), ("labels", '[""]'), ("labels", '["a", 2]'), ("description", "a\0b"),
        ("merges", ""), ("merges", "#version\n"), ("merges", "#version\nnot a merge\n"),
        *((key, "7") for key in SIZES), *((key, "large") for key in SIZES),
    ],
)  # fmt: skip
def test_every_damaged_key_is_named(saved, tmp_path, key, value):
    key = f"actionclip.{key}"
    path = with_metadata(saved, tmp_path / "bad.safetensors", {**metadata_of(saved), key: value})
    with pytest.raises(actionclip.ActionCLIPError) as caught:
        actionclip.Model(path)
    assert f"'{key}'" in str(caught.value) and "bad.safetensors" in str(caught.value)
    tokenizer = key == "actionclip.merges"
    assert isinstance(caught.value, actionclip.ModelError if tokenizer else actionclip.FormatError)


def test_keys_alone_or_none(saved, untrained, tmp_path):
    path = tmp_path / "model.safetensors"
    with pytest.raises(actionclip.FormatError, match="'actionclip.format' is missing"):
        actionclip.Model(with_metadata(saved, path, {"actionclip.labels": '["a"]'}))
    with actionclip.Model(with_metadata(saved, path, {"actionclip.format": "1"})) as model:
        assert not model.info.has_tokenizer and model.info.frames == 8
    with actionclip.Model(with_metadata(saved, path, {"format": "pt", "head": "?"})) as model:
        assert model.labels == []
    # Temporal shift that the tensors' names do not tell: over plain weights the file's word decides.
    shifted = {"actionclip.format": "1", "actionclip.temporal_shift": "on", "actionclip.frames": "3"}
    with actionclip.Model(with_metadata(saved, path, shifted)) as model:
        assert model.info.temporal_shift and model.info.frames == 3
        model.save(path)
    with actionclip.Model(path) as model:
        assert model.info.temporal_shift and model.info.frames == 3


def test_a_file_declares_causal_shift(saved, tmp_path):
    path, again = tmp_path / "causal.safetensors", tmp_path / "again.safetensors"
    causal = {"actionclip.format": "1", "actionclip.temporal_shift": "causal", "actionclip.frames": "3"}
    with_metadata(saved, path, causal)
    plain = with_metadata(saved, tmp_path / "plain.safetensors", {})
    with actionclip.Model(path) as model, actionclip.Model(plain, temporal_shift="causal", frames=3) as asked:
        assert (model.info.temporal_shift, model.info.shift_causal) == (True, True)
        assert (asked.info.temporal_shift, asked.info.shift_causal) == (True, True)
        side = model.info.image_size
        pixels = np.random.default_rng(3).standard_normal((1, 3, 3, side, side)).astype(np.float32)
        video, frames = model.encode_pixels(pixels), model.encode_pixels(pixels, return_frames=True)[1]
        assert same_bits(video, asked.encode_pixels(pixels))
        pixels[0, 2] *= -1
        changed = model.encode_pixels(pixels, return_frames=True)[1]
        assert same_bits(changed[0, :2], frames[0, :2]) and not same_bits(changed[0, 2], frames[0, 2])
        model.save(again)
    with actionclip.Model(again, temporal_shift="causal") as model:
        assert model.info.shift_causal
    assert metadata_of(again)["actionclip.temporal_shift"] == "causal"
    for file, asked in [(path, True), (path, False), (saved, "causal")]:
        with pytest.raises(actionclip.ModelError, match="'actionclip.temporal_shift'") as caught:
            actionclip.Model(file, temporal_shift=asked)
        assert caught.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"
    with pytest.raises(TypeError, match='"causal"'):
        actionclip.Model(path, temporal_shift="caused")


def test_a_file_declares_its_frame_interval(saved, tmp_path):
    path, again = tmp_path / "interval.safetensors", tmp_path / "again.safetensors"
    with actionclip.Model(saved) as model:
        assert model.info.frame_interval_ns == 0 and not model.info.shift_causal
        model.save(path, frame_interval_ns=360_000_000)
        for wrong in [-1, 86_400_000_000_001, 0.36]:
            with pytest.raises((ValueError, TypeError), match="frame_interval_ns"):
                model.save(again, frame_interval_ns=wrong)
    assert metadata_of(path)["actionclip.frame_interval_ns"] == "360000000"
    with actionclip.Model(path) as model:
        assert model.info.frame_interval_ns == 360_000_000
        model.save(again)
        assert again.read_bytes() == path.read_bytes()
        model.save(again, frame_interval_ns=0)
    assert again.read_bytes() == saved.read_bytes()


@pytest.mark.parametrize(
    "option", [{"frames": 9}, {"head": "LSTM"}, {"temporal_shift": True}, {"joint": True}], ids=str
)
def test_an_option_that_the_file_contradicts(saved, option):
    with pytest.raises(actionclip.ModelError) as caught:
        actionclip.Model(saved, **option)
    assert caught.value.name == "ACTIONCLIP_ERROR_OPTION_CONFLICT"
    assert f"'actionclip.{next(iter(option))}'" in str(caught.value)


def test_which_tokenizer_counts(saved, merges, tmp_path):
    path = with_metadata(saved, tmp_path / "m.safetensors", {**metadata_of(saved), "actionclip.merges": "?"})
    shutil.copy(merges, tmp_path / "merges.txt")
    with pytest.raises(actionclip.ModelError):
        actionclip.Model(path)  # the one inside goes before one beside
    with actionclip.Model(path, tokenizer=merges) as model:  # one that is named before both
        assert model.info.has_tokenizer


@pytest.mark.skipif(not (SHARED / "tokenizer" / "cases.json").exists(), reason="CLIP's merge list is not here")
def test_clip_s_own_merges_fit(model, any_pack, tmp_path):
    torch = pytest.importorskip("torch")
    checkpoint = torch.load(any_pack.checkpoint, map_location="cpu", weights_only=False)
    state = checkpoint["model_state_dict"]
    name = next(key for key in state if key.endswith("token_embedding.weight"))
    state[name] = torch.zeros(49408, state[name].shape[1])
    large, path = tmp_path / "large.pt", tmp_path / "model.safetensors"
    torch.save(checkpoint, large)
    merge_list = SHARED / "tokenizer" / "bpe_simple_vocab_16e6.txt.gz"
    with actionclip.Model(large, **any_pack.options(), tokenizer=merge_list) as named:
        named.save(path, storage="fp16")
        assert len(metadata_of(path)["actionclip.merges"].splitlines()) == 48895
        texts = [text for text in json.loads((SHARED / "tokenizer" / "cases.json").read_text())]
        with actionclip.Model(path) as model:
            for case in texts:
                if "\0" not in case["text"]:
                    row = model.tokenize([case["text"]], truncate=True)
                    assert same_bits(row, named.tokenize([case["text"]], truncate=True))


def test_the_default_model(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("ACTIONCLIP_MODEL", str(saved))
    with actionclip.Model() as model:
        assert model.labels == LABELS
    with actionclip.Model(frames=model.info.frames, threads=1) as model:
        assert model.info.threads == 1
    monkeypatch.setenv("ACTIONCLIP_MODEL", str(tmp_path / "none"))
    with pytest.raises(actionclip.FileError, match="none.*ACTIONCLIP_MODEL"):
        actionclip.Model()


def test_classify_by_the_model_s_own_labels(saved, speaker):
    frames = np.zeros((speaker.info.frames, 32, 32, 3), np.uint8)
    with actionclip.Model(saved) as model:
        found = model.classify(frames)
        assert sorted(label for label, _ in found) == sorted(LABELS)
        assert found == speaker.classify(frames, LABELS, TEMPLATES)
    with pytest.raises(ValueError, match="names none"):
        speaker.classify(frames)
