"""The actions, each a law of motion.

A track maps times in [0, 1] to the state [5, N] of one shape: x, y, radius, turn (radians, clockwise on the
screen), opacity. Half of the actions are defined as another's exact time reversal, so that nothing but the
order of frames can tell the two apart.
"""
from dataclasses import dataclass

import numpy as np

DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
OPPOSITE = {"left": "right", "right": "left", "up": "down", "down": "up",
            "growing": "shrinking", "shrinking": "growing",
            "spinning clockwise": "spinning counterclockwise",
            "spinning counterclockwise": "spinning clockwise",
            "drifting": "drifting", "bouncing": "bouncing", "blinking": "blinking"}
CHANGES = ("growing", "shrinking", "spinning clockwise", "spinning counterclockwise")


@dataclass(frozen=True)
class Action:
    name: str            # the label: what a user would write
    family: str
    shapes: int          # how many shapes act
    reverse: str | None  # the action that is this one played backwards, if another or itself
    detail: tuple = ()


def _all_actions():
    make = []
    add = lambda *a: make.append(Action(*a))
    for d in DIRECTIONS:
        add(f"moving {d}", "move", 1, f"moving {OPPOSITE[d]}", (d,))
    for v in ("up", "down"):
        for h in ("left", "right"):
            add(f"moving {v} and to the {h}", "diagonal", 1,
                f"moving {OPPOSITE[v]} and to the {OPPOSITE[h]}", (v, h))
    for first in DIRECTIONS:
        for then in DIRECTIONS:
            if (first in ("left", "right")) != (then in ("left", "right")):
                add(f"moving {first} then {then}", "turn", 1,
                    f"moving {OPPOSITE[then]} then {OPPOSITE[first]}", (first, then))
    for c in CHANGES:
        add(c, "change", 1, OPPOSITE[c], (c,))
    for d in DIRECTIONS:
        for c in CHANGES:
            add(f"moving {d} while {c}", "both", 1, f"moving {OPPOSITE[d]} while {OPPOSITE[c]}", (d, c))
    for a, b in (("circling clockwise", "circling counterclockwise"), ("appearing", "disappearing"),
                 ("starting to move midway", "stopping midway"), ("speeding up", "slowing down")):
        add(a, a, 1, b)
        add(b, a, 1, a)
    for a in ("bouncing", "blinking", "staying still"):
        add(a, a, 1, a)
    add("two shapes approaching each other", "approach", 2, "two shapes moving apart")
    add("two shapes moving apart", "approach", 2, "two shapes approaching each other")
    add("two shapes swapping places", "swap", 2, "two shapes swapping places")
    add("two shapes colliding", "collide", 2, "two shapes colliding")
    add("one shape chasing another", "chase", 2, None)
    for d in DIRECTIONS:
        add(f"two shapes moving {d}", "two move", 2, f"two shapes moving {OPPOSITE[d]}", (d,))
    for c in CHANGES:
        add(f"two shapes {c}", "two change", 2, f"two shapes {OPPOSITE[c]}", (c,))
    for a in ("bouncing", "blinking"):
        add(f"two shapes {a}", f"two {a}", 2, f"two shapes {a}")
    return tuple(make)


