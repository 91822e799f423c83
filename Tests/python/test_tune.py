"""Tuners: a model learns from a user's clips, step by step."""

import copy
import io
import pickle
import shutil
import threading
import time

import actionclip
import numpy as np
import pytest
from conftest import ROOT, same_bits
from test_cancel import interrupt, later

CLIP = ROOT / "examples" / "clip.mp4"
LABELS = ["walking", "jumping", "waving"]
QUICK = dict(train=("blocks", 1), text="projection", epochs=4, batch=4, rate=1e-3, warm_up_epochs=0.2, seed=7)


@pytest.fixture()
def tiny(untrained):
    with actionclip.Model(untrained, threads=2) as model:
        yield model


def colours(model, label, clip, views=1):
    """A clip's pixels: the label is a colour, the clip a pattern on it."""
    side = model.info.image_size
    pattern = 0.3 * np.sin(np.arange(model.info.frames * 3 * side * side) % 131 + 7 * clip)
    pixels = pattern.reshape(-1, 3, side, side) - 1
    pixels[:, label] += 2.5
    return np.concatenate([pixels.astype(np.float32)] * views)


def tuner_of(model, clips=12, **changes):
    tuner = model.tune(LABELS, **{**QUICK, **changes})
    for number in range(clips):
        tuner.add_pixels(colours(model, number % 3, number), LABELS[number % 3])
    for number in range(3):
        tuner.add_pixels(colours(model, number, 100 + number), LABELS[number], held_out=True)
    return tuner


def embeddings(model):
    return model.encode_pixels(colours(model, 1, 5))


def test_training_is_a_loop_over_steps(tiny):
    with tuner_of(tiny, loss="cross_entropy", text="everything", rate=3e-4, epochs=10) as tuner:
        info = tuner.info
        assert (info.labels, info.clips, info.held_out, info.batch, info.steps) == (3, 12, 3, 4, 0)
        assert (info.steps_per_epoch, info.total_steps) == (3, 30)
        parts = (info.model_bytes, info.clip_bytes, info.work_bytes, info.cache_bytes)
        assert info.memory == sum(parts) and info.trained > 0
        results = list(tuner)
        assert [result.step for result in results] == list(range(1, 31))
        assert results[-1].loss < results[0].loss / 2 and results[0].rate == 0 < results[0].gradient_norm
        score = tuner.eval(alpha=1)
        assert (score.clips, score.right, score.top1, score.top5) == (3, 3, 1, 1) and score.loss < 0.5
        assert tuner.eval(held_out=False, alpha=1).clips == 12
        assert list(tuner) == [] and tuner.run() is None and tuner.info.steps == 30
        with pytest.raises(actionclip.ArgumentError, match="all 30 steps"):
            tuner.step()


def test_a_loop_that_was_left_goes_on(tiny):
    with tuner_of(tiny) as tuner, tuner_of(tiny) as straight:
        for result in tuner:
            if result.step == 3:
                break
        seen = []
        assert tuner.run(2, seen.append) == seen[-1] and [result.step for result in seen] == [4, 5]
        assert tuner.run(0) is None
        assert tuner.run() == straight.run()
        with tuner.model(1) as one, straight.model(1) as other:
            assert same_bits(embeddings(one), embeddings(other))


def test_every_kind_of_clip_gives_the_same_steps(tiny):
    """A path, bytes, an open video, its frames as arrays, camera frames and tensors, and pixels."""
    with actionclip.Video(CLIP) as video:
        frames = video.read_frames(range(video.info.frame_count))
        chosen = video.sample(tiny.info.frames)
    camera = [actionclip.Frame(frame[..., ::-1], "bgr") for frame in frames]
    pixels = tiny.preprocess(chosen)

    def steps(add, **arguments):
        with tiny.tune(LABELS, **QUICK) as tuner:
            add(tuner, **arguments)
            tuner.add_pixels(colours(tiny, 0, 1), ["walking", "waving"])
            return tuner.step()

    def adds(clip):
        return lambda tuner, **arguments: tuner.add(clip, "jumping", **arguments)

    expected = steps(adds(CLIP))
    for clip in (str(CLIP), io.BytesIO(CLIP.read_bytes()), frames, camera, chosen, [chosen]):
        assert steps(adds(clip)) == expected
    with actionclip.Video(CLIP) as video:
        assert steps(adds(video)) == expected
        assert steps(adds(video), start=1, end=3) == steps(adds(frames[25:75])) != expected
    torch = pytest.importorskip("torch")
    assert steps(adds(torch.from_numpy(frames).permute(0, 3, 1, 2))) == expected
    for given in (pixels, pixels[np.newaxis], torch.from_numpy(pixels)):
        assert steps(lambda tuner, given=given: tuner.add_pixels(given, "jumping")) == expected


