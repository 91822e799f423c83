"""Lists, held-out parts, frames of videos, and augmentations."""

import json
import os
import subprocess
from collections import Counter

import numpy as np
import pytest
import torch
from actionclip_trainer.data.augment import OPERATIONS, Augment, colour_jitter, crop_box, rand_augment
from actionclip_trainer.data.lists import Clip, VideoList, faults, held_out, read_list
from actionclip_trainer.data.texts import TEMPLATES, Texts
from actionclip_trainer.data.videos import VideoSource, drawn_frames
from actionclip_trainer.recipe import Recipe
from conftest import ROOT

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
CLIP = ROOT / "examples" / "clip.mp4"
MERGES = ROOT / "Tests" / "fixtures" / "untrained" / "merges.txt"


def test_lists_are_read_by_the_command(tmp_path):
    command = ROOT / "build" / "bin" / "actionclip"
    if not command.exists():
        pytest.skip(f"{command} is not built (make build)")
    for label in ("hand_wave", "jump"):
        (tmp_path / "clips" / label).mkdir(parents=True)
        os.symlink(CLIP, tmp_path / "clips" / label / "1.mp4")
    read = read_list(tmp_path / "clips")
    assert read.labels == ["hand wave", "jump"]
    assert read.clips == [
        Clip(f"{tmp_path}/clips/{d}/1.mp4", (i,)) for i, d in enumerate(("hand_wave", "jump"))
    ]
    (tmp_path / "list.csv").write_text("path,label,start,end\na.mp4,jump,1,2.5\nb.mp4,walk,,\n")
    (tmp_path / "labels.txt").write_text("jump\n")
    with pytest.raises(ValueError, match="line 3.*walk"):
        read_list(tmp_path / "list.csv", tmp_path / "labels.txt")
    printed = subprocess.run([command, "list", tmp_path / "clips"], capture_output=True, text=True).stdout
    (tmp_path / "printed.jsonl").write_text(printed)
    assert read_list(tmp_path / "printed.jsonl") == read


def test_without_the_command_a_printed_list_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("ACTIONCLIP_COMMAND", "/nowhere/actionclip")
    rows = [{"labels": ["a"]}, {"path": "x.mp4", "start": 1.5, "end": None, "labels": [0]}]
    (tmp_path / "list.jsonl").write_text(
        "".join(json.dumps(row, separators=(",", ":")) + "\n" for row in rows)
    )
    assert read_list(tmp_path / "list.jsonl").clips == [Clip("x.mp4", (0,), 1.5)]
    (tmp_path / "list.csv").write_text("x.mp4,a\n")
    with pytest.raises(FileNotFoundError, match="ACTIONCLIP_COMMAND"):
        read_list(tmp_path / "list.csv")


def test_a_video_is_on_one_side_of_the_held_out_part():
    clips = [Clip(f"{video}.mp4", (video % 5,), part) for video in range(100) for part in range(3)]
    clips.append(Clip("alone.mp4", (5,)))
    train, apart = held_out(clips, 0.2, 1)
    assert sorted(train + apart) == list(range(301))
    assert not {clips[i].path for i in train} & {clips[i].path for i in apart}
    counts = Counter(clips[i].labels[0] for i in apart)
    assert set(counts) == set(range(5)) and all(10 <= count <= 14 for count in counts.values())
    assert held_out(clips, 0.2, 1) == (train, apart) != held_out(clips, 0.2, 2)
    assert held_out(clips, 0, 1)[1] == []


def test_faults_of_a_list_are_told(tmp_path):
    here = tmp_path / "here.mp4"
    here.touch()
    clips = [Clip(str(here), (0,)), Clip(str(here), (0,)), Clip("gone.mp4", (1,))]
    os.symlink(here, tmp_path / "link.mp4")
    test = VideoList(["a", "b", "c"], [Clip(str(tmp_path / "link.mp4"), (0,))])
    found = faults(VideoList(["a", "b", "c"], clips), {"test": test})
    assert [sentence.split(",")[0] for sentence in found] == [
        "1 of 3 videos are not there", "1 videos are in training and in test", "1 clips are there more than once",
        "1 of 3 labels have no clip"]  # fmt: skip
    assert faults(VideoList(["a"], clips[:1]), {}) == []


def test_drawn_frames_are_the_references():
    random = np.random.default_rng(1)
    draws = np.array([drawn_frames(20, 4, random) for _ in range(200)])
    assert all(set(draws[:, i]) == set(range(5 * i, 5 * i + 5)) for i in range(4))
    few = drawn_frames(3, 8, random)
    assert few == sorted(few) and len(few) == 8 and set(few) == {0, 1, 2}