def _compound_actions():
    """Two things at once or one after the other, in combinations that are no label. Words that stand together in
    few ways only are learned by heart, whole labels at a time; in many, each has to mean what it says."""
    make = []
    for v, h in (("up", "left"), ("down", "right")):
        for c in CHANGES:
            make.append(Action(f"moving {v} and to the {h} while {c}", "diagonal both", 1,
                               f"moving {OPPOSITE[v]} and to the {OPPOSITE[h]} while {OPPOSITE[c]}", (v, h, c)))
    for d in DIRECTIONS:
        for c in CHANGES:
            for first, then in ((d, c), (c, d)):
                make.append(_sequence(first, then))
    for first in CHANGES:
        make.extend(_sequence(first, then) for then in CHANGES if then != first)
    for d, c in (("left", "shrinking"), ("left", "spinning clockwise"), ("up", "growing"), ("up", "shrinking"),
                 ("down", "growing"), ("down", "shrinking"), ("down", "spinning clockwise")):
        make.append(Action(f"two shapes moving {d} while {c}", "two both", 2, None, (d, c)))
    for c in CHANGES:
        make.append(Action(f"drifting while {c}", "drift both", 1, f"drifting while {OPPOSITE[c]}", ("drifting", c)))
        make += (_sequence("drifting", c), _sequence(c, "drifting"))
    parts = (*DIRECTIONS, *CHANGES, "bouncing", "blinking")
    for i, one in enumerate(parts):
        for other in parts[i + 1 :]:
            if OPPOSITE[one] != other or one in CHANGES:  # else that is approaching, or moving apart
                name = f"one shape {said(one)} and another {said(other)}"
                make.append(Action(name, "two ways", 2, None, (one, other)))
    return tuple(make)


def said(part):
    return f"moving {part}" if part in DIRECTIONS else part


def _sequence(first, then):
    return Action(f"{said(first)} then {said(then)}", "sequence", 1,
                  f"{said(OPPOSITE[then])} then {said(OPPOSITE[first])}", (first, then))


ACTIONS = _all_actions()           # the labels
COMPOUNDS = _compound_actions()    # for training only
# How often each is shown: the few that drift, or have a verb beside them, stand against many others.
COMPOUND_WEIGHTS = np.array([3.0 if {"drifting", "bouncing", "blinking"} & set(a.detail) else 1.0 for a in COMPOUNDS])
COMPOUND_WEIGHTS /= COMPOUND_WEIGHTS.sum()
BY_NAME = {a.name: a for a in ACTIONS + COMPOUNDS}


def order_pairs():
    """Pairs of labels that only the order of frames tells apart."""
    return [(a.name, a.reverse) for a in ACTIONS if a.reverse and a.name < a.reverse]


def _state(t, x, y, radius, turn, opacity=1.0):
    return np.stack([np.broadcast_to(np.asarray(v, float), t.shape) for v in (x, y, radius, turn, opacity)])


def _radius(rng, low=0.17, high=0.34):
    return rng.uniform(low, high)


def _turn(rng):
    return rng.uniform(0, 2 * np.pi)


def _path(rng, direction, distance, radius):
    """A start and an end, `distance` apart along `direction`, anywhere they fit."""
    d = np.asarray(direction, float) / np.hypot(*direction) * distance
    room = np.maximum(0.95 - radius - abs(d) / 2, 0.05)
    centre = rng.uniform(-room, room)
    return centre - d / 2, centre + d / 2


def _wobble(rng, degrees):
    """A small turn of a direction, so that "left" is not one line of pixels."""
    a = np.radians(rng.uniform(-degrees, degrees))
    return lambda d: (d[0] * np.cos(a) - d[1] * np.sin(a), d[0] * np.sin(a) + d[1] * np.cos(a))


def _line(rng, direction, law, low=0.55, high=1.25, radius=None):
    radius, turn = radius or _radius(rng), _turn(rng)
    a, b = _path(rng, _wobble(rng, 8)(direction), rng.uniform(low, high), radius)
    return lambda t: _state(t, *(a[:, None] + (b - a)[:, None] * law(t)), radius, turn)


def _any_direction(rng):
    a = _turn(rng)
    return np.cos(a), np.sin(a)


def _radii(rng):
    small = rng.uniform(0.13, 0.2)
    return small, min(small * rng.uniform(1.8, 2.7), 0.46)