def test_views_of_frames_are_those_of_the_video(tiny):
    with actionclip.Video(CLIP) as video:
        frames = video.read_frames(range(video.info.frame_count))
        spread = video.sample(3 * tiny.info.frames)

    def sizes_and_steps(clip, views):
        with tiny.tune(LABELS, **QUICK) as tuner:
            tuner.add(clip, "jumping", views=views)
            tuner.add_pixels(colours(tiny, 0, 1, views=2), "walking")
            return [tuner.info, *(tuner.step() for _ in range(4))]

    expected = sizes_and_steps(CLIP, 3)
    assert sizes_and_steps(frames, 3) == expected != sizes_and_steps(CLIP, 1)
    assert sizes_and_steps([spread[view::3] for view in range(3)], 1) == expected


def test_a_state_goes_on_as_if_training_had_never_stopped(tiny, tmp_path):
    path = tmp_path / "state"
    with tuner_of(tiny, epochs=2) as straight:
        straight.add_text("walking", ["somebody goes on foot", "a person on the way"])
        expected = list(straight)
        for stop in (0, 3):
            stopped = tuner_of(tiny, epochs=2)
            stopped.add_text("walking", "somebody goes on foot")
            stopped.add_text("walking", "a person on the way")
            stopped.run(stop)
            stopped.save(path)
            stopped.load(str(path))
            stopped.close()
            with tuner_of(tiny, epochs=2) as other:
                with pytest.raises(actionclip.ModelError):
                    other.load(path)  # it lacks the texts
                with pytest.raises(FileNotFoundError):
                    other.load(tmp_path / "none")
            with tuner_of(tiny, epochs=2) as resumed:
                resumed.add_text("walking", ["somebody goes on foot", "a person on the way"])
                resumed.load(path)
                assert resumed.info.steps == stop and list(resumed) == expected[stop:]


def test_what_progress_raises_ends_the_run_after_a_whole_step(tiny):
    with tuner_of(tiny) as tuner, tuner_of(tiny) as straight:
        where = []

        def stop(result):
            where.append(threading.current_thread())
            if result.step == 2:
                assert tuner.eval().clips == 3  # it may use the tuner
                raise LookupError("enough")

        with pytest.raises(LookupError, match="enough"):
            tuner.run(progress=stop)
        assert where == [threading.current_thread()] * 2 and tuner.info.steps == 2
        assert tuner.run() == straight.run()


def test_ctrl_c_ends_a_run_between_steps(tiny):
    with tuner_of(tiny, epochs=100_000) as tuner, tuner_of(tiny, epochs=100_000) as straight:
        tuner.info
        thread, moment = later(0.2, interrupt)
        with pytest.raises(KeyboardInterrupt):
            tuner.run()
        assert time.monotonic() - moment[0] < 2
        thread.join()
        done = tuner.info.steps
        assert done >= 1
        straight.run(done)
        assert tuner.step() == straight.step()


def test_another_thread_cancels(tiny):
    with tuner_of(tiny, epochs=100_000) as tuner:
        tuner.info
        thread, _ = later(0.1, tuner.cancel)
        with pytest.raises(actionclip.CancelledError, match=r"Tuner\.cancel; later steps go on"):
            tuner.run()
        thread.join()
        done = tuner.info.steps
        assert tuner.step().step == done + 1
        tuner.cancel()
        with pytest.raises(actionclip.CancelledError):
            next(tuner)
        assert next(tuner).step == done + 2
        token = actionclip.CancelToken()
        token.cancel()
        with token, pytest.raises(actionclip.CancelledError, match="cancel token"):
            tuner.step()


