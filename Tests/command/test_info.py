import json
import struct

import pytest
from actionclip_command import CLIP, MODEL, PACKS, assert_error, json_lines, run

KEYS = (
    "path file_type family image_size patch_size vision_width vision_layers vision_heads embedding_size video_size "
    "text_width text_layers text_heads context_length vocabulary_size context_vectors frames frame_interval_ns joint temporal_shift shift_causal head frame_scores "
    "resize short_side mean std sampling compute_type product_instructions row_instructions activation activation_assumed heads_assumed assumptions threads has_tokenizer vocabulary_note logit_scale sigmoid_scores logit_bias parameters weight_bytes video_bytes text_bytes video_flops precisions labels templates template_weights description license source notes sha256 ffmpeg ffmpeg_error"
).split()


def shapes(path):
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    return {name: entry["shape"] for name, entry in header.items() if name != "__metadata__"}


def test_json_says_what_the_shapes_say():
    process = run("info", MODEL, "--json", "--threads", "1")
    assert process.returncode == 0, process.stderr
    (info,) = json_lines(process)
    assert list(info) == KEYS
    tensors = shapes(MODEL)
    width, _, patch, _ = tensors["visual.conv1.weight"]
    assert info["path"] == str(MODEL)
    assert info["file_type"] == "safetensors"
    assert info["patch_size"] == patch
    assert info["vision_width"] == width
    assert info["image_size"] == patch * round((tensors["visual.positional_embedding"][0] - 1) ** 0.5)
    assert info["embedding_size"] == tensors["text_projection"][1]
    assert [info["context_length"], info["text_width"]] == tensors["positional_embedding"]
    assert info["vocabulary_size"] == tensors["token_embedding.weight"][0]
    assert info["head"] == "Transf"
    assert (info["joint"], info["temporal_shift"]) == (False, False)
    assert (info["resize"], info["short_side"], info["sampling"]) == ("actionclip", None, "actionclip")
    assert info["mean"] == pytest.approx([0.48145466, 0.4578275, 0.40821073])
    assert (info["threads"], info["compute_type"]) == (1, "fp32")
    assert (info["activation"], info["activation_assumed"]) == ("QuickGELU", True)
    assert info["has_tokenizer"] is True
    assert info["logit_scale"] > 0
    assert (info["labels"], info["templates"], info["license"], info["sha256"]) == ([], [], None, None)


@pytest.mark.parametrize("path", [MODEL, PACKS / "lstm" / "checkpoint.pt", PACKS.parent / "torchscript" / "clip.pt"])
def test_before_loading_it_tells_what_each_precision_takes(path):
    (plan,) = json_lines(run("info", path, "--json", "--no-load", "--threads", 2, "--frames", 5))
    assert [each["compute_type"] for each in plan["precisions"]] == ["fp32", "bf16", "int8"]
    for each in plan["precisions"]:
        (info,) = json_lines(
            run("info", path, "--json", "--threads", 2, "--frames", 5, "--compute", each["compute_type"]))
        sizes = ("weight_bytes", "video_bytes", "text_bytes")
        assert [each[size] for size in sizes] == [info[size] for size in sizes]
        assert 0 < each["estimated_video_seconds"] < 10
        for key in set(plan) - {"precisions"}:
            assert plan[key] == info[key], key
        assert [{**found, "estimated_video_seconds": 0} for found in info["precisions"]] == [
            {**found, "estimated_video_seconds": 0} for found in plan["precisions"]]
    (other,) = json_lines(run("info", path, "--json", "--no-load", "--threads", 2, "--frames", 10))
    assert 1.9 * plan["video_flops"] < other["video_flops"] < 2.1 * plan["video_flops"]


def test_the_table_begins_with_what_headers_tell():
    alone = run("info", MODEL, "--no-load").stdout.splitlines()
    whole = run("info", MODEL).stdout.splitlines()
    assert [line.split("about")[0] for line in alone] == [line.split("about")[0] for line in whole[: len(alone)]]
    rows = {line[:14].strip(): line[16:] for line in alone}
    assert rows["work"].endswith(" GFLOP a video")
    for precision in ("fp32", "bf16", "int8"):
        words = rows["in " + precision]
        assert " of weights, " in words and " to encode a video, " in words and words.endswith(" a video")


def test_a_damaged_model_has_a_size_too(tmp_path):
    data = bytearray(MODEL.read_bytes())
    data[-4:] = b"\0\0\xc0\x7f"  # NaN
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(data)
    assert run("info", path, "--no-load").returncode == 0
    process = run("info", path)
    assert process.returncode == 1 and "NaN" in process.stderr and "in fp32" in process.stdout


def test_nothing_is_hashed_without_loading():
    assert_error(run("info", MODEL, "--no-load", "--hash"), "--no-load", code=64)


def test_table_is_for_people():
    process = run("info", MODEL)
    assert process.returncode == 0
    assert "safetensors" in process.stdout
    assert "\x1b" not in process.stdout
    (info,) = json_lines(run("info", MODEL, "--json"))
    rows = {line[:14].strip(): line[16:] for line in process.stdout.splitlines()}
    assert rows["parameters"] == f"{info['parameters']:,}"
    assert rows["head"] == info["head"] == "Transf"
    assert rows["embedding"] == str(info["embedding_size"])
    assert float(rows["logit scale"]) == pytest.approx(info["logit_scale"], abs=0.0006)
    assert rows["activation"] == "QuickGELU, assumed: the file does not say"
    products, others = info["product_instructions"], info["row_instructions"]
    assert rows["instructions"] == f"{products} for products, {others} for LayerNorm, softmax and conversions"
    assert rows["tokenizer"] == "found"
    assert (rows["labels"], rows["templates"]) == ("none of its own", "the reference's 16")
    assert "license" not in rows and "sha256" not in rows


