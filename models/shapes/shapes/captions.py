"""Words for what is seen: phrases for actions and still pictures, and the templates around them.

A caption comes with its facts, a row of small integers (-1: not said). A caption is true of a picture or video
when every fact it states is a fact of that too: that is how several captions of a batch can be right at once.
"""
import numpy as np

from .actions import BY_NAME, said
from .world import BACKGROUNDS, COLOURS, SHAPES

# The reference's own sixteen, then others; prefix, suffix and cloze.
REFERENCE_TEMPLATES = (
    "a photo of action {}", "a picture of action {}", "Human action of {}", "{}, an action",
    "{} this is an action", "{}, a video of action", "Playing action of {}", "{}", "Playing a kind of action, {}",
    "Doing a kind of action, {}", "Look, the human is {}", "Can you recognize the action of {}?",
    "Video classification of {}", "A video of {}", "The man is {}", "The woman is {}")
TEMPLATES = REFERENCE_TEMPLATES + (
    "a clip of {}", "a short video of {}", "this video shows {}", "here we see {}", "footage of {}",
    "an animation of {}", "watch {}", "the action is {}", "what happens: {}", "a recording of {}",
    "{}, a short clip", "{} in a video", "{} is what happens", "{}, as seen in this clip", "{} on the screen",
    "in this clip there is {} to be seen", "the video with {} in it", "can you see {} here?",
    "an example of {}, filmed", "I see {} in this video")
STILL_TEMPLATES = ("{}", "a picture of {}", "a photo of {}", "an image of {}", "this picture shows {}",
                   "here we see {}", "{} in a picture", "{}, a photo", "there is {} to be seen", "one can see {}",
                   "a frame of a video with {}", "look, {}")

SLOTS = ("action", "colour", "shape", "colour2", "shape2", "count", "across", "down", "size", "pointing",
         "relation", "gap", "background")
SLOT = {name: i for i, name in enumerate(SLOTS)}
_COLOUR = {c: i for i, c in enumerate(COLOURS)}
_SHAPE = {s: i for i, s in enumerate(SHAPES)}
_ACTION = {name: i for i, name in enumerate(BY_NAME)}

# In a phrase, what may stand instead; the label's own words are the most frequent.
_OTHER_WORDS = (
    ("counterclockwise", ("counterclockwise", "anticlockwise")),
    ("moving apart", ("moving apart", "moving away from each other", "separating")),
    ("starting to move midway", ("starting to move midway", "waiting and then moving")),
    ("stopping midway", ("stopping midway", "moving and then stopping")),
    ("speeding up", ("speeding up", "accelerating", "moving faster and faster")),
    ("slowing down", ("slowing down", "moving slower and slower")),
    ("approaching each other", ("approaching each other", "coming closer together")),
    ("swapping places", ("swapping places", "trading places")),
    ("colliding", ("colliding", "bumping into each other")),
    ("staying still", ("staying still", "not moving")),
    ("moving", ("moving", "going", "travelling")),
    ("growing", ("growing", "getting bigger")),
    ("shrinking", ("shrinking", "getting smaller")),
    ("spinning", ("spinning", "rotating", "turning")),
    ("circling", ("circling", "orbiting")),
    ("disappearing", ("disappearing", "fading out", "vanishing")),
    ("appearing", ("appearing", "fading in")),
    ("bouncing", ("bouncing", "hopping")),
    ("blinking", ("blinking", "flashing")),
    ("chasing", ("chasing", "following")),
    (" left", (" left", " to the left")), (" right", (" right", " to the right")),
    (" up", (" up", " upwards")), (" down", (" down", " downwards")),
    ("two shapes", ("two shapes", "two objects", "both shapes")),
)


def _reword(phrase, rng):
    """Often the phrase as it is, else with other words for some of its own."""
    if rng.random() < 0.55:
        return phrase
    subjects, at_once, change = phrase.partition(" while ")
    if at_once and rng.random() < 0.4:  # the same two things, the other first
        both, moving, way = subjects.rpartition("moving ")
        phrase = f"{both}{change} while {moving}{way}"
    for words, choices in _OTHER_WORDS:
        if f" {words.strip()} " not in f" {phrase} ":
            continue
        if words.startswith(" ") and ("ing" + words in phrase and phrase[:5] in ("speed", "slowi")
                                      or f"to the{words}" in phrase):
            continue  # "speeding upwards" and "to the to the left"
        phrase = phrase.replace(words, choices[rng.integers(len(choices))], 1)
    return phrase