def test_threads_take_turns(tiny):
    with tuner_of(tiny, epochs=8) as tuner:
        results = []
        workers = [threading.Thread(target=lambda: results.extend(tuner.run(6, results.append) and [])) for _ in "ab"]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert sorted(result.step for result in results) == list(range(1, 13))


def test_memory_is_told_and_limited(tiny):
    with tuner_of(tiny) as tuner:
        needed = tuner.info.memory
        bytes_of_clips = tuner.info.clip_bytes
    with tuner_of(tiny, max_memory=bytes_of_clips + 1000) as tuner:
        for _ in range(2):
            with pytest.raises(MemoryError, match=f"max_memory is {bytes_of_clips + 1000}"):
                tuner.info
    with tuner_of(tiny, max_memory=4 * needed) as tuner:
        assert tuner.info.memory <= 4 * needed and tuner.step().step == 1


def test_models_at_any_share(tiny, tmp_path):
    with tuner_of(tiny) as tuner:
        tuner.run(6)
        with tuner.model() as half, tuner.model(alpha=0) as none, tuner.model(1) as tuned:
            assert same_bits(embeddings(none), embeddings(tiny))
            assert half.labels == LABELS and half.templates == tiny.templates
            assert (half.info.head, half.info.parameters) == (tiny.info.head, tiny.info.parameters)
            half.save(tmp_path / "mine.safetensors")
            with actionclip.mix(tiny, tuned, 0.5) as mixed, actionclip.mix(tiny, tuned) as also:
                assert same_bits(embeddings(mixed), embeddings(half)) and same_bits(embeddings(also), embeddings(half))
                assert mixed.labels == tiny.labels
            with actionclip.Model(tmp_path / "mine.safetensors") as loaded:
                assert same_bits(embeddings(loaded), embeddings(half)) and loaded.labels == LABELS
            assert not same_bits(embeddings(tuned), embeddings(half))
            assert tuner.eval().loss == tuner.eval(alpha=0.5).loss != tuner.eval(alpha=1).loss
            assert len(half.classify([np.zeros((9, 9, 3), np.uint8)] * tiny.info.frames)) == 3
    with tuner_of(tiny, recipe="reference") as tuner:
        tuner.run(3)
        assert tuner.eval().loss == tuner.eval(alpha=1).loss


def test_a_tuner_and_its_models_outlive_the_model(untrained):
    model = actionclip.Model(untrained)
    with tuner_of(model) as tuner:
        model.close()
        tuner.add(CLIP, "walking", views=2)
        tuner.add([np.zeros((9, 9, 3), np.uint8)] * 30, "walking", views=2)
        assert tuner.step().step == 1
        made = tuner.model()
    assert made.encode_video(CLIP).shape == (made.info.embedding_size,)
    made.close()


def test_each_part_trains_more_than_the_one_before(tiny):
    def trained(**changes):
        with tuner_of(tiny, clips=2, **{"text": None, **changes}) as tuner:
            return tuner.info.trained

    layers = tiny.info.vision_layers
    parts = ["head", "projection", ("blocks", 1), ["blocks", layers], "everything"]
    counts = [trained(train=part) for part in parts]
    assert counts == sorted(set(counts))
    texts = [trained(train="head", text=part) for part in ("nothing", "projection", ("blocks", 1), "everything")]
    assert texts == sorted(set(texts)) and texts[0] == counts[0]
    assert trained(logit_scale=False) == trained() - 1
    assert counts[0] > trained(train="head", head=False) == 1  # the scale
    assert trained(train="head", new_head="lstm") > trained(train="head", new_head="MeanP")


def test_a_new_head_has_its_own_frames(tiny):
    with tiny.tune(LABELS, **QUICK, new_head="Conv_1D", frames=4) as tuner:
        for label in LABELS:
            tuner.add([np.full((9, 9, 3), len(label), np.uint8)] * 4, label)
            tuner.add(CLIP, label)
        tuner.run(2)
        with tuner.model() as model:
            assert (model.info.head, model.info.frames) == ("Conv_1D", 4)
    with pytest.raises(ValueError, match="frames is 4"):
        tiny.tune(LABELS, frames=4)


