"""The generator: the same by seed, reversed pairs exact, nothing held out in training."""
import shutil

import numpy as np
import pytest
from shapes import actions, splits
from shapes.actions import ACTIONS, BY_NAME
from shapes.render import middle_times, render, training_clip
from shapes.scene import make_scene
from shapes.stills import make_still, still_picture
from shapes.video import LENGTHS, make_video, write_mp4
from shapes.world import UNSEEN_BACKGROUNDS

NAMES = [a.name for a in ACTIONS]
PAIRS = actions.order_pairs()


def clip(scene, seed=0):
    return training_clip(scene, 8, 32, np.random.default_rng(seed))[0]


def test_same_seed_same_pixels_other_seed_others():
    a, b = (clip(make_scene("train", 5, 17)) for _ in range(2))
    assert (a == b).all()
    for other in (("train", 5, 18), ("train", 6, 17)):
        assert clip(make_scene(*other)).tobytes() != a.tobytes()
    fixed = [clip(make_scene(s, 5, 17, "moving left")).tobytes() for s in ("train", "validation", "compositions")]
    assert len(set(fixed)) == 3
    pictures = [still_picture(make_still(3, 4)[0], 32, np.random.default_rng(1)) for _ in range(2)]
    assert (pictures[0] == pictures[1]).all()


@pytest.mark.parametrize("name", list(BY_NAME))
def test_every_action_is_seen(name):
    """Something is to be seen, moves where it should, and stays mostly inside the crop."""
    for i in range(20):
        scene = make_scene("train", 1, i, name)
        assert scene.acting == BY_NAME[name].shapes
        states, _ = scene.states(np.linspace(0, 1, 33))
        x, y, radius, turn, opacity = states[: scene.acting].transpose(1, 0, 2)
        assert (abs(x) < 1).all() and (abs(y) < 1).all() and (radius > 0.1).all()
        assert opacity.max() == 1
        frames = render(scene.quiet(), middle_times(8), 32).astype(int)
        changes = abs(np.diff(frames, axis=0)).max(-1).reshape(7, -1)
        if name != "staying still":
            assert changes.max() > 30
        elif not scene.shake:
            assert changes.max() == 0


def test_directions_are_what_their_names_say():
    for name in NAMES:
        words = name.split()
        for i in range(10):
            states, camera = make_scene("train", 2, i, name).states(np.linspace(0, 1, 65))
            for x, y, radius, turn, _ in states[: BY_NAME[name].shapes]:
                x, y = x - camera[0], y - camera[1]
                dx, dy = x[-1] - x[0], y[-1] - y[0]
                if "moving" in words and "each" not in words and "apart" not in words:
                    for word, step in (("left", -dx), ("right", dx), ("up", -dy), ("down", dy)):
                        assert (step > 0.3) == (word in words), (name, word)
                assert (radius[-1] > radius[0] * 1.5) == ("growing" in words)
                assert (radius[-1] < radius[0] / 1.5) == ("shrinking" in words)
                # y goes down the screen, so a growing angle is clockwise
                if "spinning" in words:
                    assert np.sign(turn[-1] - turn[0]) == (1 if "clockwise" in words else -1)
                if "circling" in words:
                    a = np.unwrap(np.arctan2(y - y.mean(), x - x.mean()))
                    assert np.sign(a[-1] - a[0]) == (1 if "clockwise" in words else -1)
            if BY_NAME[name].family == "approach":
                gap = np.hypot(*(states[0, :2] - states[1, :2]))
                assert (gap[0] > gap[-1]) == ("approaching" in words)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda p: " | ".join(p))
def test_pairs_are_exact_reversals(pair):
    """From the same random numbers come the same frames in the opposite order: single frames of the two have
    one distribution, whatever a model makes of them."""
    for i in range(4):
        one, other = (make_scene("train", 3, i, n).quiet() for n in pair)
        t = np.sort(np.random.default_rng(i).uniform(0, 1, 8))
        a, b = render(one, t, 32), render(other, 1 - t[::-1], 32)
        assert abs(a.astype(int) - b[::-1].astype(int)).max() <= 1  # 1 - t rounds
        assert (a[0] != a[-1]).any()
        assert {(p.colour, p.shape) for p in one.actors} == {(p.colour, p.shape) for p in other.actors}


