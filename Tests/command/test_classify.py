import json
import os
import re
import shutil
import subprocess

import pytest
from actionclip_command import CLIP, COMMAND, LABELS, MERGES, MODEL, PACKS, assert_error, errors, json_lines, run

NAMES = LABELS.read_text().splitlines()


def classify(*arguments, **more):
    # The file does not tell the activation.
    return run("classify", *arguments, "--model", MODEL, "--activation", "quickgelu", **more)


def probabilities(process):
    (line,) = json_lines(process)
    return {entry["label"]: entry["probability"] for entry in line["labels"]}


def test_json_shape():
    process = classify(CLIP, "--labels", LABELS, "--json", "--top", 0)
    assert process.returncode == 0, process.stderr
    (line,) = json_lines(process)
    assert list(line) == ["path", "labels", "frames", "damaged_frames", "notes", "error"]
    assert line["path"] == str(CLIP)
    assert line["error"] is None
    assert [note.startswith("assumed of the model: the number of attention heads") for note in line["notes"]] == [True]
    assert line["damaged_frames"] == 0
    assert len(line["frames"]) == 8 and line["frames"] == sorted(line["frames"])
    assert all(list(entry) == ["label", "probability"] for entry in line["labels"])
    assert sorted(entry["label"] for entry in line["labels"]) == sorted(NAMES)
    values = [entry["probability"] for entry in line["labels"]]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1, abs=1e-5)


def test_people_get_a_ranking_with_bars():
    process = classify(CLIP, "--labels", LABELS)
    head, *rows = process.stdout.splitlines()
    assert head.startswith(str(CLIP)) and "8 of" in head
    assert len(rows) == 5
    parts = [re.fullmatch(r"  (.+?) +([█▏▎▍▌▋▊▉]*|#*) +([0-9.]+) %", row) for row in rows]
    shares = [float(part[3]) for part in parts]
    assert shares == sorted(shares, reverse=True)
    best = json_lines(classify(CLIP, "--labels", LABELS, "--json"))[0]["labels"]
    assert [part[1] for part in parts] == [entry["label"] for entry in best]
    assert shares == pytest.approx([100 * entry["probability"] for entry in best], abs=0.006)
    assert len(parts[0][2]) > 3
    # A pipe is no terminal: no colours.
    assert "\x1b" not in process.stdout


@pytest.mark.parametrize("top", [1, 3, 9, 100])
def test_top(top):
    process = classify(CLIP, "--labels", LABELS, "--json", "--top", top)
    assert len(json_lines(process)[0]["labels"]) == min(top, len(NAMES))


def test_a_bad_video_does_not_stop_the_others(tmp_path):
    garbage = tmp_path / "garbage.mp4"
    garbage.write_bytes(bytes(range(256)) * 64)
    missing = tmp_path / "missing.mp4"
    process = classify(missing, CLIP, garbage, CLIP, "--labels", LABELS, "--json")
    assert process.returncode == 1
    lines = json_lines(process)
    assert [line["path"] for line in lines] == [str(missing), str(CLIP), str(garbage), str(CLIP)]
    assert [line["error"] is None for line in lines] == [False, True, False, True]
    assert lines[1] == lines[3]
    assert lines[0]["labels"] == [] and lines[0]["frames"] == [] and lines[0]["damaged_frames"] is None
    said = errors(process.stderr)
    assert len(said) == 2
    assert all(line.startswith("actionclip: error: ") for line in said)
    assert "missing.mp4" in said[0] and "garbage.mp4" in said[1]
    assert lines[0]["error"] in said[0] and lines[2]["error"] in said[1]

    process = classify(missing, CLIP, "--labels", LABELS)
    assert process.returncode == 1
    assert len(process.stdout.splitlines()) == 6


def test_difficult_names(tmp_path):
    names = ["with space.mp4", "été 日本.mp4", "-dash.mp4"]
    for name in names:
        shutil.copy(CLIP, tmp_path / name)
    process = run(
        "classify", "--labels", LABELS, "--model", MODEL, "--json", "--", *names, cwd=tmp_path)
    assert process.returncode == 0, process.stderr
    lines = json_lines(process)
    assert [line["path"] for line in lines] == names
    assert all(line["labels"] == lines[0]["labels"] for line in lines)