def test_a_new_head_begins_anew_for_a_state(tiny, tmp_path):
    with tuner_of(tiny, new_head="Transf") as tuner:
        tuner.step()
        tuner.save(tmp_path / "state")
        expected = [tuner.step(), tuner.step()]
        tuner.load(tmp_path / "state")
        assert [tuner.step(), tuner.step()] == expected
        with tuner.model(alpha=0) as base, tuner.model(alpha=1) as tuned:
            assert base.info.head == tuned.info.head == "Transf"
            assert not same_bits(embeddings(base), embeddings(tuned))


def test_the_numbers_reach_the_recipe(tiny):
    def results(**changes):
        with tuner_of(tiny, clips=8, **{"epochs": 1, "warm_up_epochs": 0, "train": "projection", **changes}) as tuner:
            return list(tuner)

    def last(**changes):
        return results(**changes)[-1]

    assert results()[0].rate == 1e-3 and results(warm_up_epochs=1)[0].rate == 0
    assert len(results(epochs=2)) == 4 and len(results(batch=8)) == 1

    plain = last()
    for change in ({"weight_decay": 1}, {"anchor": 0.5}, {"seed": 2**64 - 1}, {"templates": ["see {}"]}):
        assert last(**change) != plain
    assert last(head_rate_factor=1, new_head="LSTM") != last(head_rate_factor=3, new_head="LSTM")
    assert last(logit_scale=False).scale == 0 != plain.scale
    assert last(contexts=2, context_rate_factor=1) != last(contexts=2, context_rate_factor=9)


def test_pixels_are_drawn_anew_where_that_is_wanted(tiny):
    with actionclip.Video(CLIP) as video:
        frames = video.read_frames(range(0, 40))

    def steps(labels=("jumping", "walking"), **changes):
        with tiny.tune([*LABELS, "moving left"], **{**QUICK, "text": None, **changes}) as tuner:
            tuner.add(frames, labels[0], views=2)
            tuner.add(CLIP, labels[1], end=2, views=2)
            return list(tuner)

    plain = steps()
    assert steps() == plain == steps(mirror=True)
    found = [steps(jitter=True)] + [steps(augment=name) for name in ("flip", "reference", "reference_k400")]
    assert all(one != other for place, one in enumerate(found) for other in [plain, *found[:place]])
    assert steps(augment="flip") == found[1] != steps(augment="flip", mirror=False)
    sided = ("moving left", "walking")
    assert steps(sided, augment="flip", mirror=False) != steps(sided, augment="flip", mirror=True)


def test_files_are_decoded_at_each_step(tiny, tmp_path):
    path = tmp_path / "clip.mp4"
    shutil.copy(CLIP, path)

    def tuner_with(add, **changes):
        tuner = tiny.tune(LABELS, **{**QUICK, **changes})
        getattr(tuner, add)(path, "jumping", start=0.5, end=3)
        getattr(tuner, add)(str(path), ["walking", "waving"], start=1)
        getattr(tuner, add)(path, "walking", held_out=True)
        return tuner

    with tuner_with("add") as kept, tuner_with("add_file") as decoded, tuner_with("add_file", jitter=True) as drawn:
        assert decoded.info.clip_bytes < kept.info.clip_bytes
        kept_steps = list(kept)
        assert list(decoded) == kept_steps != list(drawn) and decoded.eval() == kept.eval()
    with pytest.raises(FileNotFoundError):
        tiny.tune(LABELS).add_file("/no/such.mp4", "walking")
    # Frames that are the same at each step are decoded once, as long as there is room for what is made of them.
    with tuner_with("add_file", jitter=True) as tuner:
        tuner.step()
        path.unlink()
        with pytest.raises(actionclip.FileError, match="clip.mp4"):
            tuner.step()