def test_order_pairs_cover_what_is_promised():
    named = {n for p in PAIRS for n in p}
    for n in ("moving left", "moving up", "growing", "spinning clockwise", "circling clockwise",
              "two shapes approaching each other", "two shapes moving apart", "stopping midway", "speeding up"):
        assert n in named
    for a, b in PAIRS:
        assert BY_NAME[b].reverse == a and a != b


def test_times_are_alike_forwards_and_backwards():
    from shapes.render import training_times
    times = np.stack([training_times(8, np.random.default_rng(i)) for i in range(4000)])
    assert (np.diff(times, axis=1) > 0).all() and times.min() > 0 and times.max() < 1
    back = 1 - times[:, ::-1]
    assert abs(times.mean(0) - back.mean(0)).max() < 0.003
    for n in LENGTHS:  # frames as the reference chooses them at test time
        chosen = [int(i * n / 8 + (n / 8 - 1) / 2) for i in range(8)]
        assert [n - 1 - c for c in reversed(chosen)] == chosen


def test_training_never_shows_what_is_held_out():
    for i in range(3000):
        scene = make_scene("train", 0, i)
        assert scene.action not in splits.UNSEEN_ACTIONS
        assert scene.background not in UNSEEN_BACKGROUNDS
        for a in scene.actors[: scene.acting]:
            assert not splits.is_held_out(scene.action, a.colour, a.shape)


@pytest.mark.parametrize("split", ["validation", "compositions", "backgrounds", "actions"])
def test_held_out_sets_hold_only_that(split):
    for i in range(300):
        scene = make_scene(split, 0, i)
        assert (scene.action in splits.UNSEEN_ACTIONS) == (split == "actions")
        assert (scene.background in UNSEEN_BACKGROUNDS) == (split == "backgrounds")
        for a in scene.actors[: scene.acting]:
            assert splits.is_held_out(scene.action, a.colour, a.shape)


def test_colour_and_shape_are_no_hint():
    """An action and its reverse allow the same looks; every colour and shape occurs with every action."""
    from shapes.world import COLOURS, SHAPES
    for a in ACTIONS:
        trained = {(c, s) for c in COLOURS for s in SHAPES if not splits.is_held_out(a.name, c, s)}
        assert {c for c, _ in trained} == set(COLOURS) and {s for _, s in trained} == set(SHAPES)
        assert 8 <= 64 - len(trained) <= 11
        if a.reverse:
            assert all(splits.is_held_out(a.name, c, s) == splits.is_held_out(a.reverse, c, s)
                       for c in COLOURS for s in SHAPES)


def test_unseen_actions_are_made_of_known_words():
    known = {w for n in splits.TRAINED_ACTIONS for w in n.split()}
    assert len(splits.UNSEEN_ACTIONS) >= 4
    for n in splits.UNSEEN_ACTIONS:
        assert n in BY_NAME and set(n.split()) <= known


def test_a_video_file_holds_the_frames(tmp_path):
    av = pytest.importorskip("av")
    frames = make_video(make_scene("compositions", 0, 3).quiet(), 3)
    for name in ("a.mp4", "b.mp4"):
        write_mp4(tmp_path / name, frames)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    with av.open(str(tmp_path / "a.mp4")) as file:
        assert file.streams.video[0].codec_context.name == "h264"
        read = np.stack([f.to_ndarray(format="rgb24") for f in file.decode(video=0)])
    assert read.shape == frames.shape
    assert abs(read.astype(int) - frames).mean() < 6


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs the ffmpeg command")
def test_a_video_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(RuntimeError, match="missing"):
        write_mp4(tmp_path / "missing" / "a.mp4", np.zeros((2, 16, 16, 3), np.uint8))
