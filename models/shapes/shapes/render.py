"""Scenes to pixels, with numpy: a table lookup for each pixel near a shape, edges one pixel soft."""
import numpy as np

from .world import BODY, FULL_VIEW, HAND, REACH, SHAPES, TABLE, texture

CROP_VIEW = 1.0
HAND_LEVEL = np.float32(14)  # dark on every colour


def _axis(side, view, pad=0):
    return (np.arange(-pad, side + pad) + 0.5) / side * 2 * view - view


def _background(scene, side, view, camera):
    """[N, side, side, 3]; drawn once, then moved with the camera by fractions of a pixel."""
    moving = bool(scene.shake)
    pad = int(np.ceil(0.08 * side / (2 * view))) + 1 if moving else 0
    axis = _axis(side, view, pad).astype(np.float32)
    y, x = np.meshgrid(axis, axis, indexing="ij")
    mix = texture(scene.background, x, y, np.random.default_rng(scene.texture_seed)).astype(np.float32)
    first, second = (np.asarray(c, np.float32) for c in scene.colours)
    still = first + (second - first) * mix[..., None]
    count = camera.shape[1]
    frames = np.empty((count, side, side, 3), np.float32)
    if not moving:
        frames[:] = still
        return frames
    shift = np.clip(pad - camera * side / (2 * view), 0, 2 * pad - 1e-3)
    whole = shift.astype(int)
    part = shift - whole
    for i in range(count):
        (ix, iy), (fx, fy) = whole[:, i], part[:, i].astype(np.float32)
        rows = still[iy : iy + side] * (1 - fy) + still[iy + 1 : iy + 1 + side] * fy
        frames[i] = rows[:, ix : ix + side] * (1 - fx) + rows[:, ix + 1 : ix + 1 + side] * fx
    return frames


def _draw(frame, axis, scale, actor, state):
    """One shape into one frame; scale is pixels per world unit."""
    x, y, radius, turn, opacity = state
    if opacity <= 0:
        return
    reach = radius * REACH * 0.97
    x0, x1 = np.searchsorted(axis, (x - reach, x + reach))
    y0, y1 = np.searchsorted(axis, (y - reach, y + reach))
    if x0 >= x1 or y0 >= y1:
        return
    to_cell = TABLE / (2 * REACH)
    c, s = np.cos(turn) / radius * to_cell, np.sin(turn) / radius * to_cell
    px, py = axis[x0:x1] - x, axis[y0:y1] - y
    u = (px * c)[None, :] + (py * s)[:, None] + TABLE / 2
    v = (py * c)[:, None] - (px * s)[None, :] + TABLE / 2
    cell = np.clip(v, 0, TABLE - 1).astype(np.int32) * TABLE + np.clip(u, 0, TABLE - 1).astype(np.int32)
    soft = np.float32(radius * scale)
    body = np.clip(0.5 - BODY[SHAPES.index(actor.shape)].ravel()[cell] * soft, 0, opacity)[..., None]
    hand = np.clip(0.5 - HAND.ravel()[cell] * soft, 0, opacity)[..., None]
    part = frame[y0:y1, x0:x1]
    part += (actor.rgb.astype(np.float32) - part) * body
    part += (HAND_LEVEL - part) * hand


def render(scene, times, side, view=CROP_VIEW, rng=None):
    """-> uint8 [N, side, side, 3], RGB. view is half the side shown, in world units. Noise comes from rng,
    without which there is none."""
    states, camera = scene.states(times)
    axis = _axis(side, view).astype(np.float32)
    scale = side / (2 * view)
    frames = _background(scene, side, view, camera)
    # Bystanders are behind those that act.
    for actor, track in reversed(list(zip(scene.actors, states))):
        for frame, state in zip(frames, track.T):
            _draw(frame, axis, scale, actor, state)
    if scene.bar:
        b = scene.bar
        distance = abs(axis[None, :] * b.normal[0] + axis[:, None] * b.normal[1] - b.offset) - b.half
        cover = np.clip(0.5 - distance * scale, 0, 1).astype(np.float32)[..., None]
        frames += (b.rgb.astype(np.float32) - frames) * cover
    frames *= np.float32(scene.gain)
    if scene.noise and rng is not None:
        frames += rng.standard_normal(frames.shape, np.float32) * np.float32(scene.noise)
    return np.clip(frames + 0.5, 0, 255).astype(np.uint8)


def training_times(count, rng):
    """One time in each of `count` equal parts, in distribution the same forwards and backwards."""
    return (np.arange(count) + 0.5 + rng.uniform(-0.2, 0.2) + rng.uniform(-0.15, 0.15, count)) / count


def middle_times(count):
    return (np.arange(count) + 0.5) / count


def training_clip(scene, frames, side, rng):
    """A video as the reference's preprocessing leaves it, made directly: no file, no resize.
    -> (frames, their times)"""
    times = training_times(frames, rng)
    return render(scene, times, side, CROP_VIEW * rng.uniform(0.97, 1.05), rng), times


def video_frames(scene, count, side, rng):
    """Every frame of a whole video."""
    return render(scene, middle_times(count), side, FULL_VIEW, rng)