def _change(rng, change, x=0.0, y=0.0, spread=0.5):
    """A change of size or turn at a place."""
    if change in ("shrinking", "spinning counterclockwise"):
        forwards = _change(rng, OPPOSITE[change], x, y, spread)
        return lambda t: forwards(1 - t)
    x, y, turn = x + rng.uniform(-spread, spread), y + rng.uniform(-spread, spread), _turn(rng)
    if change == "growing":
        a, b = _radii(rng)
        return lambda t: _state(t, x, y, a + (b - a) * t, turn)
    radius, angle = _radius(rng, 0.24, 0.42), np.radians(rng.uniform(170, 400))
    return lambda t: _state(t, x, y, radius, turn + angle * t)


def _bounce(rng, x=None):
    radius, turn = _radius(rng, 0.16, 0.28), _turn(rng)
    x = rng.uniform(-0.6, 0.6) if x is None else x
    height, floor = rng.uniform(0.5, 0.9), rng.uniform(0.4, 0.7)
    hops, phase = rng.uniform(1.7, 2.6), rng.uniform(0, np.pi)
    return lambda t: _state(t, x, floor - height * abs(np.sin(np.pi * hops * t + phase)), radius, turn)


def _blink(rng, x=None, y=None):
    radius, turn = _radius(rng, 0.2, 0.36), _turn(rng)
    x = rng.uniform(-0.55, 0.55) if x is None else x
    y = rng.uniform(-0.55, 0.55) if y is None else y
    # The eight frames in use are 1/8 apart: two to three of them in the light, then as many in the dark.
    rate, phase = rng.uniform(1.6, 2.4), rng.uniform(0, 1)
    return lambda t: _state(t, x, y, radius, turn, ((rate * t + phase) % 1 < 0.55).astype(float))


def _two_places(rng, across=None):
    """Two points apart enough, the line between them across a direction if one is given."""
    if across is None:
        a = _turn(rng)
    else:
        a = np.arctan2(across[1], across[0]) + np.pi / 2 + rng.uniform(-0.45, 0.45)
    gap = rng.uniform(0.42, 0.52)
    d = np.array([np.cos(a), np.sin(a)]) * gap
    centre = rng.uniform(-0.08, 0.08, 2)
    return centre - d, centre + d


