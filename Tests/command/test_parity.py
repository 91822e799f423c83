import json
import math
import pathlib
import shutil
import struct

import pytest
from actionclip_command import PACKS, SHARED, assert_error, json_lines, run

OWN = sorted(path.parent for path in PACKS.glob("*/case.json"))
GIVEN = sorted(path.parent for path in (SHARED / "parity").glob("*/case.json"))
TRAINING = [
    path.parent
    for folder in (PACKS.parent / "tuning", SHARED / "tuning")
    for path in sorted(folder.glob("*/case.json"))
]
TENSORS = ["frame_features", "video_features", "text_features", "probabilities"]


@pytest.fixture
def pack(tmp_path):
    return shutil.copytree(PACKS / "transf", tmp_path / "a pack", copy_function=shutil.copy)


def header(path):
    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8 : 8 + size]), 8 + size


def alter(path, tensor, change, index=0):
    """Rewrites one 32-bit float of a safetensors file."""
    entries, start = header(path)
    data = bytearray(path.read_bytes())
    at = start + entries[tensor]["data_offsets"][0] + 4 * index
    struct.pack_into("<f", data, at, change(struct.unpack_from("<f", data, at)[0]))
    path.chmod(0o644)
    path.write_bytes(data)


def check(packs):
    process = run("parity", *packs, "--json")
    lines = json_lines(process)
    assert [line["pack"] for line in lines] == [str(path) for path in packs]
    for line in lines:
        assert list(line) == ["pack", "ok", "tensors", "error"]
        assert line["error"] is None and line["ok"] is True, line
        assert [tensor["name"] for tensor in line["tensors"]] == TENSORS
        for tensor in line["tensors"]:
            assert list(tensor) == ["name", "shape", "absolute", "relative", "cosine", "ok"]
            assert tensor["cosine"] >= 0.999999
            assert tensor["absolute" if tensor["name"] == "probabilities" else "relative"] <= 1e-4
    assert process.returncode == 0 and process.stderr == ""


def test_own_packs():
    assert len(OWN) >= 8
    check(OWN)


@pytest.mark.skipif(not GIVEN, reason="no ../shared/parity")
def test_given_packs():
    check(GIVEN)


def test_training_steps():
    """A pack of this repository, and given ones where they are there."""
    process = run("parity", *TRAINING, "--json")
    assert process.returncode == 0 and process.stderr == ""
    lines = json_lines(process)
    assert [line["pack"] for line in lines] == [str(path) for path in TRAINING]
    for line in lines:
        names = [tensor["name"] for tensor in line["tensors"]]
        assert {"video_features", "text_features", "logits_per_video", "loss_video", "loss_text", "loss"} <= set(names)
        entries, _ = header(pathlib.Path(line["pack"]) / "expected.safetensors")
        assert sorted(names) == sorted(name for name in entries if name != "__metadata__")
        for tensor in line["tensors"]:
            rule, limit = ("relative", 1e-4)
            if tensor["name"].startswith(("after_1/", "loss")):
                rule, limit = "absolute", 1e-5 if "/" in tensor["name"] else 1e-4
            assert tensor["ok"] and tensor[rule] <= limit, tensor
    table = run("parity", TRAINING[0])
    rows = [line.split() for line in table.stdout.splitlines()]
    assert rows[-2][0] == "after_1/" and rows[-2][2] == "tensors" and rows[-2][-1] == "ok" and table.returncode == 0