def broken_ffmpeg(folder):
    """Files in the place of FFmpeg's libraries which cannot be loaded, and an environment that finds them first."""
    for library, majors in [("avformat", range(58, 63)), ("avcodec", range(58, 63))]:
        for major in majors:
            (folder / f"lib{library}.so.{major}").touch()
    return {"LD_LIBRARY_PATH": str(folder)}


def test_an_ffmpeg_that_cannot_be_loaded_is_told_with_what_to_do(tmp_path):
    env = broken_ffmpeg(tmp_path)
    rows = {line[:14].strip(): line[16:] for line in run("info", MODEL, env=env).stdout.splitlines()}
    assert rows["video by"].startswith("none: video needs ") and str(tmp_path) in rows["video by"]
    assert "take that file out of the library path, or install" in rows["video by"]
    (info,) = json_lines(run("info", MODEL, "--json", env=env))
    assert info["ffmpeg"] is None and f"none: {info['ffmpeg_error']}" == rows["video by"]
    (info,) = json_lines(run("info", MODEL, "--json"))
    assert (info["ffmpeg"] is None) != (info["ffmpeg_error"] is None)


def test_auto_is_no_limit_to_instructions():
    (best,) = json_lines(run("info", MODEL, "--json"))
    (auto,) = json_lines(run("info", MODEL, "--json", "--instructions", "auto"))
    for found in (best, auto):
        for each in found["precisions"]:
            del each["estimated_video_seconds"]  # measured
    assert auto == best


def test_options_are_resolved():
    pack = PACKS / "lstm" / "checkpoint.pt"
    process = run(
        "info", pack, "--json", "--frames", 3, "--head", "lstm", "--temporal-shift", "off", "--instructions", "portable"
    )
    (info,) = json_lines(process)
    assert (info["product_instructions"], info["row_instructions"]) == ("portable", "portable")
    assert info["file_type"] == "torch"
    assert (info["frames"], info["head"], info["temporal_shift"]) == (3, "LSTM", False)
    assert info["has_tokenizer"] is False


def test_the_activation_that_was_chosen_is_not_assumed():
    process = run("info", MODEL, "--activation", "gelu")
    assert "activation      GELU\n" in process.stdout
    (info,) = json_lines(run("info", MODEL, "--activation", "quickgelu", "--json"))
    assert (info["activation"], info["activation_assumed"]) == ("QuickGELU", False)
    # The reference's checkpoints have the reference's.
    (info,) = json_lines(run("info", PACKS / "lstm" / "checkpoint.pt", "--json"))
    assert (info["activation"], info["activation_assumed"]) == ("QuickGELU", False)
    assert run("info", MODEL, "--activation", "relu").returncode != 0


def test_what_is_no_model_is_told_with_the_reason():
    path = PACKS.parent / "weights" / "checkpoint.pt"
    process = run("info", path, "--head", "lstm")
    rows = {line[:14].strip(): line[16:] for line in process.stdout.splitlines()}
    assert process.returncode == 1 and "'visual.positional_embedding' is missing" in process.stderr
    assert rows["format"] == "torch.save checkpoint" and rows["layout"] == "CLIP"
    assert rows["dicts"] == "model_state_dict, fusion_model_state_dict, optimizer_state_dict"
    assert rows["tensors"].startswith("22, 360 numbers: 206 f32, 124 f16")
    plain = run("info", PACKS.parent / "weights" / "plain.pt", "--json")
    (found,) = json_lines(plain)
    assert plain.returncode == 1 and found["error"] in plain.stderr
    assert any(line.startswith("layout: none that is known") for line in found["found"])


def test_a_torchscript_file_says_so():
    (info,) = json_lines(run("info", PACKS.parent / "torchscript" / "clip.pt", "--json"))
    assert (info["file_type"], info["image_size"], info["vocabulary_size"]) == ("TorchScript", 16, 48)


def test_what_the_checkpoint_says():
    (info,) = json_lines(run("info", PACKS / "tsm-transf-16" / "checkpoint.pt", "--json"))
    assert (info["temporal_shift"], info["head"]) == (True, "Transf")
    (info,) = json_lines(run("info", PACKS / "joint" / "checkpoint.pt", "--json"))
    assert info["joint"] is True
    process = run("info", PACKS / "joint" / "checkpoint.pt")
    assert "joined" in process.stdout


def test_a_choice_that_the_checkpoint_contradicts_is_an_error():
    assert_error(run("info", PACKS / "lstm" / "checkpoint.pt", "--head", "conv-1d"))
    assert_error(run("info", PACKS / "lstm" / "checkpoint.pt", "--joint", "on"))


def test_files_that_are_no_model(tmp_path):
    missing = tmp_path / "missing file"
    assert_error(run("info", missing), missing)
    empty = tmp_path / "empty"
    empty.touch()
    assert_error(run("info", empty), "empty")
    assert_error(run("info", CLIP), "clip.mp4")
    assert_error(run("info", tmp_path), tmp_path)
    cut = tmp_path / "cut.safetensors"
    cut.write_bytes(MODEL.read_bytes()[:-1000])
    assert_error(run("info", cut), "cut.safetensors")


def test_a_name_cannot_steer_the_terminal(tmp_path):
    process = run("info", tmp_path / "a\x1b[2Jb\nc")
    assert_error(process)
    assert "\x1b" not in process.stderr
