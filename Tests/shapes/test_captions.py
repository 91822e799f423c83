"""Captions: the right words, facts that agree with them, and a tokenizer that is CLIP's."""
import numpy as np
import pytest

pytest.importorskip("torch")  # batches and sizes come from the training code

from shapes import captions, stills
from shapes.actions import ACTIONS, BY_NAME, COMPOUNDS
from shapes.captions import SLOT, agrees, label_caption, scene_caption, scene_facts
from shapes.data import Clips, Stills, sample_captions
from shapes.factors import FACTORS, KINDS, VERBS, factors_of_scene
from shapes.model import Sizes
from shapes.scene import make_scene
from shapes.splits import TRAINED_ACTIONS, UNSEEN_ACTIONS
from shapes.tokenizer import Tokenizer, train_merges, write_merges
from shapes.where import states_of
from shapes.world import COLOURS, SHAPES


def words(text):
    return set(text.lower().replace(",", " ").replace("?", " ").split())


def test_templates_are_prefix_suffix_and_cloze():
    assert len(set(captions.TEMPLATES)) == len(captions.TEMPLATES) >= 30
    kinds = [(not t.startswith("{}"), not t.endswith("{}")) for t in captions.TEMPLATES]
    for kind in ((True, False), (False, True), (True, True)):
        assert kinds.count(kind) >= 4


def test_captions_say_what_the_video_shows():
    rng = np.random.default_rng(0)
    for i in range(2000):
        scene = make_scene("train", 0, i)
        text, said = scene_caption(scene, rng)
        facts = scene_facts(scene)
        assert agrees(said[None], facts[None]).all()
        assert said[SLOT["action"]] == list(BY_NAME).index(scene.action)
        w = words(text)
        acting = scene.actors[: scene.acting]
        assert w & set(COLOURS) <= {a.colour for a in acting}
        for slot, names in (("colour", list(COLOURS)), ("shape", list(SHAPES))):
            stated = {names[said[SLOT[s]]] for s in (slot, slot + "2") if said[SLOT[s]] >= 0}
            assert stated == w & set(names)
        for direction in ("left", "right"):
            assert (direction in w) == (direction in scene.action.split()), (text, scene.action)


def test_opposites_never_share_a_phrase():
    rng = np.random.default_rng(1)
    phrases = {name: {captions.phrase_for(name, (), rng) for _ in range(300)} for name in BY_NAME}
    for a in BY_NAME:
        assert a in phrases[a]
        for b in BY_NAME:
            assert a == b or not phrases[a] & phrases[b], (a, b)
    assert all(len(p) >= 2 for p in phrases.values())


def test_phrases_are_in_order():
    """Rewording keeps the directions, in their order."""
    plain = {"upwards": "up", "downwards": "down"}
    rng = np.random.default_rng(2)
    for name, action in BY_NAME.items():
        if "speeding" in name or "slowing" in name or action.family == "two ways":
            continue
        wanted = [w for w in name.split() if w in ("left", "right", "up", "down")]
        for _ in range(50):
            said = [plain.get(w, w) for w in captions.phrase_for(name, (), rng).split()]
            assert [w for w in said if w in ("left", "right", "up", "down")] == wanted


def test_no_caption_of_training_names_an_unseen_action():
    rng = np.random.default_rng(3)
    unseen = {captions.phrase_for(n, (), rng) for n in UNSEEN_ACTIONS for _ in range(200)}
    for i in range(6000):
        compound = COMPOUNDS[i % len(COMPOUNDS)].name if i % 2 else None
        text = scene_caption(make_scene("train", 0, i, compound), rng)[0]
        assert not any(text == p or text.endswith(" " + p) or
                       text.startswith(p + " ") and not text.startswith(p + " and to the ")  # another way
                       for p in unseen), text


def test_chasing_says_who_chases():
    rng = np.random.default_rng(4)
    for i in range(200):
        scene = make_scene("train", 0, i, "one shape chasing another")
        text, said = scene_caption(scene, rng)
        if said[SLOT["colour"]] >= 0 and said[SLOT["colour2"]] >= 0:
            behind, ahead = scene.actors[:2]
            assert text.index(behind.colour) < text.index(ahead.colour)
            now, then = (scene.states(np.array([t]))[0][:2, :2, 0] for t in (0.5, 0.501))
            assert (then[0] - now[0]) @ (now[1] - now[0]) > 0  # the first goes towards the second