@pytest.mark.parametrize(
    ("tensor", "change"),
    [
        ("gradient/visual.ln_pre.weight", lambda value: 1.05 * value),
        ("after_1/fusion.shift.weight", lambda value: value + 2e-5),
        ("loss_text", lambda value: value + 2e-4),
        ("video_features", lambda value: 1.01 * value),
        ("logits_per_video", lambda value: float("nan")),
    ],
)
def test_training_steps_that_differ_fail(tmp_path, tensor, change):
    pack = shutil.copytree(TRAINING[0], tmp_path / "pack", copy_function=shutil.copy)
    entries, _ = header(pack / "expected.safetensors")
    begin, end = entries[tensor]["data_offsets"]
    for index in range((end - begin) // 4):
        alter(pack / "expected.safetensors", tensor, change, index)
    process = run("parity", pack)
    assert process.returncode == 1 and process.stdout.splitlines()[-1] == "0 of 1 pack ok"
    failed = [line.split() for line in process.stdout.splitlines() if line.endswith("FAIL")]
    assert [words[0] for words in failed if "tensors" not in words] == [tensor]
    (line,) = json_lines(run("parity", pack, "--json"))
    assert not line["ok"] and [entry["name"] for entry in line["tensors"] if not entry["ok"]] == [tensor]


def test_a_pack_of_training_steps_that_cannot_be_read(tmp_path):
    pack = shutil.copytree(TRAINING[0], tmp_path / "pack", copy_function=shutil.copy)
    case = json.loads((pack / "case.json").read_text())
    for change, words in [({"head": "MaxP"}, "no head MaxP"), ({"clips": 0}, "clips is 0"), ({"clips": 4}, "pixels"),
                          ({"adamw": {}}, "lr and lr_head"), ({"T": 99999999999}, "T is")]:  # fmt: skip
        (pack / "case.json").write_text(json.dumps({**case, **change}))
        process = run("parity", pack)
        assert process.returncode == 1 and words in process.stderr and process.stderr.count("\n") == 1, process.stderr
    (pack / "case.json").write_text(json.dumps(case))
    (pack / "checkpoint.pt").unlink()
    assert "checkpoint.pt" in run("parity", pack).stderr


def test_shapes_are_told():
    case = json.loads((PACKS / "joint" / "case.json").read_text())
    (line,) = json_lines(run("parity", PACKS / "joint", "--json"))
    assert [tensor["shape"] for tensor in line["tensors"]] == [
        [case["videos"], case["embed"]],  # joint: one row per video, not one per frame
        [case["videos"], case["embed"]],
        [case["templates"] * case["classes"], case["embed"]],
        [case["videos"], case["classes"]],
    ]


def test_table_is_for_people():
    process = run("parity", f"{PACKS / 'meanp'}/", PACKS / "lstm")
    assert process.returncode == 0, process.stdout + process.stderr
    lines = process.stdout.splitlines()
    assert lines[-1] == "2 of 2 packs ok"
    rows = [line.split() for line in lines if "cosine" in line]
    (meanp,) = json_lines(run("parity", PACKS / "meanp", "--json"))
    for row, tensor in zip(rows[:4], meanp["tensors"], strict=True):
        assert row[0] == tensor["name"] and row[-1] == "ok"
        number = lambda name: float(row[row.index(name) + 1])
        assert number("abs") == pytest.approx(tensor["absolute"], rel=0.006)
        assert number("rel") == pytest.approx(tensor["relative"], rel=0.006)
        assert number("cosine") == pytest.approx(tensor["cosine"], abs=1e-8)
    assert len(rows) == 8


@pytest.mark.parametrize("tensor", TENSORS)
@pytest.mark.parametrize(
    "change",
    [lambda x: x + 0.02, lambda x: -x + 1, lambda x: math.nan, lambda x: math.inf],
    ids=["a little", "much", "nan", "infinity"],
)
def test_an_altered_expectation_fails(pack, tensor, change):
    alter(pack / "expected.safetensors", tensor, change, index=3)
    process = run("parity", pack, PACKS / "meanp", "--json")
    assert process.returncode == 1
    bad, good = json_lines(process)
    assert bad["ok"] is False and bad["error"] is None
    assert {t["name"]: t["ok"] for t in bad["tensors"]} == {name: name != tensor for name in TENSORS}
    assert good["ok"] is True
    table = run("parity", pack)
    assert table.returncode == 1
    assert [line.split()[0] for line in table.stdout.splitlines() if line.endswith("FAIL")] == [tensor]
    assert table.stdout.splitlines()[-1] == "0 of 1 pack ok"


def test_not_a_number_in_the_inputs_is_never_ok(pack):
    alter(pack / "inputs.safetensors", "pixels", lambda x: math.nan)
    process = run("parity", pack, "--json")
    assert process.returncode == 1
    assert json_lines(process)[0]["ok"] is False


def test_the_case_of_the_head_does_not_matter(pack):
    case = json.loads((pack / "case.json").read_text())
    for name in ["TRANSF", "transf"]:
        (pack / "case.json").write_text(json.dumps({**case, "head": name}))
        assert run("parity", pack).returncode == 0


def set_header_length(path):
    path.write_bytes(struct.pack("<Q", 2**63) + path.read_bytes()[8:])


def set_header(path, change):
    entries, start = header(path)
    change(entries)
    text = json.dumps(entries).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + path.read_bytes()[start:])


