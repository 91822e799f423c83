"""The command on an X-CLIP, whose videos move the texts that they are compared with."""

import json
import pathlib
import sys

import pytest
from actionclip_command import CLIP, MERGES, ROOT, assert_error, json_lines, run

sys.path[:0] = [str(ROOT / "Tests" / "python"), str(ROOT / "bindings" / "python")]
LABELS = ("walking", "running", "jumping")
FILMS = [ROOT / "examples" / f"{name}.mp4" for name in ("clip", "shapes")]
FIXTURES = ROOT / "Tests" / "fixtures" / "x_clip"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A file of VideoX's form with random weights, and words."""
    import x_clip

    folder = tmp_path_factory.mktemp("x_clip")
    merges = [line for line in MERGES.read_text().splitlines() if line and not line.startswith("#")]
    sizes = x_clip.Sizes(vocabulary=512 + len(merges) + 2, context=16, image=32)
    state = x_clip.published_names(x_clip.hugging_face(sizes).state_dict())
    (folder / "merges.txt").write_bytes(MERGES.read_bytes())
    return x_clip.save_published(state, folder / "model.pth", sizes)


@pytest.fixture(scope="module")
def labels(model):
    path = pathlib.Path(model).with_name("labels.txt")
    path.write_text("\n".join(LABELS) + "\n")
    return path


@pytest.mark.parametrize(
    ("name", "family"), [("published.pth", "X-CLIP"), ("hugging_face", "Hugging Face X-CLIP")]
)
def test_info_tells_the_model(name, family):
    (info,) = json_lines(run("info", FIXTURES / name, "--json"))
    assert (info["family"], info["head"], info["frames"], info["templates"]) == (family, "MIT", 4, ["{}"])
    assert info["video_size"] == 5 * info["embedding_size"] and info["sampling"] == "mmaction2"
    table = run("info", FIXTURES / name).stdout
    assert f"{4 * info['embedding_size']} numbers by which each video moves texts" in table


def test_one_file_says_the_same(model, labels, tmp_path):
    one = tmp_path / "one.safetensors"
    process = run("convert", model, one, "--verify")
    assert process.returncode == 0, process.stderr

    def answer(path):
        process = run("classify", CLIP, "--model", path, "--labels", labels, "--json", "--top", 0)
        assert process.returncode == 0, process.stderr
        return json_lines(process)[0]["labels"]

    said = answer(model)
    assert answer(one) == said and {entry["label"] for entry in said} == set(LABELS)


def test_eval_timeline_and_classify_agree(model, labels, tmp_path):
    (tmp_path / "list.txt").write_text("".join(f"{path} 1\n" for path in FILMS))
    process = run("eval", tmp_path / "list.txt", "--model", model, "--labels", labels, "--json", "-")
    assert process.returncode == 0, process.stderr
    said = json_lines(run("classify", *FILMS, "--model", model, "--labels", labels, "--json", "--top", 0))
    hits = sum(line["labels"][0]["label"] == LABELS[1] for line in said)
    assert json.loads(process.stdout)["top1"]["correct"] == hits
    process = run("timeline", CLIP, "--model", model, "--labels", labels, "--json", "--window", 1000)
    assert process.returncode == 0, process.stderr
    (timeline,) = json_lines(process)
    assert timeline["path"].endswith("clip.mp4")


def test_archives_are_searched_by_clips_alone(model, tmp_path):
    process = run("embed", CLIP, "--out", tmp_path / "archive", "--model", model, "--quiet")
    assert process.returncode == 0, process.stderr
    found = run("search", tmp_path / "archive", "--model", model, "--clip", CLIP, "--json")
    assert found.returncode == 0, found.stderr
    assert json_lines(found)[0]["path"].endswith("clip.mp4")
    words = run("search", tmp_path / "archive", "--model", model, "walking")
    assert_error(words, "--clip", "--image", "X-CLIP")


def test_clips_teach_it(model, labels, tmp_path):
    (tmp_path / "list.txt").write_text("".join(f"{path} {place}\n" for place, path in enumerate(FILMS)))
    out = tmp_path / "taught.safetensors"
    process = run("adapt", tmp_path / "list.txt", "--model", model, "--labels", labels, "--out", out)
    assert process.returncode == 0, process.stderr
    process = run("classify", CLIP, "--model", model, "--classifier", out, "--json")
    assert process.returncode == 0, process.stderr


def test_what_is_not_computed_is_refused_by_name(model, labels, tmp_path):
    (tmp_path / "list.txt").write_text("".join(f"{path} {place}\n" for place, path in enumerate(FILMS)))
    listed = (tmp_path / "list.txt", "--model", model, "--labels", labels)
    assert_error(run("prompts", *listed), "X-CLIP")
    assert_error(run("tune", *listed, "--out", tmp_path / "tuned.safetensors"), "X-CLIP")
