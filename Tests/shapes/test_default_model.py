"""The model that is shipped: whole in one file, and right about videos that nobody has seen."""
import json
import shutil
import struct
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT
from shapes.actions import ACTIONS, BY_NAME
from shapes.captions import REFERENCE_TEMPLATES
from shapes.splits import TRAINED_ACTIONS, UNSEEN_ACTIONS
from shapes.video import write_set

FILE = ROOT / "models" / "actionclip-shapes.safetensors"
NAMES = [a.name for a in ACTIONS]
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg command")


@pytest.fixture(scope="module")
def model(actionclip):
    with actionclip.Model(FILE) as loaded:
        yield loaded


def test_it_needs_nothing_beside_it(model, actionclip, monkeypatch, tmp_path):
    assert FILE.stat().st_size < 8e6
    alone = shutil.copy(FILE, tmp_path)
    monkeypatch.setenv("ACTIONCLIP_MODEL", alone)
    with actionclip.Model() as default:
        assert default.info.has_tokenizer and default.info.frames == 8
        assert default.encode_labels(["growing"]).tobytes() == model.encode_labels(["growing"]).tobytes()


def test_it_says_what_it_is(model):
    assert model.labels == NAMES and model.templates == list(REFERENCE_TEMPLATES)
    assert model.note("license") == "MIT" and "shapes" in model.note("description") and model.note("source")
    assert model.info.image_size == 64 and model.info.temporal_shift and model.info.head == "Transf"
    # Streams of it sample 2 s / T then, which finds the actions of long videos better than clips' own 0.36 s.
    assert model.info.frame_interval_ns == 0 and not model.info.shift_causal
    with open(FILE, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        metadata = json.loads(file.read(size))["__metadata__"]
    for key in ("format", "head", "frames", "image_size", "labels", "templates", "merges"):
        assert f"actionclip.{key}" in metadata


@pytest.fixture(scope="module")
def sets(tmp_path_factory):
    """Folders of new H.264 files: two of each action, from a seed of their own."""
    folders = []
    for split, names in (("compositions", TRAINED_ACTIONS), ("actions", UNSEEN_ACTIONS)):
        folders.append(tmp_path_factory.mktemp(split))
        write_set(folders[-1], split, 2 * len(names), seed=20260)
    return folders


@pytest.fixture(scope="module")
def shown(model, sets):
    """(action, embedding) of the new files."""
    return [(video["action"], model.encode_video(folder / video["file"]).reshape(1, -1))
            for folder in sets for video in json.loads((folder / "index.json").read_text())["videos"]]


@pytest.fixture(scope="module")
def best(model, actionclip):
    """An embedding and candidates -> the likeliest, by the reference's rule."""
    texts = model.encode_labels(NAMES)

    def choose(embedding, names):
        chosen = np.ascontiguousarray(texts[:, [NAMES.index(n) for n in names]])
        return names[int(actionclip.probabilities(embedding, chosen)[0].argmax())]

    return choose


@needs_ffmpeg
def test_it_knows_the_trained_actions(shown, best):
    right = [best(e, TRAINED_ACTIONS) == a for a, e in shown if a in TRAINED_ACTIONS]
    assert len(right) == 106 and np.mean(right) >= 0.9


@needs_ffmpeg
def test_it_knows_order(shown, best):
    right = [best(e, (a, BY_NAME[a].reverse)) == a for a, e in shown if BY_NAME[a].reverse not in (None, a)]
    assert len(right) > 90 and np.mean(right) >= 0.9


@needs_ffmpeg
def test_it_knows_most_actions_it_was_never_trained_on(shown, best):
    right = [best(e, NAMES) == a for a, e in shown if a in UNSEEN_ACTIONS]
    assert len(right) == 18 and np.mean(right) >= 0.5  # one in 62 by chance


def test_a_run_is_packed_into_one_file(tmp_path, actionclip):
    pytest.importorskip("torch")
    tiny = "--side 32 --width 64 --layers 1 --text-layers 1 --embed 64 --check-stills 0".split()
    second = "--option LSTM --frames 5 --clips 0".split()
    common = "--threads 1 --workers 0 --batch 4 --steps 1".split()
    for program, given in (("pretrain.py", ["--out", tmp_path / "stills", *tiny]),
                           ("tune.py", ["--out", tmp_path / "run", "--pretrained", tmp_path / "stills", *second])):
        subprocess.run([sys.executable, ROOT / "models/shapes" / program, *map(str, given), *common],
                       check=True, capture_output=True)
    subprocess.run([sys.executable, ROOT / "models/shapes/pack.py", tmp_path / "run", tmp_path / "m.safetensors"],
                   check=True, env={"PYTHONPATH": str(ROOT / "bindings/python"),
                                    "ACTIONCLIP_LIBRARY": str(actionclip.library_path())})
    with actionclip.Model(tmp_path / "m.safetensors") as packed:
        assert (packed.info.head, packed.info.frames, packed.labels) == ("LSTM", 5, NAMES)
        assert packed.info.has_tokenizer and "LSTM" in packed.note("source")


@needs_ffmpeg
def test_words_rank_their_clips_first_in_an_archive(actionclip, sets, tmp_path):
    """models/shapes/archive_map.py in small; docs/ARCHIVES.md has it over 2,086 videos."""
    import archive_map

    if not archive_map.COMMAND.exists():
        pytest.skip(f"{archive_map.COMMAND} is not built (make command)")
    videos = {str(folder / video["file"]): video["action"]
              for folder in sets for video in json.loads((folder / "index.json").read_text())["videos"]}
    archive_map.embed(sets, tmp_path / "archive", "--quiet", "--model", FILE)
    with actionclip.Model(FILE, compute_sha256=True) as model:
        scores = archive_map.scores_of(tmp_path / "archive", list(videos), model)
    found, _ = archive_map.mean_average_precision(scores, list(videos.values()), NAMES, draws=100)
    for mean, low, high in found.values():
        assert mean > 0.75 and low <= high
    assert found["never trained"][0] > 0.85