@pytest.mark.parametrize(
    "damage, words",
    [
        (lambda p: (p / "case.json").unlink(), ["case.json", "No such file"]),
        (lambda p: (p / "case.json").write_text("{"), ["case.json"]),
        (lambda p: (p / "case.json").write_text('{"T": 3}'), ["case.json", "missing"]),
        (lambda p: (p / "case.json").write_text(
            (p / "case.json").read_text().replace('"Transf"', '"Tail"')), ["case.json", "Tail"]),
        (lambda p: (p / "case.json").write_text(
            (p / "case.json").read_text().replace('"videos": ', '"videos": -')), ["videos"]),
        (lambda p: (p / "checkpoint.pt").unlink(), ["checkpoint.pt"]),
        (lambda p: (p / "checkpoint.pt").write_bytes(b"PK\3\4"), ["checkpoint.pt"]),
        (lambda p: (p / "inputs.safetensors").write_bytes(b"1234"), ["inputs.safetensors"]),
        (lambda p: (p / "inputs.safetensors").write_bytes(
            (p / "inputs.safetensors").read_bytes()[:-64]), ["inputs.safetensors", "tokens"]),
        (lambda p: set_header_length(p / "expected.safetensors"), ["expected.safetensors", "header"]),
        (lambda p: set_header(p / "expected.safetensors", lambda e: e.pop("probabilities")),
         ["expected.safetensors", "probabilities", "missing"]),
        (lambda p: set_header(p / "expected.safetensors", lambda e: e["text_features"].update(
            shape=[2**62, 4])), ["text_features"]),
        (lambda p: set_header(p / "expected.safetensors", lambda e: e["text_features"].update(
            data_offsets=[8, 4])), ["text_features", "offsets"]),
        (lambda p: set_header(p / "expected.safetensors", lambda e: e["text_features"].update(
            data_offsets=[0, 2**62])), ["text_features", "offsets"]),
        (lambda p: set_header(p / "expected.safetensors", lambda e: e["text_features"].update(
            dtype="F16")), ["text_features", "F16"]),
    ],
    ids=lambda value: None if callable(value) else " ".join(value),
)
def test_a_broken_pack_is_named_and_the_next_one_runs(pack, damage, words):
    for path in pack.iterdir():
        path.chmod(0o644)
    damage(pack)
    process = run("parity", pack, PACKS / "meanp", "--json")
    assert_error(process, "a pack", *words)
    broken, sound = json_lines(process)
    assert broken["ok"] is False and broken["tensors"] == [] and broken["error"] in process.stderr
    assert sound["ok"] is True


def test_tokens_may_be_64_bits_wide(pack):
    path = pack / "inputs.safetensors"
    path.chmod(0o644)
    entries, start = header(path)
    data = path.read_bytes()[start:]
    begin, end = entries["tokens"]["data_offsets"]
    assert end == len(data)  # the last one, so it can grow
    tokens = struct.unpack(f"<{(end - begin) // 4}i", data[begin:end])
    entries["tokens"].update(dtype="I64", data_offsets=[begin, begin + 8 * len(tokens)])
    text = json.dumps(entries).encode()
    wide = struct.pack(f"<{len(tokens)}q", *tokens)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[:begin] + wide)
    assert run("parity", pack).returncode == 0
    path.write_bytes(struct.pack("<Q", len(text)) + text + data[:begin] + struct.pack("<q", 2**40) + wide[8:])
    assert_error(run("parity", pack, "--json"), "tokens", "32 bits")


def test_a_file_among_the_packs_is_named(pack):
    (pack.parent / "list.json").write_text("{}")
    process = run("parity", *sorted(pack.parent.iterdir()))
    assert_error(process, pack.parent / "list.json", "not a folder")
    assert process.stdout.splitlines()[-1] == "1 of 2 packs ok"


def test_a_folder_that_is_no_pack(tmp_path):
    process = run("parity", tmp_path / "none")
    assert process.returncode == 1
    assert "none/case.json" in process.stderr
    assert process.stdout == "0 of 1 pack ok\n"