def test_a_name_that_looks_like_a_hint_stays_whole():
    process = classify("clip (option b).mp4", "--labels", LABELS)
    assert errors(process.stderr) == ["actionclip: error: video clip (option b).mp4 cannot be opened: no such file"]


def test_names_that_are_not_utf8(tmp_path):
    # The first two look the same when shown; the third has characters that the command itself uses.
    names = [b"caf\xe9.mp4", b"caf\xe8.mp4", "\U001000e9.mp4".encode(), b"a\xff=b.mp4"]
    for number, name in enumerate(names):
        if number != 1:
            shutil.copy(CLIP, os.fsencode(tmp_path) + b"/" + name)
    os.rename(shutil.copy(LABELS, tmp_path), os.fsencode(tmp_path) + b"/l\xe9")
    command = [COMMAND, "classify", *names, b"--labels=l\xe9", "--model", MODEL, "--json"]
    process = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    lines = [json.loads(line) for line in process.stdout.splitlines()]
    assert [line["path"] for line in lines] == [name.decode(errors="replace") for name in names]
    assert [line["error"] is None for line in lines] == [True, False, True, True]
    assert process.returncode == 1
    assert process.stderr.decode().count("caf\ufffd.mp4 cannot be opened: no such file") == 1

    assert_error(run("info", b"m\xe9"), "m\ufffd")


@pytest.mark.parametrize("option", ["--label", "--template"])
def test_text_that_is_not_utf8_is_wrong_usage(option):
    assert_error(classify(CLIP, "--label", "walk", option, b"{} \xe9"), option, "not UTF-8", code=64)
    private = classify(CLIP, "--label", "walk", option, "{} \U001000e9", "--json")
    assert private.returncode == 0, private.stderr


@pytest.mark.parametrize(
    "content",
    [
        "\n".join(NAMES).encode(),
        "\r\n".join(NAMES + [""]).encode(),
        ("\ufeff# actions\n\n" + "\n\n".join(f"  {name}\t" for name in NAMES) + "\n   \n#end").encode(),
        ("id,name\n" + "".join(f"{i},{name}\n" for i, name in enumerate(NAMES))).encode(),
        ("id,name\r\n" + "".join(f'{i},"{name}"\r\n' for i, name in enumerate(NAMES))).encode(),
        "\r".join(["# actions", "", *NAMES, ""]).encode(),
        "".join(name + end for name, end in zip(NAMES, ["\r\n", "\r", "\n\r", "\n", "\r\r\n"] * 2)).encode(),
        "".join(name + end for name, end in zip(NAMES, ["\x85", "\u2028", "\u2029"] * 3)).encode(),
        ("\ufeff" + "\r\n".join(NAMES)).encode("utf-16-le"),
        ("\ufeff" + "\n".join(NAMES)).encode("utf-16-be"),
    ],
    ids=["plain", "crlf", "bom-comments-blanks", "table", "quoted-table", "cr", "mixed", "next-line", "utf-16", "utf-16-be"],
)
def test_label_files(tmp_path, content):
    path = tmp_path / "labels"
    path.write_bytes(content)
    wanted = classify(CLIP, "--json", "--top", 0, *[part for name in NAMES for part in ["--label", name]])
    assert wanted.returncode == 0, wanted.stderr
    got = classify(CLIP, "--json", "--top", 0, "--labels", path)
    assert got.stdout == wanted.stdout, got.stderr