def _plan(action, rng):
    """-> tracks of the shapes that act, for an action that has a law of its own."""
    f, detail = action.family, action.detail
    even = lambda t: t
    if f == "move":
        return [_line(rng, DIRECTIONS[detail[0]], even)]
    if f == "diagonal":
        return [_line(rng, np.add(DIRECTIONS[detail[0]], DIRECTIONS[detail[1]]), even, 0.65, 1.4)]
    if f == "turn":
        radius, turn = _radius(rng, 0.16, 0.3), _turn(rng)
        d1, d2 = (np.array(DIRECTIONS[d]) * rng.uniform(0.5, 1.0) for d in detail)
        corner = rng.uniform(0.4, 0.6)
        room = np.maximum(0.95 - radius - abs(d1 + d2) / 2, 0.05)
        start = rng.uniform(-room, room) - (d1 + d2) / 2
        def law(t):
            a, b = np.minimum(t / corner, 1), np.maximum((t - corner) / (1 - corner), 0)
            return _state(t, *(start[:, None] + d1[:, None] * a + d2[:, None] * b), radius, turn)
        return [law]
    if f == "change":
        return [_change(rng, detail[0])]
    if f in ("both", "diagonal both", "drift both"):
        way = _drift(rng) if f == "drift both" else np.sum([DIRECTIONS[d] for d in detail[:-1]], 0)
        move = _line(rng, way, even, *((0.55, 1.1) if f == "both" else (0.65, 1.2)), radius=0.3)
        change = _change(rng, detail[-1])
        def law(t):
            s = move(t)
            s[2:] = change(t)[2:]
            return s
        return [law]
    if f == "sequence":
        return [_sequence_law(detail, rng)]
    if f == "circling clockwise":
        radius, turn, start = _radius(rng, 0.16, 0.28), _turn(rng), _turn(rng)
        reach, angle = rng.uniform(0.4, 0.58), np.radians(rng.uniform(270, 430))
        cx, cy = rng.uniform(-0.12, 0.12, 2)
        def law(t):
            a = start + angle * t
            return _state(t, cx + reach * np.cos(a), cy + reach * np.sin(a), radius, turn)
        return [law]
    if f == "appearing":
        x, y, radius, turn = *rng.uniform(-0.55, 0.55, 2), _radius(rng, 0.2, 0.38), _turn(rng)
        begin, takes = rng.uniform(0.2, 0.55), rng.uniform(0.05, 0.3)
        return [lambda t: _state(t, x, y, radius, turn, np.clip((t - begin) / takes, 0, 1))]
    if f == "starting to move midway":
        begin = rng.uniform(0.4, 0.6)
        return [_line(rng, _any_direction(rng), lambda t: np.maximum(t - begin, 0) / (1 - begin), 0.6, 1.2)]
    if f == "speeding up":
        power = rng.uniform(2.0, 2.5)
        return [_line(rng, _any_direction(rng), lambda t: t**power, 1.0, 1.5, radius=_radius(rng, 0.15, 0.26))]
    if f == "bouncing":
        return [_bounce(rng)]
    if f == "blinking":
        return [_blink(rng)]
    if f == "staying still":
        x, y, radius, turn = *rng.uniform(-0.6, 0.6, 2), _radius(rng), _turn(rng)
        return [lambda t: _state(t, x, y, radius, turn)]
    if f in ("approach", "collide", "swap"):
        return _meeting(f, rng)
    if f == "chase":
        return _chase(rng)
    if f in ("two move", "two both"):
        d = DIRECTIONS[detail[0]]
        step = np.array(_wobble(rng, 8)(d)) * rng.uniform(0.5, 1.0)
        tracks = []
        for place in _two_places(rng, across=d):
            start = place - step / 2
            if f == "two both":
                look = _change(rng, detail[1])
            else:
                radius, turn = _radius(rng, 0.17, 0.28), _turn(rng)
                look = lambda t, r=radius, u=turn: _state(t, 0, 0, r, u)
            tracks.append(lambda t, s=start, look=look:
                          np.concatenate([s[:, None] + step[:, None] * t, look(t)[2:]]))
        return tracks
    if f == "two ways":
        places = _two_places(rng)
        return [_part(rng, part, place) for part, place in zip(detail, (places, places[::-1])[rng.integers(2)])]
    if f == "two change":
        return [_change(rng, detail[0], *place, spread=0.06) for place in _two_places(rng)]
    if f == "two bouncing":
        return [_bounce(rng, x + rng.uniform(-0.1, 0.1)) for x in (-0.45, 0.45)]
    if f == "two blinking":
        return [_blink(rng, *place) for place in _two_places(rng)]
    raise ValueError(f)


def _drift(rng):
    """Up and to the right or down and to the left, between the straight ways."""
    a = np.radians(rng.uniform(25, 65)) + np.pi * rng.integers(2)
    return np.cos(a), -np.sin(a)


def _part(rng, part, place):
    """A way, a change or a verb by itself, about a place."""
    if part == "bouncing":
        return _bounce(rng, place[0])
    if part == "blinking":
        return _blink(rng, *place)
    if part in CHANGES:
        return _change(rng, part, *place, spread=0.06)
    radius, turn = _radius(rng, 0.17, 0.28), _turn(rng)
    step = np.array(_wobble(rng, 8)(DIRECTIONS[part])) * rng.uniform(0.4, 0.7)
    return lambda t: _state(t, *(place[:, None] + step[:, None] * (t - 0.5)), radius, turn)