@pytest.mark.parametrize("changed", ["nothing", "the last picture", "a middle picture", "the number", "the names"])
def test_a_state_knows_a_folder_of_frames(tiny, tmp_path, changed):
    image = pytest.importorskip("PIL.Image")
    folder, state = tmp_path / "clip", tmp_path / "state"
    folder.mkdir()

    def draw(number, colour):
        image.new("RGB", (32, 32), (colour, 99, 7)).save(folder / f"img_{number:05}.png")

    def tuner():
        begun = tiny.tune(LABELS, **QUICK)
        begun.add_file(folder, "jumping")
        begun.add_file(folder, "walking")
        return begun

    for number in range(1, 11):
        draw(number, 10 * number)
    with tuner() as begun:
        begun.step()
        begun.save(state)
    if changed == "the last picture":
        draw(10, 200)
    elif changed == "a middle picture":
        (folder / "img_00005.png").write_bytes((folder / "img_00005.png").read_bytes() + b"more")
    elif changed == "the number":
        shutil.copy(folder / "img_00010.png", folder / "img_00011.png")
    elif changed == "the names":
        for picture in sorted(folder.iterdir()):
            picture.rename(folder / picture.name.replace("img", "frame"))
    with tuner() as resumed:
        if changed == "nothing":
            resumed.load(state)
        else:
            with pytest.raises(actionclip.ModelError, match="of other clips"):
                resumed.load(state)


def test_a_cache_changes_no_bit(tiny, tmp_path):
    path = tmp_path / "cache"
    with tuner_of(tiny, text=None, max_memory=1 << 40) as plain:
        expected = list(plain)
    for _ in range(2):
        with tuner_of(tiny, text=None, cache=path) as tuner:
            assert list(tuner) == expected and path.exists()
    with tuner_of(tiny, text=None, compute="bf16") as tuner:
        assert list(tuner) != expected
    with pytest.raises(actionclip.FileError), tuner_of(tiny, cache=tmp_path / "none" / "cache") as tuner:
        tuner.info


def test_context_vectors_stand_in_the_templates_of_the_model(tiny, tmp_path):
    with tuner_of(tiny, contexts=2, text=None) as tuner, tuner_of(tiny, text=None) as plain:
        assert tuner.info.trained == plain.info.trained + 2 * tiny.info.text_width
        tuner.run(4)
        with tuner.model() as tuned:
            tuned.save(tmp_path / "contexts.safetensors")
    with actionclip.Model(tmp_path / "contexts.safetensors") as loaded:
        assert loaded.info.context_vectors == 2 and loaded.templates == ["<|context|> {}"]
        prompts = ["<|context|> walking"]
        assert list(loaded.tokenize(prompts)[0][1:3]) == [-1, -2]
        assert same_bits(loaded.encode_tokens(loaded.tokenize(prompts)), loaded.encode_prompts(prompts))
    with pytest.raises(actionclip.ArgumentError, match="context"):
        tiny.encode_prompts(prompts)


def test_models_may_be_made_of_a_mean_over_the_steps(tiny):
    made = []
    for decay in (None, 0, 0.5):
        with tuner_of(tiny, clips=4, mean_decay=decay) as tuner:
            tuner.run(3)
            with tuner.model(1) as tuned:
                made.append(embeddings(tuned))
    assert same_bits(made[0], made[1]) and not same_bits(made[1], made[2])


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"train": "blocks"}, r'say how many of the last ones: \("blocks", 3\)'),
        ({"train": ("blocks", 0)}, "train's number of blocks is 0; it must be 1 to "),
        ({"train": ("blocks", 99)}, "train's number of blocks is 99; it must be 1 to "),
        ({"text": ("blocks", 99)}, "text's number of blocks is 99; it must be 1 to "),
        ({"train": ("block", 1)}, 'must be "head"|must be \'head\''),
        ({"train": 3}, "train is 3, int; it must be"),
        ({"train": "all"}, "train is 'all'; it must be one of"),
        ({"text": "head"}, "text is 'head'; it must be one of 'nothing'"),
        ({"augment": "mixup"}, "augment is 'mixup'; it must be one of 'none', 'flip'"),
        ({"contexts": -1}, "contexts is -1"),
        ({"recipe": "mine"}, "recipe is 'mine'; it must be one of 'anchored', 'reference'"),
        ({"loss": "l2"}, "loss is 'l2'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"batch": 1.5}, "batch is 1.5; it must be an integer"),
        ({"rate": float("nan")}, "rate is nan; it must be a finite number, or None"),
        ({"rate": 2}, "rate is 2.0, expected above 0 to 1, or NaN"),
        ({"warm_up_epochs": 9}, "warm_up_epochs is 9"),
        ({"head_dropout": 1}, "head_dropout is 1.0, expected 0 to 0.9, or NaN"),
        ({"seed": -1}, "seed is -1"),
        ({"max_memory": 0}, "max_memory is 0"),
        ({"new_head": "mean"}, "new_head is 'mean'"),
        ({"labels": []}, "label"),
        ({"labels": ["walking", ""]}, r"labels\[1\] is empty"),
        ({"labels": [3]}, "it must hold text"),
        ({"templates": []}, "templates is empty"),
    ],
)
def test_options_that_make_no_sense_are_named(tiny, changes, says):
    with pytest.raises(actionclip.ArgumentError, match=says):
        tiny.tune(**{"labels": LABELS, **QUICK, **changes})