def test_labels_with_commas_quotes_and_other_scripts(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text('id,name\n0,"jump, then ""fly"""\n1,run, walk\n2,跑步\n', encoding="utf-8")
    assert set(probabilities(classify(CLIP, "--json", "--labels", path))) == {
        'jump, then "fly"', "run, walk", "跑步",
    }


@pytest.mark.parametrize(
    "content, words",
    [
        (b"run\nj\xfcmp\n", ["line 2", "UTF-8"]),
        (b"run\nju\0mp\n", ["line 2", "NUL"]),
        (b"run\rwalk\r\nju\0mp\n", ["line 3", "NUL"]),
        ("run\njump".encode("utf-16-le"), ["line 1", "NUL", "UTF-8"]),
        (b"id,name\n0,run\njump\n", ["line 3", "comma"]),
        (b"id,name\nx,run\n", ["line 2", "number"]),
        (b"", ["no label"]),
        (b"# nothing\n\n", ["no label"]),
        (b"\xff\xferun\n\n", ["line 1", "UTF-8"]),
        (b"\xff\xfe\x00\xd8r\0\n\0", ["line 1", "UTF-8"]),
        (b"run\njump\nrun\n", ["'run' is there twice"]),
    ],
)
def test_bad_label_files(tmp_path, content, words):
    path = tmp_path / "bad labels"
    path.write_bytes(content)
    assert_error(classify(CLIP, "--labels", path), "bad labels", *words)


def test_missing_label_file(tmp_path):
    assert_error(classify(CLIP, "--labels", tmp_path / "none"), "none", "No such file")


def test_templates():
    usual = classify(CLIP, "--labels", LABELS, "--json", "--top", 0)
    one = classify(CLIP, "--labels", LABELS, "--json", "--top", 0, "--template", "{}")
    two = classify(
        CLIP, "--labels", LABELS, "--json", "--top", 0, "--template", "{}", "--template", "a video of {} now"
    )
    assert len({usual.stdout, one.stdout, two.stdout}) == 3
    # A template's probabilities are averaged with the others'.
    other = classify(CLIP, "--labels", LABELS, "--json", "--top", 0, "--template", "a video of {} now")
    first, second, both = probabilities(one), probabilities(other), probabilities(two)
    for name in NAMES:
        assert both[name] == pytest.approx((first[name] + second[name]) / 2, abs=1e-6)
    for bad in ["no place", "{} and {}"]:
        assert_error(classify(CLIP, "--labels", LABELS, "--template", bad))


def test_options_reach_the_model():
    usual = classify(CLIP, "--labels", LABELS, "--json", "--top", 0)
    for option in [["--resize", "clip"], ["--frames", 3], ["--temporal-shift", "on"], ["--scale", 1]]:
        changed = classify(CLIP, "--labels", LABELS, "--json", "--top", 0, *option)
        assert changed.returncode == 0, changed.stderr
        assert probabilities(changed) != probabilities(usual), option
    assert len(json_lines(classify(CLIP, "--labels", LABELS, "--json", "--frames", 3))[0]["frames"]) == 3
    # A scale of 0 is the usual one; the smaller a scale is, the flatter are probabilities.
    assert probabilities(classify(CLIP, "--labels", LABELS, "--json", "--top", 0, "--scale", 0)) == probabilities(usual)
    flat = probabilities(classify(CLIP, "--labels", LABELS, "--json", "--top", 0, "--scale", 1e-9))
    assert list(flat.values()) == pytest.approx([1 / len(NAMES)] * len(NAMES))


def test_same_bits_for_any_number_of_threads():
    one, three = (classify(CLIP, "--labels", LABELS, "--json", "--threads", n) for n in [1, 3])
    assert one.stdout == three.stdout


def test_merge_list_beside_the_model_or_named(tmp_path):
    lonely = shutil.copy(MODEL, tmp_path / "model.safetensors")
    arguments = ["classify", CLIP, "--labels", LABELS, "--json", "--model", lonely, "--activation", "quickgelu"]
    assert_error(run(*arguments))
    named = run(*arguments, "--tokenizer", MERGES)
    assert named.returncode == 0, named.stderr
    assert named.stdout == classify(CLIP, "--labels", LABELS, "--json").stdout
    assert_error(run(*arguments, "--tokenizer", tmp_path / "none.txt"), "none.txt")


def test_a_label_too_long_for_the_model_is_an_error():
    assert_error(classify(CLIP, "--label", "run", "--label", "walk " * 200))


def test_damaged_frames_are_told(tmp_path):
    data = bytearray(CLIP.read_bytes())
    start = data.index(b"mdat")
    middle = start + (len(data) - start) // 3
    for offset in range(middle, middle + 400):
        data[offset] ^= 0x5A
    path = tmp_path / "damaged.mp4"
    path.write_bytes(data)
    process = classify(path, "--labels", LABELS, "--json")
    (line,) = json_lines(process)
    if process.returncode == 0:  # some decoder versions conceal the damage, some give up
        told = [text for text in process.stderr.splitlines() if "warning" in text]
        assert bool(told) == (line["damaged_frames"] > 0)
    else:
        assert line["error"]


def test_what_is_decoded_changes_nothing_but_with_key_frames():
    needed, everything = (classify(CLIP, "--labels", LABELS, "--json", "--decode", what) for what in ("needed", "all"))
    assert needed.returncode == 0, needed.stderr
    assert needed.stdout == everything.stdout
    assert needed.stdout == classify(CLIP, "--labels", LABELS, "--json").stdout
    approximate = classify(CLIP, "--labels", LABELS, "--json", "--decode", "key-frames")
    assert approximate.returncode == 0, approximate.stderr
    assert json_lines(approximate)[0]["frames"] == json_lines(needed)[0]["frames"]
    timelines = [
        run("timeline", CLIP, "--labels", LABELS, "--json", "--window", "1", "--model", MODEL, "--decode", what)
        for what in ("needed", "all")
    ]
    assert timelines[0].returncode == 0 and timelines[0].stdout == timelines[1].stdout
    assert_error(classify(CLIP, "--labels", LABELS, "--decode", "some"), "some", code=64)


def test_a_reader_that_leaves_early():
    many = [str(CLIP)] * 60
    process = subprocess.Popen(
        [COMMAND, "classify", *many, "--labels", LABELS, "--model", MODEL, "--json", "--activation", "quickgelu"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )
    json.loads(process.stdout.readline())
    process.stdout.close()
    said = process.stderr.read()
    process.wait(timeout=60)
    assert errors(said.decode()) == []


def segments_file(folder, text):
    path = folder / "segments.csv"
    path.write_text(text)
    return path


def test_parts_that_a_file_lists_are_ranked(tmp_path):
    parts = segments_file(tmp_path, "start,end\n0,1.5\n1.5,4\n")
    process = classify(CLIP, "--labels", LABELS, "--segments", parts, "--json")
    assert process.returncode == 0, process.stderr
    lines = json_lines(process)
    assert [(line["start"], line["end"]) for line in lines] == [(0, 1.5), (1.5, 4)]
    assert list(lines[0]) == ["path", "start", "end", "labels", "frames", "damaged_frames", "notes", "error"]
    assert max(lines[0]["frames"]) < min(lines[1]["frames"]) and len(lines[1]["frames"]) == 8
    head, *_, second = classify(CLIP, "--labels", LABELS, "--segments", parts, "--top", 1).stdout.split("\n\n")
    assert head.startswith(f"{CLIP} from 0.0 s to 1.5 s") and "from 1.5 s to 4.0 s" in second
    # The whole as one part is the whole.
    whole = segments_file(tmp_path, "start,end\n0,\n")
    part = probabilities(classify(CLIP, "--labels", LABELS, "--segments", whole, "--json"))
    assert part == probabilities(classify(CLIP, "--labels", LABELS, "--json"))


def test_a_file_of_parts_may_name_the_videos(tmp_path):
    shutil.copy(CLIP, tmp_path / "a.mp4")
    parts = segments_file(tmp_path, "label,path,start,end\nrunning,a.mp4,0,1\nwalking,a.mp4,90,91\n,none.mp4,0,1\n")
    process = classify("--labels", LABELS, "--segments", parts, "--json")
    assert process.returncode == 1
    first, beyond, missing = json_lines(process)
    assert first["error"] is None and first["path"] == str(tmp_path / "a.mp4")
    assert beyond["error"] and beyond["labels"] == [] and (beyond["start"], beyond["end"]) == (90, 91)
    assert "none.mp4" in missing["error"]


@pytest.mark.parametrize(
    "text, videos, message",
    [
        ("path,start,end\na.mp4,0,1\n", [CLIP], "give no video"),
        ("start,end\n0,1\n", [], "no column path"),
        ("begin,stop\n0,1\n", [CLIP], "start and end"),
        ("start,end\n", [CLIP], "no segment"),
        ("start,end\n2,1\n", [CLIP], "line 2: end is 1"),
        ("start,end\n0,1\nx,2\n", [CLIP], "line 3: start is x"),
        ("start,end\n0\n", [CLIP], "line 2: it has 1 fields"),
    ],
)
def test_a_file_of_parts_that_is_wrong_is_refused(tmp_path, text, videos, message):
    assert_error(classify(*videos, "--labels", LABELS, "--segments", segments_file(tmp_path, text)), message)


def test_a_video_or_parts_are_needed():
    process = run("classify", "--labels", LABELS)
    assert process.returncode == 64 and "--segments" in process.stderr