def _sequence_law(detail, rng):
    """One part until about half-time, then the other: a way, a change of size, or a spin each."""
    corner = rng.uniform(0.4, 0.6)
    small, big = _radii(rng)
    sizes = [c for c in detail if c in ("growing", "shrinking")]
    radius, turn = (small if sizes[0] == "growing" else big) if sizes else _radius(rng, 0.18, 0.32), _turn(rng)
    ways = [_drift(rng) if d == "drifting" else DIRECTIONS.get(d, (0, 0)) for d in detail]
    steps = [np.array(way) * rng.uniform(0.5, 1.0) for way in ways]
    angle = np.radians(rng.uniform(130, 260))
    room = np.maximum(0.95 - max(radius, big if sizes else 0) - abs(sum(steps)) / 2, 0.05)
    start = rng.uniform(-room, room) - sum(steps) / 2
    def law(t):
        s = _state(t, *start[:, None], radius, turn).copy()
        for part, step, done in zip(detail, steps, (np.minimum(t / corner, 1),
                                                    np.maximum((t - corner) / (1 - corner), 0))):
            s[:2] += step[:, None] * done
            if part in ("growing", "shrinking"):
                s[2] += (big - small) * done * (1 if part == "growing" else -1)
            elif part in CHANGES:
                s[3] += angle * done * (1 if part == "spinning clockwise" else -1)
        return s
    return law


def _meeting(kind, rng):
    radii = [_radius(rng, 0.16, 0.26) for _ in range(2)]
    turns = [_turn(rng) for _ in range(2)]
    a = _turn(rng)
    d = np.array([np.cos(a), np.sin(a)])
    across = np.array([-d[1], d[0]])
    near, far = sum(radii) / 2 * rng.uniform(1.0, 1.15), rng.uniform(0.55, 0.72)
    centre = rng.uniform(-0.1, 0.1, 2)
    hit = rng.uniform(0.42, 0.58)
    aside = near * rng.choice([-1, 1])
    def track(side, radius, turn):
        def law(t):
            off = np.zeros_like(t)
            if kind == "approach":
                reach = far + (near - far) * t
            elif kind == "collide":
                reach = near + (far - near) * np.where(t < hit, 1 - t / hit, (t - hit) / (1 - hit))
            else:  # past each other, each giving way to the same hand
                reach = far * np.cos(np.pi * t)
                off = aside * np.sin(np.pi * t)
            p = centre[:, None] + side * (d[:, None] * reach + across[:, None] * off)
            return _state(t, *p, radius, turn)
        return law
    return [track(s, r, u) for s, r, u in zip((-1, 1), radii, turns)]


def _chase(rng):
    """Two on one curve, one behind the other, the gap constant; the first track is the one behind."""
    radii = [_radius(rng, 0.15, 0.23) for _ in range(2)]
    turns = [_turn(rng) for _ in range(2)]
    reach, sense, start = rng.uniform(0.5, 0.62), rng.choice([-1, 1]), _turn(rng)
    angle, gap = rng.uniform(2.6, 4.6), rng.uniform(0.95, 1.2)
    squeeze, tilt = rng.uniform(0.75, 1), _turn(rng)
    def track(lead, radius, turn):
        def law(t):
            a = start + sense * (angle * t + lead)
            u, v = reach * np.cos(a), squeeze * reach * np.sin(a)
            return _state(t, u * np.cos(tilt) - v * np.sin(tilt), u * np.sin(tilt) + v * np.cos(tilt),
                          radius, turn)
        return law
    return [track(lead, r, u) for lead, r, u in zip((0, gap), radii, turns)]


def _reversed_names():
    """The later one of each pair of opposites is the other one played backwards."""
    order = {name: i for i, name in enumerate(BY_NAME)}
    return frozenset(a.name for a in BY_NAME.values() if a.reverse and order[a.reverse] < order[a.name])


REVERSED = _reversed_names()


def tracks(name, rng):
    """-> one track for each shape that acts, the world's random choices made. For an action in REVERSED they
    are those of its opposite; the scene plays them, and everything else that moves, backwards."""
    action = BY_NAME[name]
    return _plan(BY_NAME[action.reverse] if name in REVERSED else action, rng)