def test_clips_that_make_no_sense_are_named(tiny):
    frames = [np.zeros((9, 9, 3), np.uint8)] * tiny.info.frames
    with tiny.tune(LABELS, **QUICK) as tuner:
        refused = [
            (lambda: tuner.add(frames, "wakling"), "'wakling' is none of the tuner's 3 labels"),
            (lambda: tuner.add(frames, []), "a clip has no label"),
            (lambda: tuner.add(frames, ["walking", "walking"]), "twice"),
            (lambda: tuner.add(frames, "walking", start=1), "start and end are for a video"),
            (lambda: tuner.add(frames[1:], "walking"), "frame_count is 7, not a multiple of the tuner's 8"),
            (lambda: tuner.add(frames, "walking", views=0), "views is 0"),
            (lambda: tuner.add(CLIP, "walking", start=4, end=3), "4"),
            (lambda: tuner.add(colours(tiny, 0, 0), "walking"), "Tuner.add_pixels"),
            (lambda: tuner.add_pixels(colours(tiny, 0, 0)[1:], "walking"), "frame"),
            (lambda: tuner.add_pixels(colours(tiny, 0, 0) * np.nan, "walking"), "NaN"),
            (lambda: tuner.add_text("walking", " "), "empty"),
            (lambda: tuner.add_text("nothing", "a"), "none of the tuner's"),
        ]
        for call, says in refused:
            with pytest.raises(actionclip.ArgumentError, match=says):
                call()
        with pytest.raises(FileNotFoundError):
            tuner.add("/no/such.mp4", "walking")
        with pytest.raises(actionclip.ExamplesError, match="no clip to train on"):
            tuner.info
        tuner.add(frames, "walking")
        with pytest.raises(actionclip.ExamplesError, match="one label"):
            tuner.step()
        tuner.add(frames, "jumping")
        with pytest.raises(actionclip.ExamplesError, match="held out"):
            tuner.eval()
        tuner.info
        with pytest.raises(actionclip.ModelError, match="has its clips"):
            tuner.add(frames, "waving")
        for alpha in (1.5, float("nan"), "half"):
            with pytest.raises(actionclip.ArgumentError, match="alpha"):
                tuner.model(alpha)


def test_a_closed_tuner_says_so_and_none_is_copied(tiny):
    tuner = tuner_of(tiny)
    for attempt in (pickle.dumps, copy.copy):
        with pytest.raises(TypeError, match="cannot be pickled"):
            attempt(tuner)
    assert repr(tuner) == "<actionclip.Tuner 3 labels>" and tuner.labels == LABELS
    tuner.close()
    assert "closed" in repr(tuner)
    for call in (tuner.step, tuner.cancel, tuner.model, lambda: tuner.info, lambda: next(tuner)):
        with pytest.raises(ValueError, match="this tuner is closed"):
            call()


def test_labels_are_the_models_own_unless_given(untrained, tmp_path):
    with actionclip.Model(untrained) as model:
        with pytest.raises(actionclip.ArgumentError):
            model.tune()
        model.save(tmp_path / "named.safetensors", labels=LABELS)
    with actionclip.Model(tmp_path / "named.safetensors") as named, named.tune(**QUICK) as tuner:
        assert tuner.labels == LABELS


def test_networks_that_differ_do_not_mix(tiny):
    with actionclip.Model(ROOT / "models" / "actionclip-shapes.safetensors") as shapes:
        with pytest.raises(actionclip.ModelError, match="different networks"):
            actionclip.mix(tiny, shapes)
