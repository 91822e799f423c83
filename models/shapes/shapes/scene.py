"""One clip's world: who acts, before what, seen how."""
from dataclasses import dataclass, replace

import numpy as np

from . import actions, splits
from .world import COLOURS, SHAPES, background_colours


@dataclass(frozen=True)
class Actor:
    colour: str
    shape: str
    track: object        # times [N] -> x, y, radius, turn, opacity [5, N]
    rgb: np.ndarray


@dataclass(frozen=True)
class Bar:
    """Something straight in front of everything."""
    normal: tuple
    offset: float
    half: float
    rgb: np.ndarray


@dataclass(frozen=True)
class Scene:
    action: str | None
    actors: tuple        # those that act, then bystanders
    acting: int
    background: str
    colours: tuple
    texture_seed: int
    shake: tuple         # rows of amplitude x, y, frequency, phase
    bar: Bar | None
    gain: float
    noise: float         # standard deviation in 8-bit levels
    backwards: bool = False

    def states(self, times):
        """[actors, 5, N] with the camera's shake in x and y, and the camera's own position [2, N]."""
        t = np.asarray(times, float)
        t = 1 - t if self.backwards else t
        camera = np.zeros((2, len(t)))
        for ax, ay, frequency, phase in self.shake:
            angle = 2 * np.pi * frequency * t + phase
            camera += np.stack([ax * np.sin(angle), ay * np.cos(angle)])
        states = np.stack([a.track(t) for a in self.actors])
        states[:, :2] += camera
        return states, camera

    def quiet(self):
        return replace(self, noise=0.0)


def make_actor(colour, shape, track, rng):
    rgb = np.clip(np.array(COLOURS[colour], float) + rng.uniform(-14, 14, 3), 0, 255)
    return Actor(colour, shape, track, rgb)


def standing(x, y, radius, turn):
    def track(t):
        return np.stack([np.full(t.shape, float(v)) for v in (x, y, radius, turn, 1)])
    return track


def bystander(actors, rng):
    """A shape that does nothing, clear of the others' ways; None where there is no room."""
    ways = np.concatenate([a.track(np.linspace(0, 1, 17)) for a in actors], axis=1)
    radius = rng.uniform(0.13, 0.22)
    places = rng.uniform(-0.8, 0.8, (12, 2))
    clear = (np.hypot(places[:, :1] - ways[0], places[:, 1:] - ways[1]) - ways[2]).min(1)
    free = [c for c in COLOURS if c not in [a.colour for a in actors]]
    colour, shape, turn = rng.choice(free), rng.choice(SHAPES), rng.uniform(0, 2 * np.pi)
    if clear.max() < radius + 0.08:
        return None
    return make_actor(colour, shape, standing(*places[clear.argmax()], radius, turn), rng)


def surroundings(backgrounds, rng, hard=True):
    """Variations around the action, as Scene's fields."""
    shake, bar = (), None
    if rng.random() < 0.35 and hard:
        shake = tuple((rng.uniform(0, 0.03), rng.uniform(0, 0.03), rng.uniform(0.7, 3.5), rng.uniform(0, 6.3))
                      for _ in range(2))
    if rng.random() < 0.2 and hard:
        a = rng.uniform(0, np.pi)
        bar = Bar((np.cos(a), np.sin(a)), rng.uniform(-0.7, 0.7), rng.uniform(0.04, 0.09),
                  background_colours(rng)[0])
    return dict(background=str(rng.choice(backgrounds)), colours=background_colours(rng),
                texture_seed=int(rng.integers(2**31)), shake=shake, bar=bar, gain=rng.uniform(0.85, 1.12),
                noise=rng.uniform(0, 9) if rng.random() < 0.6 else 0.0)


def make_scene(split, seed, index, action=None):
    """Clip `index` of a split: the same for the same three numbers. Without `action` one is drawn."""
    rng = splits.generator(split, seed, index)
    _, names, held_out, backgrounds = splits.SPLITS[split]
    drawn = names[rng.integers(len(names))]
    name = drawn if action is None else action
    looks = splits.looks(name, held_out, rng)
    tracks = actions.tracks(name, rng)
    actors = [make_actor(c, s, t, rng) for (c, s), t in zip(looks, tracks)]
    acting = len(actors)
    if acting == 1 and rng.random() < 0.25:
        other = bystander(actors, rng)
        actors += [other] if other else []
    return Scene(action=name, actors=tuple(actors), acting=acting, backwards=name in actions.REVERSED,
                 **surroundings(backgrounds, rng))
