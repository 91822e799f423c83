"""`actionclip tune`: fine-tuning on clips, told by what its files and reports say."""

import array
import fcntl
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios
from xml.etree import ElementTree

import pytest
from actionclip_command import COMMAND, MERGES, MODEL, ROOT, assert_error, json_lines, run, with_metadata
from browser import CHROMIUM, Browser

STORY = ROOT / "examples" / "shapes.mp4"
#: Seconds of the story, the model's word for them (examples/shapes.txt), and a new one.
PARTS = [(0, "moving left", "pacing"), (3, "growing", "swelling"), (6, "spinning clockwise", "whirling")]
#: Few steps that change much.
FAST = ["--train", "last:1", "--epochs", 4, "--batch", 6, "--rate", 1e-3, "--head-rate", 2, "--warm-up", 1, "--seed", 7]


def rows(path, *entries):
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def part(label, start, length=0.9, path=STORY):
    return {"path": str(path), "label": label, "start": round(start, 2), "end": round(start + length, 2)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Lists of new words to train on and to measure by, and of old words, in three copies of one film."""
    path = tmp_path_factory.mktemp("tune")
    other, third = path / "other.mp4", path / "third.mp4"
    for number, copy in enumerate((other, third)):
        copy.write_bytes(STORY.read_bytes() + bytes(number + 1))  # another file with the same pictures
    rows(path / "new.jsonl", *(part(new, at + 0.35 * i) for i in range(6) for at, _, new in PARTS))
    rows(path / "test.jsonl", *(part(new, at + 0.1 + 0.7 * i, path=other) for i in range(3) for at, _, new in PARTS))
    rows(path / "old.jsonl", *(part(old, at + 1.5 * i, 1.4, third) for i in range(2) for at, old, _ in PARTS))
    return path


def tune(folder, *more, out="mine.safetensors", lists="new.jsonl"):
    return run("tune", folder / lists, "--out", folder / out, *FAST, *more)


def start(folder, *more, out, env=()):
    """A run that has done its third step, and its output so far."""
    arguments = ["tune", folder / "new.jsonl", "--out", folder / out, *FAST, "--held-out", 0, "--json", *more]
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **dict(env)})  # fmt: skip
    for line in process.stdout:
        if json.loads(line).get("step") == 3:
            return process
    raise AssertionError(process.stderr.read())


@pytest.fixture(scope="module")
def tuned(folder):
    """A straight run with everything that can be asked for: its lines and what it said."""
    process = tune(
        folder, "--held-out", folder / "test.jsonl", "--old-words", folder / "old.jsonl", "--sweep", "--json",
        "--html", folder / "page.html", "--state", folder / "kept.state", "--alpha", 1)
    assert process.returncode == 0, process.stderr
    return json_lines(process), process.stderr


@pytest.fixture(scope="module")
def straight(folder):
    """The bytes of a model that was tuned in one go."""
    process = tune(folder, "--held-out", 0, out="straight.safetensors")
    assert process.returncode == 0, process.stderr
    return (folder / "straight.safetensors").read_bytes()


def test_new_words_are_learned_and_measured_as_eval_measures(folder, tuned):
    *lines, report = tuned[0]
    steps = [line for line in lines if "step" in line]
    assert [line["step"] for line in steps] == list(range(1, 13)) and steps[-1]["loss"] < steps[0]["loss"]
    held, old = report["held_out"], report["old_words"]
    assert held["top1_before"]["correct"] < held["top1_after"]["correct"]
    assert held["top1_after"]["of"] == 9 and held["top1_after"]["low"] < held["top1_after"]["accuracy"]
    assert old["top1_before"]["correct"] == 6 and {label["label"] for label in old["labels"]} == {p[1] for p in PARTS}
    assert sum(label["right_after"] for label in held["labels"]) == held["top1_after"]["correct"]
    found = json.loads(run("eval", folder / "test.jsonl", "--model", folder / "mine.safetensors", "--json", "-").stdout)
    assert found["top1"] == held["top1_after"] and found["top5"] == held["top5_after"]


def test_measurements_on_the_way_are_told(tuned):
    (*lines, report), said = tuned
    points = [line for line in lines if "after_step" in line]
    assert [point["after_step"] for point in points] == [0, 3, 6, 9, 12]
    assert points[-1]["held_out"]["right"] == report["held_out"]["top1_after"]["correct"]
    assert "before training: held-out clips" in said and re.search(r"after epoch 4: held-out .* \(was ", said)
    assert re.search(r"memory: [0-9.]+ MB at most: .* of clips", said) and "step 12 of 12, loss" in said
    assert "18 clips of 1 video, 3 labels to train on; 9 clips of 1 video held out" in said
    sweep = {row["alpha"]: row["held_out"]["top1"]["correct"] for row in report["sweep"]}
    assert list(sweep) == [tenth / 10 for tenth in range(11)]
    assert sweep[0] == report["held_out"]["top1_before"]["correct"]
    assert sweep[1] == report["held_out"]["top1_after"]["correct"]


def test_the_model_says_where_it_comes_from(folder, tuned):
    (found,) = json_lines(run("info", folder / "mine.safetensors", "--json"))
    assert {p[2] for p in PARTS} <= set(found["labels"]) and len(found["labels"]) == 65
    notes = {note["key"]: note["text"] for note in found["notes"]}
    assert notes["tuned_on"].startswith("18 clips") and notes["tuned_alpha"] == "1"
    assert "anchored, cross-entropy, 4 epochs of 3 steps, 6 clips a step" in notes["tuned_recipe"]
    assert re.fullmatch("[0-9a-f]{64}", notes["tuned_from_sha256"])


def test_the_loss_goes_by_the_labels_that_clips_show(folder, tuned):
    assert "anchored, cross-entropy, " in tuned[0][-1]["setting"]["recipe"]
    for more in (["--only-listed"], ["--recipe", "reference"]):
        process = tune(folder, "--epochs", 1, "--held-out", 0, *more, out="loss.safetensors")
        assert ", multi-positive, 1 epoch of 3 steps" in process.stderr


def test_another_mixture_comes_from_the_kept_state_without_training(folder, tuned):
    process = tune(
        folder, "--held-out", folder / "test.jsonl", "--old-words", folder / "old.jsonl", "--alpha", 0.5, "--json",
        "--state", folder / "kept.state", "--resume", out="half.safetensors")
    *lines, report = json_lines(process)
    assert process.returncode == 0 and not any("step" in line for line in lines) and report["alpha"] == 0.5
    default = ROOT / "models" / "actionclip-shapes.safetensors"
    mixed = run("mix", default, folder / "mine.safetensors", "--alpha", 0.5, "--out", folder / "mixed.safetensors")
    assert mixed.returncode == 0, mixed.stderr
    ours, theirs = tensors(folder / "half.safetensors"), tensors(folder / "mixed.safetensors")
    assert ours.keys() == theirs.keys() and all(ours[name] == theirs[name] for name in ours)


def tensors(path):
    data = path.read_bytes()
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    places = {name: about["data_offsets"] for name, about in header.items() if name != "__metadata__"}
    return {name: array.array("f", data[8 + size + start : 8 + size + end]) for name, (start, end) in places.items()}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(folder, straight, number):
    out = folder / f"stopped{number}.safetensors"
    process = start(folder, out=out.name)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    state = folder / f"{out.name}.state"
    assert process.returncode == -number and state.exists() and not out.exists()
    assert re.search(r"stopped after step \d+ of 12; .*\.state has what was learned: .* --resume", said)
    assert_error(tune(folder, "--held-out", 0, out=out.name), ".state: is there already", "--resume", "--state")
    process = tune(folder, "--held-out", 0, "--resume", "--json", out=out.name)
    *lines, report = json_lines(process)
    assert process.returncode == 0 and lines[0]["step"] > 1 and report["steps"] == 12
    assert f"going on after step {lines[0]['step'] - 1} of 12" in process.stderr
    assert out.read_bytes() == straight
    assert not state.exists() and not (folder / f"{state.name}.log").exists()


def test_a_run_that_was_killed_goes_on_from_the_last_saved_state(folder, straight):
    out = folder / "killed.safetensors"
    process = start(folder, "--save-every", 1e-9, out=out.name)
    process.kill()
    process.communicate()
    assert (folder / f"{out.name}.state").exists() and not out.exists()
    process = tune(folder, "--held-out", 0, "--resume", out=out.name)
    assert process.returncode == 0 and out.read_bytes() == straight


def test_a_model_that_cannot_be_written_leaves_its_state(folder, straight):
    (folder / "gone").mkdir()
    process = start(folder, "--state", folder / "left.state", out="gone/mine.safetensors")
    (folder / "gone").rmdir()
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1 and (folder / "left.state").exists()
    assert re.search(r"gone/mine.safetensors.*left.state has what was learned: .*--resume, --state", said.splitlines()[-1])
    process = tune(folder, "--held-out", 0, "--state", folder / "left.state", "--resume", "--json", out="found.safetensors")
    assert process.returncode == 0 and (folder / "found.safetensors").read_bytes() == straight
    assert not any("step" in line for line in json_lines(process)[:-1])


def test_a_model_whose_folder_went_away_with_its_state_is_written_elsewhere(folder, straight, tmp_path):
    (folder / "away").mkdir()
    process = start(folder, out="away/mine.safetensors", env={"TMPDIR": str(tmp_path)})
    shutil.rmtree(folder / "away")
    _, said = process.communicate(timeout=60)
    (found,) = tmp_path.glob("actionclip-*/tuned.safetensors")
    assert process.returncode == 1 and said.splitlines()[-1].endswith(f"; the tuned model is in {found}")
    assert found.read_bytes() == straight


def test_files_that_are_no_models_are_not_replaced(folder, tuned, tmp_path):
    film, default = tmp_path / "film.mp4", ROOT / "models" / "actionclip-shapes.safetensors"
    shutil.copy(STORY, film)
    says = f"{film}: is no model, so it is not replaced: give --out another path"
    assert_error(run("tune", folder / "new.jsonl", "--out", film), says)
    assert_error(run("mix", default, default, "--alpha", 0, "--out", film), says)
    assert_error(run("convert", default, film), "is no model, so it is not replaced")
    assert_error(tune(folder, "--state", film, "--resume", out="no.safetensors"), "is no state", "--state another path")
    assert film.read_bytes() == STORY.read_bytes()
    assert_error(tune(folder, out="kept.state"), "is no model")
    assert_error(tune(folder, "--state", folder / "mine.safetensors", "--resume", out="no.safetensors"), "is no state")


def test_a_second_signal_ends_at_once(folder):
    process = start(folder, out="twice.safetensors")
    process.send_signal(signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGINT, -signal.SIGTERM)
    assert not (folder / "twice.safetensors.state").exists()


def test_a_state_of_another_run_is_refused(folder, tuned):
    arguments = ["--held-out", folder / "test.jsonl", "--state", folder / "kept.state", "--resume"]
    before = (folder / "kept.state").read_bytes()
    process = tune(folder, *arguments, "--seed", 8, out="other.safetensors")
    assert process.returncode == 1 and "kept.state" in process.stderr.splitlines()[-1]
    assert "options that it began with" in process.stderr and "remove the state file" in process.stderr
    assert (folder / "kept.state").read_bytes() == before
    assert not (folder / "other.safetensors").exists()


def test_a_share_of_the_videos_is_held_out_and_none_is_on_both_sides(folder, tmp_path):
    films = [tmp_path / f"{name}.mp4" for name in range(6)]
    for number, film in enumerate(films):
        film.write_bytes(STORY.read_bytes() + bytes(number))
    rows(tmp_path / "list.jsonl", *(part(new, at + 0.5 * i, path=film.name)
                                    for film in films for at, _, new in PARTS for i in range(2)))  # fmt: skip
    found = []
    for place in (tmp_path, tmp_path / "moved"):
        if place != tmp_path:
            place.mkdir()
            for path in [*films, tmp_path / "list.jsonl"]:
                shutil.copy(path, place)
        process = run("tune", place / "list.jsonl", "--out", place / "out.safetensors", *FAST, "--epochs", 1,
                      "--held-out", 0.34, "--json")  # fmt: skip
        report = json_lines(process)[-1]
        found.append([clip["path"] for clip in report["held_out"]["clips"]])
        assert "24 clips of 4 videos, 3 labels to train on; 12 clips of 2 videos held out" in process.stderr
    assert found[0] == found[1]  # the same wherever the folder lies
    assert "old-words" in "".join(report["cautions"])


def test_what_is_wrong_with_lists_is_told_before_training(folder, tmp_path):
    shutil.copy(folder / "other.mp4", tmp_path / "copy.mp4")
    listed = rows(
        tmp_path / "list.jsonl", part("pacing", 0), part("swelling", 3, path=folder / "other.mp4"),
        part("swelling", 4, path=tmp_path / "copy.mp4"), part("pacing", 1, path="gone.mp4"))
    arguments = ["--held-out", folder / "new.jsonl", "--epochs", 1]
    assert_error(tune(tmp_path, *arguments, lists="list.jsonl"), "new.jsonl: line 3", "whirling")
    rows(tmp_path / "test.jsonl", part("pacing", 2), part("swelling", 5))
    process = tune(tmp_path, "--held-out", tmp_path / "test.jsonl", "--epochs", 1, lists="list.jsonl")
    assert process.returncode == 0 and "could not be read" in process.stdout
    assert "copy.mp4 has the same bytes as" in process.stderr and "gone.mp4" in process.stderr
    assert re.search(r"shapes.mp4 is trained on and is in .*test.jsonl too", process.stderr)
    rows(tmp_path / "apart.jsonl", part("pacing", 0), part("swelling", 3))
    process = tune(tmp_path, "--held-out", tmp_path / "test.jsonl", "--epochs", 1, lists="apart.jsonl")
    assert re.search(r"parts of .*shapes.mp4 are trained on and other parts are in .*test.jsonl, so", process.stderr)
    assert "promises too much" not in process.stderr
    (tmp_path / "mine.safetensors").unlink()
    process = tune(tmp_path, "--held-out", 0, "--strict", lists="list.jsonl")
    assert process.returncode == 1 and not (tmp_path / "mine.safetensors").exists()
    assert process.stderr.splitlines()[-1] == "actionclip: error: stopped: 1 clip cannot be read (--strict)"
    assert re.search(r"gone.mp4 cannot be .* \(line 4 of .*list.jsonl\)", process.stderr) and "clips read" not in process.stderr
    for label in ("pacing", "whirling"):
        (tmp_path / "clips" / label).mkdir(parents=True)
        shutil.copy(listed if label == "whirling" else folder / "other.mp4", tmp_path / "clips" / label)
    shutil.copy(STORY, tmp_path / "clips" / "pacing")
    process = tune(tmp_path, lists="clips")
    assert "no clip to train on shows 'whirling'" in process.stderr


def test_wrong_wishes_are_answered_in_one_line(folder, tmp_path):
    def fails(*more, code=1):
        process = tune(folder, "--held-out", 0, *more, out="wrong.safetensors")
        assert process.returncode == code and not (folder / "wrong.safetensors").exists()
        return process.stderr.splitlines()[-1]

    assert "image encoder has 4 blocks" in fails("--train", "last:5")
    assert "expected head, projection, last:N or everything" in fails("--train", "some", code=64)
    assert "expected nothing, projection, last:N or everything" in fails("--text", "some", code=64)
    assert "MeanP, has nothing to train" in fails("--head", "MeanP", "--train", "head")
    assert "such as 4G" in fails("--max-memory", "much", code=64)
    said = fails("--max-memory", "20M")
    assert "--max-memory is 20.0 MB" in said and "--train head or projection" in said and "bytes" not in said
    # Where the clips alone are above the limit, training's whole need is told too.
    assert re.search(r"needs about ([0-9.]+ MB) in all", fails("--max-memory", "1M"))[0] in said
    enough = re.search(r"needs about ([0-9.]+ MB) in all", said)[1]
    assert tune(folder, "--held-out", 0, "--max-memory", enough, "--epochs", 1, out="fits.safetensors").returncode == 0
    assert "labels alone tell nothing" in fails("--old-labels", "x.txt", code=64)
    assert "not divided into splits" in fails("--held-out", "val")
    assert "a share from 0 up to 1" in fails("--held-out", 1.2, code=64)
    assert "--rate" in fails("--rate", 0, code=64)
    assert_error(run("tune", folder / "new.jsonl", "--out", folder / "new.jsonl"), "is read or written already")
    alone = rows(tmp_path / "one.jsonl", part("pacing", 0), part("pacing", 1))
    process = run("tune", alone, "--out", tmp_path / "one.safetensors", "--held-out", 0)
    assert process.returncode == 1
    assert process.stderr.splitlines()[-1].endswith("all clips show 'pacing'; training needs two labels or more")
    assert os.listdir(tmp_path) == ["one.jsonl"]


def test_a_fault_of_another_list_names_its_option(folder, tmp_path):
    odd = rows(tmp_path / "odd.jsonl", part("walking backwards", 0))
    said = tune(folder, "--old-words", odd, out="odd.safetensors").stderr.splitlines()[-1]
    assert f"--old-words {odd}: line 1" in said and "no label walking backwards" in said and "--old-labels FILE" in said
    labels = tmp_path / "labels.txt"
    labels.write_text("sitting\nwalking\n")
    said = tune(folder, "--old-words", odd, "--old-labels", labels, out="odd.safetensors").stderr.splitlines()[-1]
    assert f"--old-words {odd}: line 1" in said and str(labels) in said and "--old-labels" not in said
    said = tune(folder, "--held-out", odd, out="odd.safetensors").stderr.splitlines()[-1]
    assert f"--held-out {odd}: line 1" in said and "no label walking backwards" in said


def test_the_default_model_learns_without_a_rate(tmp_path):
    examples = ROOT / "examples"
    command = ["tune", examples / "tune.csv", "--held-out", examples / "tune_held_out.csv", "--json"]
    process = run(*command, "--out", tmp_path / "mine.safetensors")
    assert process.returncode == 0, process.stderr
    report = json_lines(process)[-1]
    assert "rate 3e-05" in report["setting"]["recipe"]
    assert report["held_out"]["top1_before"]["correct"] < report["held_out"]["top1_after"]["correct"]
    assert not [text for text in report["cautions"] if "eld-out" in text]
    process = run(*command, "--recipe", "reference", "--epochs", 2, "--out", tmp_path / "two.safetensors")
    assert "rate 5e-06" in json_lines(process)[-1]["setting"]["recipe"]


def test_training_that_helps_no_held_out_clip_says_so(folder, tmp_path):
    examples = ROOT / "examples"
    process = run("tune", examples / "tune.csv", "--held-out", examples / "tune_held_out.csv", "--rate", 1e-3, "--epochs", 20,
                  "--json", "--out", tmp_path / "mine.safetensors")  # fmt: skip
    report = json_lines(process)[-1]
    assert report["held_out"]["top1_after"]["correct"] <= report["held_out"]["top1_before"]["correct"]
    assert "not right more often than before: another --rate (now 0.001)" in report["cautions"][0]


def test_a_clip_whose_numbers_overflow_is_named(folder, tmp_path):
    data = bytearray(MODEL.read_bytes())
    (size,) = struct.unpack_from("<Q", data)
    start, _ = json.loads(data[8 : 8 + size])["visual.proj"]["data_offsets"]
    struct.pack_into("<f", data, 8 + size + start, 3e38)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(data)
    process = run("tune", folder / "new.jsonl", "--out", tmp_path / "out.safetensors", "--held-out", 0, *FAST,
                  "--model", broken, "--tokenizer", MERGES)  # fmt: skip
    last = process.stderr.splitlines()[-1]
    assert process.returncode == 1 and "shapes.mp4 from" in last and "clip " not in last
    assert sorted(os.listdir(tmp_path)) == ["broken.safetensors"]


def test_plain_weights_get_a_new_head(folder, tmp_path):
    out = tmp_path / "out.safetensors"
    process = run("tune", folder / "new.jsonl", "--out", out, *FAST, "--epochs", 1, "--model", MODEL, "--tokenizer", MERGES,
                  "--head", "LSTM", "--frames", 4, "--only-listed", "--held-out", 0.4, "--json")  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert re.search(r"trained: the temporal head \(LSTM, from its beginning\), .* block, [0-9,]+ weights; the text", process.stderr)
    (found,) = json_lines(run("info", out, "--json"))
    assert (found["head"], found["frames"], found["labels"]) == ("LSTM", 4, ["pacing", "swelling", "whirling"])


def test_prompts_are_learned_too(folder):
    process = tune(folder, "--contexts", 4, "--mean-decay", 0.5, "--head-dropout", 0.2, "--epochs", 1, "--held-out", folder / "test.jsonl",
                   "--old-words", folder / "old.jsonl", "--json", out="prompts.safetensors")  # fmt: skip
    assert process.returncode == 0, process.stderr
    report = json_lines(process)[-1]
    assert "context vectors 4, mean's decay 0.5, head's dropout 0.2" in report["setting"]["recipe"]
    found = json.loads(run("eval", folder / "test.jsonl", "--model", folder / "prompts.safetensors", "--json", "-").stdout)
    assert found["top1"] == report["held_out"]["top1_after"]


def test_labels_that_may_be_misspelt_are_told(folder, tmp_path):
    listed = rows(tmp_path / "list.jsonl", part("growng", 3), part("wiggling", 0), part("growing", 4))
    process = run("tune", listed, "--out", tmp_path / "out.safetensors", "--held-out", folder / "old.jsonl",
                  "--epochs", 1, "--warm-up", 0, "--rate", 1e-9, "--json")  # fmt: skip
    assert process.returncode == 0, process.stderr
    assert "new labels: growng (1 clip; did you mean 'growing'?), wiggling (1 clip)\n" in process.stderr
    report = json_lines(process)[-1]
    assert report["new_labels"] == [
        {"label": "growng", "clips": 1, "near": "growing"}, {"label": "wiggling", "clips": 1, "near": None}]
    assert "No held-out answer changed: a larger --rate (now 1e-09)" in report["cautions"][0]


def test_steps_without_a_rate_are_told(folder):
    for more in (["--batch", 18], ["--recipe", "reference"]):
        process = tune(folder, "--epochs", 1, *more, "--held-out", 0, "--json", out="same.safetensors")
        (caution,) = [text for text in json_lines(process)[-1]["cautions"] if "rate 0" in text]
        assert caution in process.stderr and "--warm-up 0 or more --epochs" in caution
        assert all(line["rate"] == 0 for line in json_lines(process) if "step" in line)
    process = tune(folder, "--epochs", 1, "--held-out", 0, out="same.safetensors")
    assert process.returncode == 0 and "the rate 0" not in process.stderr
    process = tune(folder, "--epochs", 1, "--held-out", 0, "--resume", out="same.safetensors")
    assert re.search(r"no state at .*same.safetensors.state: begins anew", process.stderr)


def test_training_is_in_fp32_whatever_the_file_holds(folder, tmp_path):
    assert_error(tune(folder, "--compute", "bf16", out="no.safetensors"), "--train-compute bf16", "convert --storage bf16")
    half = tmp_path / "half.safetensors"
    assert run("convert", ROOT / "models" / "actionclip-shapes.safetensors", half, "--storage", "bf16").returncode == 0
    process = tune(folder, "--model", half, "--epochs", 1, "--held-out", 0, out="wide.safetensors")
    assert process.returncode == 0, process.stderr


def test_pictures_are_drawn_anew_from_memory_or_from_files(folder):
    said = {}
    for kind, more in {"kept": ["--views", 3], "file": ["--from-files"]}.items():
        process = tune(folder, "--augment", "reference", "--mirror", "off", "--jitter", "--epochs", 1, "--held-out", 0,
                       "--json", *more, out=f"{kind}.safetensors")  # fmt: skip
        assert process.returncode == 0, process.stderr
        assert "augmentation reference, mirror off, jitter" in json_lines(process)[-1]["setting"]["recipe"]
        said[kind] = re.search(r"moments, ([0-9.]+) (\w+) of clips", process.stderr).groups()
    assert said["kept"][1] == "MB" and said["file"][1] != "MB"
    assert "--views" in tune(folder, "--from-files", "--views", 2).stderr


def test_what_stays_the_same_is_kept_in_a_file_and_changes_nothing(folder, straight):
    cache = folder / "clips.cache"
    for _ in range(2):
        process = tune(folder, "--held-out", 0, "--cache", cache, out="cached.safetensors")
        assert process.returncode == 0, process.stderr
        assert (folder / "cached.safetensors").read_bytes() == straight and cache.stat().st_size > 0
    assert_error(tune(folder, "--cache", folder / "new.jsonl"), "new.jsonl", "is read or written already")
    process = tune(folder, "--held-out", 0, "--train-compute", "bf16", "--json", out="cached.safetensors")
    assert "products in bf16" in json_lines(process)[-1]["setting"]["recipe"]


def test_the_report_is_for_people(folder):
    process = tune(folder, "--held-out", folder / "test.jsonl", "--old-words", folder / "old.jsonl", out="text.safetensors")
    said = process.stdout
    assert re.search(r"held-out clips, top-1 before +\d+\.\d\d %  \(\d of 9, 95 % interval", said)
    assert re.search(r"clips of old words, top-5 after +\d+\.\d\d %", said)
    assert re.search(r"Right answers on held-out clips\n +clips  before  after\n", said)
    (command,) = re.findall(r"next: actionclip (.*) VIDEO", said)
    assert run(*(word.strip("'") for word in command.split(" ")), STORY).returncode == 0


def test_a_terminal_has_a_line_that_is_drawn_again(folder):
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    arguments = ["tune", folder / "new.jsonl", "--out", folder / "shown.safetensors", *FAST, "--epochs", 2, "--held-out", 0]
    process = subprocess.Popen(
        [COMMAND, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=follower, env={**os.environ, "TERM": "xterm"})
    os.close(follower)
    said = b""
    while True:
        try:
            said += os.read(leader, 65536)
        except OSError:  # the other side has been closed
            break
    os.close(leader)
    assert process.wait(timeout=60) == 0
    lines = [line for line in said.decode().split("\r\x1b[K") if line.startswith("step ")]
    assert any(line.startswith("step 6 of 6, loss") for line in lines)
    assert all(len(line.split("\r")[0]) < 60 for line in lines)


def test_the_page_is_one_file(folder, tuned):
    text = (folder / "page.html").read_text()
    tree = ElementTree.fromstring(text.split("\n", 1)[1])
    words = " ".join("".join(tree.itertext()).split())
    for heading in ("Right answers over the epochs", "Loss over the steps", "Held-out clips by label", "Setting"):
        assert heading in words
    assert " · true: whirling · before: " in text and "written: 1.00" in text
    assert "<script" not in text and "src=\"http" not in text and "whirling" in words


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium to look at the page with")
def test_the_page_fits_its_window(folder, tuned, tmp_path):
    browser = Browser(tmp_path / "profile")
    try:
        for width in (360, 1280):
            browser.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
            browser.open(folder / "page.html")
            assert browser.run("document.documentElement.scrollWidth") <= width
            assert browser.run("document.querySelectorAll('.chart path.c0').length") == 2
        assert browser.said == []
        assert all(address.startswith(("file:", "data:")) for address in browser.requests)
    finally:
        browser.close()