def test_agreement_is_what_is_stated():
    blank = np.full(len(captions.SLOTS), -1, np.int8)
    video, other = blank.copy(), blank.copy()
    video[:3], other[:3] = (4, 1, 2), (4, 3, 2)
    only_action, with_colour = blank.copy(), blank.copy()
    only_action[0] = 4
    with_colour[:2] = (4, 1)
    got = agrees(np.stack([only_action, with_colour]), np.stack([video, other]))
    assert got.tolist() == [[True, True], [True, False]]


def test_stills_say_what_they_show():
    rng = np.random.default_rng(5)
    for i in range(1500):
        scene, facts = stills.make_still(0, i)
        text, said = stills.still_caption(scene, facts, rng)
        assert agrees(said[None], facts[None]).all()
        (x, y, radius, turn, _), *rest = scene.states(np.array([0.5]))[0][..., 0]
        if facts[SLOT["count"]] == 1:
            across, down = facts[SLOT["across"]], facts[SLOT["down"]]
            assert across == (0 if x < -0.26 else 2 if x > 0.26 else 1)
            assert down == (0 if y < -0.26 else 2 if y > 0.26 else 1)
            hand = np.array([np.sin(turn), -np.cos(turn)])  # a quarter turn clockwise points right
            pointing = ("right" if hand[0] > 0 else "left") if abs(hand[0]) > abs(hand[1]) else (
                "up" if hand[1] < 0 else "down")
            if said[SLOT["pointing"]] >= 0:
                assert f"pointing {pointing}" in text
        elif said[SLOT["relation"]] >= 0 and said[SLOT["colour"]] >= 0 and said[SLOT["colour2"]] >= 0:
            first, second = sorted(scene.actors, key=lambda a: text.index(a.colour))
            (ax, ay), (bx, by) = (a.track(np.array([0.5]))[:2, 0] for a in (first, second))
            for word, true in (("left of", ax < bx), ("right of", ax > bx), ("above", ay < by), ("below", ay > by)):
                assert word not in text or true, text


def test_every_batch_has_the_labels_and_its_own_captions_right():
    tokenizer = Tokenizer(train_merges(sample_captions(1000), 400))
    sizes = Sizes(side=32, vocabulary=tokenizer.size)
    for kind, extra in ((Clips, len(TRAINED_ACTIONS)), (Stills, 0)):
        batches = kind(tokenizer, sizes, 16, 10, 0)
        (pixels, tokens, matches, where, shown, *factors), again, other = batches[3], batches[3], batches[4]
        assert (pixels == again[0]).all() and (tokens == again[1]).all() and pixels.tobytes() != other[0].tobytes()
        assert matches.shape == (16, 10 + extra) == (16, len(tokens))
        assert matches[:, :10].diagonal().all()
        assert where.shape == (16, sizes.frames if extra else 1, 2, 8) and (where == again[3]).all()
        if extra:
            assert (matches[:, 10:].sum(1) == 1).all()
            # Where a video's factors are told, those of a text that is true of it are the same.
            video, text = (np.asarray(f) for f in factors)
            assert (video[:, -1] == FACTORS[shown][:, -1]).all()
            for i, j in zip(*np.nonzero(matches)):
                both = (video[i] >= 0) & (text[j] >= 0)
                assert both.sum() >= 4 and (video[i] == text[j])[both].all()


def test_compound_actions_have_their_share_and_their_texts():
    tokenizer = Tokenizer(train_merges(sample_captions(1000), 400))
    batches = Clips(tokenizer, Sizes(side=32, vocabulary=tokenizer.size), 64, 8, 0, compounds=0.5)
    pixels, tokens, matches, _, shown, *_ = batches[0]
    assert 20 < (shown >= len(ACTIONS)).sum() < 44
    assert len(tokens) == 8 + len(TRAINED_ACTIONS) + 24 and matches.shape == (64, len(tokens))
    few = Clips(tokenizer, Sizes(side=32, vocabulary=tokenizer.size), 64, 8, 0, shots=2, compounds=0.5)
    assert (few[0][4] < len(ACTIONS)).all()