def _a(words):
    return ("an " if words[0] in "aeiou" else "a ") + words


def _look(facts, second, rng, all_of_it):
    """"a red star", or only "a star" or "a red shape"; states what it says in `facts`."""
    actor, (colour, shape) = second[0], second[1]
    say = 0 if all_of_it else rng.integers(3)
    if say != 2:
        facts[SLOT[colour]] = _COLOUR[actor.colour]
    if say != 1:
        facts[SLOT[shape]] = _SHAPE[actor.shape]
    return _a(" ".join(([actor.colour] if say != 2 else []) + [actor.shape if say != 1 else "shape"]))


def _ordered(scene):
    """The shapes that act, in the order their facts are written: two alike in the action go by colour."""
    acting = scene.actors[: scene.acting]
    if len(acting) == 2 and BY_NAME[scene.action].family not in ("chase", "two ways"):
        acting = sorted(acting, key=lambda a: _COLOUR[a.colour])
    return acting


def scene_facts(scene):
    facts = np.full(len(SLOTS), -1, np.int16)
    facts[SLOT["action"]] = _ACTION[scene.action]
    for actor, (c, s) in zip(_ordered(scene), (("colour", "shape"), ("colour2", "shape2"))):
        facts[SLOT[c]], facts[SLOT[s]] = _COLOUR[actor.colour], _SHAPE[actor.shape]
    return facts


def phrase_for(name, subjects, rng):
    """The action's words with its subjects' in them; no subjects: the label alone."""
    if name == "one shape chasing another":
        return _reword("{} chasing {}".format(*subjects) if subjects else name, rng)
    if BY_NAME[name].family == "two ways":
        both = list(zip(subjects or ("one shape", "another"), BY_NAME[name].detail))
        if rng.random() < 0.5:
            both.reverse()
            both = both if subjects else [("one shape", both[0][1]), ("another", both[1][1])]
        return " and ".join(f"{who} {_reword(said(part), rng)}" for who, part in both)
    words = _reword(name, rng)
    if not subjects:
        if BY_NAME[name].shapes == 1 and rng.random() < 0.15:
            return ("a shape ", "an object ", "something ")[rng.integers(3)] + words
        return words
    if len(subjects) == 2:
        for both in ("two shapes ", "two objects ", "both shapes "):
            words = words.removeprefix(both)
        return f"{subjects[0]} and {subjects[1]} {words}"
    return f"{subjects[0]} {words}"


def label_itself(name):
    """-> (text, facts): the label and nothing else."""
    facts = np.full(len(SLOTS), -1, np.int16)
    facts[SLOT["action"]] = _ACTION[name]
    return name, facts


def label_caption(name, rng):
    """-> (text, facts): the action alone in some template."""
    return TEMPLATES[rng.integers(len(TEMPLATES))].format(phrase_for(name, (), rng)), label_itself(name)[1]


def scene_caption(scene, rng):
    """-> (text, facts) of a video: half of them say who acts."""
    if rng.random() < 0.5:
        return label_caption(scene.action, rng)
    facts = np.full(len(SLOTS), -1, np.int16)
    facts[SLOT["action"]] = _ACTION[scene.action]
    slots = (("colour", "shape"), ("colour2", "shape2"))
    all_of_it = rng.random() < 0.6
    subjects = [_look(facts, pair, rng, all_of_it) for pair in zip(_ordered(scene), slots)]
    template = TEMPLATES[rng.integers(len(TEMPLATES))]
    return template.format(phrase_for(scene.action, subjects, rng)), facts


def agrees(captions, pictures):
    """[N, slots] and [M, slots] -> bool [M, N]: which captions are true of which pictures."""
    said = captions[None] >= 0
    return ((captions[None] == pictures[:, None]) | ~said).all(-1)


BACKGROUND_WORDS = {"plain": "plain", "gradient": "shaded", "stripes": "striped", "clouds": "cloudy",
                    "dots": "dotted"}
BACKGROUND_INDEX = {b: i for i, b in enumerate(BACKGROUNDS)}