def test_frames_are_the_librarys(actionclip):
    """Test-time frames and crops have the bits that the library encodes; drawn frames are whole frames of the
    video."""
    recipe = Recipe(augment="none")
    source = VideoSource([Clip(str(CLIP), (0,)), Clip(str(CLIP), (0,), 1.0, 2.0)], 4, 64, recipe)
    with actionclip.Video(CLIP) as video:
        chosen = video.sample(4)
        part = video.read_frames(list(video.frames_between(1.0, 2.0)))
    expected = actionclip.preprocess_crop(list(chosen), 64)
    assert np.array_equal(source.clip(0, None).numpy(), expected.transpose(0, 3, 1, 2))
    own = Augment(recipe, 64)(part, None)
    for frame in source.clip(1, np.random.default_rng(3)).numpy().transpose(0, 2, 3, 1):
        assert any(np.array_equal(frame, other) for other in own)
    with pytest.raises(RuntimeError, match="missing.mp4"):
        VideoSource([Clip("missing.mp4", (0,))], 4, 64, recipe).clip(0, None)


def test_a_folder_of_extracted_frames(actionclip, tmp_path):
    for number in (1, 2, 10):
        Image.fromarray(np.full((48, 64, 3), 20 * number, np.uint8)).save(tmp_path / f"img_{number:05d}.png")
    (tmp_path / "notes.txt").touch()
    source = VideoSource([Clip(str(tmp_path), (0,))], 3, 32, Recipe())
    assert source.clip(0, None)[:, 0, 0, 0].tolist() == [20, 40, 200]
    with pytest.raises(RuntimeError, match="no times"):
        VideoSource([Clip(str(tmp_path), (0,), 1.0)], 3, 32, Recipe()).clip(0, None)


def test_crops_are_the_references():
    random = np.random.default_rng(4)
    boxes = Counter(crop_box((340, 256), 224, random) for _ in range(3000))
    sizes = {(b[2] - b[0], b[3] - b[1]) for b in boxes}
    # 256, 224, 192 and 168 (of 0.66), each with itself and its neighbours; 224 of 0.875 is the input's own size.
    lengths = [256, 224, 192, 168]
    assert sizes == {(a, b) for i, a in enumerate(lengths) for j, b in enumerate(lengths) if abs(i - j) <= 1}
    assert all(0 <= b[0] and 0 <= b[1] and b[2] <= 340 and b[3] <= 256 for b in boxes)
    assert len({b[:2] for b in boxes if (b[2] - b[0], b[3] - b[1]) == (192, 192)}) == 13


def test_the_same_crop_and_mirror_for_all_frames_and_jitter_for_each():
    frames = np.repeat(np.random.default_rng(0).integers(0, 255, (1, 60, 80, 3), dtype=np.uint8), 6, 0)
    plain = Augment(Recipe(augment="flip"), 32)
    jittered = Augment(Recipe(), 32)
    for seed in range(4):
        made = plain(frames, np.random.default_rng(seed))
        assert all(np.array_equal(made[0], frame) for frame in made)
    several = [jittered(frames, np.random.default_rng(seed)) for seed in range(12)]
    assert any(not np.array_equal(made[0], made[1]) for made in several)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(several[0], jittered(frames, np.random.default_rng(0)), strict=True)
    )
    unmirrored = Augment(Recipe(augment="flip", flip=False), 32)
    ramp = np.repeat(np.arange(64, dtype=np.uint8)[None, :, None], 64, 0).repeat(3, 2)[None]
    assert all(
        (np.diff(unmirrored(ramp, np.random.default_rng(s))[0, 0, :, 0].astype(int)) >= 0).all()
        for s in range(9)
    )


def test_every_operation_makes_a_picture_of_the_same_size():
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 56, 3), dtype=np.uint8))
    random = np.random.default_rng(1)
    assert len(OPERATIONS) == 16
    for operation, low, high in OPERATIONS:
        for value in (low, low + 0.3 * (high - low), high):
            made = operation(picture, value, random)
            assert made.size == picture.size and made.mode == "RGB"
    assert rand_augment(picture, 2, 9, random).size == colour_jitter(picture, random).size == picture.size


def test_texts_have_the_librarys_tokens(actionclip):
    with actionclip.Model(
        ROOT / "Tests" / "fixtures" / "untrained" / "untrained.safetensors", threads=1
    ) as model:
        context, vocabulary = model.info.context_length, model.info.vocabulary_size
        texts = Texts.tokenized(
            ["jumping high", "reading"], ["a video of {}", "{}"], str(MERGES), context, vocabulary
        )
        for i, template in enumerate(("a video of {}", "{}")):
            for j, label in enumerate(("jumping high", "reading")):
                assert np.array_equal(
                    texts.tokens[i, j].numpy(), model.tokenize([template.replace("{}", label)])[0]
                )
    assert texts.length % 8 == 0 and texts.length < context
    with pytest.raises(ValueError, match="tokens; the model takes"):
        Texts.tokenized(["long " * 200], ["{}"], str(MERGES), context, vocabulary)


def test_the_templates_are_the_librarys(actionclip):
    assert list(TEMPLATES) == actionclip.templates()


def test_a_drawn_text_is_of_one_of_the_labels():
    texts = Texts.synthetic(5, 3, 16, 300)
    rows = {tuple(texts.draw((1, 4), np.random.default_rng(seed)).tolist()) for seed in range(60)}
    assert rows == {tuple(texts.tokens[i, j, : texts.length].tolist()) for i in range(3) for j in (1, 4)}
    assert isinstance(texts.all(0), torch.Tensor)