def test_factors_are_what_the_scene_does():
    """Where the law of an action says which way, its tracks go that way, in each half."""
    names = list(BY_NAME)
    for k, name in enumerate(names):
        action = BY_NAME[name]
        assert (FACTORS[k][-2] == action.shapes - 1) and (action.family == "two ways" or VERBS[FACTORS[k][-1]] in name)
        for i in range(3):
            scene = make_scene("train", 4, i, name)
            factors = factors_of_scene(scene)
            told = FACTORS[k] >= 0
            assert (factors == FACTORS[k])[told].all()
            # From a little after the start of each half to a little before its end: turns come about half-time.
            states, camera = scene.states(np.array([0, 0.35, 0.65, 1]))
            for track in states[: scene.acting]:
                track[:2] -= camera
                steps = track[[0, 1, 2, 3]][:, [1, 3]] - track[[0, 1, 2, 3]][:, [0, 2]]
                for half in range(2):
                    for kind in range(len(KINDS)):
                        factor = factors[half * len(KINDS) + kind]
                        if factor >= 0 and factor != 1:
                            assert np.sign(steps[kind, half]) == factor - 1, (name, KINDS[kind], half)


def test_what_a_frame_shows_is_told_in_the_order_of_colours():
    times = np.array([0.1, 0.9])
    for i in range(40):
        scene = make_scene("train", 3, i)
        told, (states, _) = states_of(scene, times), scene.states(times)
        for t in range(2):
            seen = [k for k in range(len(scene.actors)) if states[k, 4, t] > 0.3]
            if len(seen) > 2:
                assert not told[t].any()
                continue
            assert told[t, :, -1].sum() == len(seen)
            colours = [list(COLOURS)[int(row[6])] for row in told[t, : len(seen)]]
            assert colours == sorted((scene.actors[k].colour for k in seen), key=list(COLOURS).index)
            for row, colour in zip(told[t], colours):
                x, y, radius, turn, _ = next(s[:, t] for a, s in zip(scene.actors, states) if a.colour == colour)
                assert np.allclose(row[:5], (2 * x, 2 * y, 2 * np.log(radius / 0.26), np.cos(turn), np.sin(turn)))


def test_tokens_are_the_library_s(actionclip, tmp_path):
    rng = np.random.default_rng(6)
    merges = train_merges(sample_captions(1000), 300)
    write_merges(tmp_path / "merges.txt", merges)
    ours = Tokenizer(merges)
    with actionclip.Tokenizer(tmp_path / "merges.txt") as theirs:
        for i in range(300):
            text = scene_caption(make_scene("train", 0, i), rng)[0]
            assert ours.encode(text) == theirs.encode(text)
        for text in ("Look, it's a zebra!", "3 of them (really)", ""):
            assert ours.encode(text) == theirs.encode(text)


def test_reverse_labels_exist():
    assert all(a.reverse is None or BY_NAME[a.reverse].reverse == a.name for a in BY_NAME.values())
    assert label_caption("growing", np.random.default_rng(0))[1][SLOT["action"]] >= 0


def test_few_clips_come_again_and_bare_labels_stay_as_they_are():
    tokenizer = Tokenizer(train_merges(sample_captions(1000), 400))
    sizes = Sizes(side=32, vocabulary=tokenizer.size)
    count = len(TRAINED_ACTIONS)
    few = Clips(tokenizer, sizes, count, 0, 5, shots=2, bare=True)
    scenes = [few.scene_of_few(i) for i in range(4 * count)]
    look = lambda s: (s.action, s.texture_seed)
    first, second = ({look(s) for s in part} for part in (scenes[: 2 * count], scenes[2 * count :]))
    assert first == second and len(first) == 2 * count
    assert [look(s) for s in scenes[: 2 * count]] != [look(s) for s in scenes[2 * count :]]
    assert all(sum(s.action == a for s in scenes[: 2 * count]) == 2 for a in TRAINED_ACTIONS)
    pixels, tokens, matches, *_ = few[0]
    assert (tokens == tokenizer.rows(TRAINED_ACTIONS, sizes.context)).all()
    assert (matches.sum(1) == 1).all()
