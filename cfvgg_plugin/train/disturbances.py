"""What happens to finished patches: light, blur, low resolution, things that hide the target or look like it."""

import dataclasses
import math

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.features.sampling import Image, cut, disturb, view
from cfvgg_plugin.train.patches import Pair, Pairs, blend, soft_shape

EFFECTS = 7
"""Kinds of hard light."""


def disturb_pair(pair: Pair, spec: Pairs, rng: np.random.Generator, similar: Pair | None = None) -> Pair:
    """The pair as the student sees it. similar: a pair whose target is put beside this one's in z."""
    x, z, whole = pair.x, pair.z, True
    shift = np.array(pair.shift)
    if similar is not None:
        pasted = add_distractor(z, shift, pair.target, similar, rng)
        whole, z = pasted is z, pasted
    if rng.random() < spec.occlusion:
        z, whole = occlude(z, shift, pair.target, rng), False
    if rng.random() < spec.grey:
        x, z = _grey(x), _grey(z)
    x, z = (_disturb_patch(patch, place, pair.target, spec, rng) for patch, place in ((x, np.zeros(2)), (z, shift)))
    return dataclasses.replace(pair, x=x, z=z, whole=whole)


def _disturb_patch(
    patch: Image, shift: NDArray[np.float64], target: float, spec: Pairs, rng: np.random.Generator
) -> Image:
    """Options that are 0 draw nothing, so that recipes from before them give the pairs that they gave."""
    if spec.hard_light and rng.random() < spec.hard_light:
        patch = light_hard(patch, shift, target, rng)
    patch = disturb(patch, spec.light, spec.blur, rng, spec.blur_length)
    if spec.low_resolution and rng.random() < spec.low_resolution:
        patch = coarsen(patch, rng)
    return patch


def altered(pair: Pair, rng: np.random.Generator) -> Pair:
    """A pair whose x has the target of z in its middle, mirrored, turned by at least 60 degrees, its colours exchanged.

    A copy as it is could not be told from the target by anybody.
    """
    size = pair.z.shape[0]
    turned = view(size, size, float(rng.uniform(60, 300)), mirrored=True)
    piece = cut(pair.z, (size - 1) / 2 + np.array(pair.shift) * size, turned, size)
    return dataclasses.replace(pair, x=np.roll(piece, int(rng.integers(1, 3)), axis=2))


def unlikeness(pair: Pair, other: Pair) -> float:
    """How unlike the targets of two pairs are in mean colour; 0 for equal."""
    means = []
    for p in (pair, other):
        size = p.x.shape[0]
        margin = int(size * (1 - p.target) / 2)
        means.append(p.x[margin : size - margin, margin : size - margin].mean((0, 1)))
    return float(np.abs(means[0] - means[1]).sum())


def add_distractor(
    patch: Image, shift: NDArray[np.float64], target: float, similar: Pair, rng: np.random.Generator
) -> Image:
    """The target of `similar`'s x beside the target of a patch, about as large; the patch itself where it has no room.

    shift: of the patch's own target, in patch sides, target: its size.
    """
    size = patch.shape[0]
    for _ in range(10):
        angle, distance = rng.uniform(0, 2 * math.pi), rng.uniform(1.3, 2.6) * target
        place = shift + distance * np.array([math.cos(angle), math.sin(angle)])
        if np.abs(place).max() < 0.5 - target / 4:
            break
    else:
        return patch
    side = size * target * math.exp(rng.uniform(-0.2, 0.2))
    window = min(int(1.2 * side) + 2, size)
    left, top = (round((0.5 + p) * size - window / 2) for p in place)
    matrix = view(window * size * similar.target / side, window)
    above = cut(similar.x, np.full(2, (size - 1) / 2), matrix, window)
    mask = soft_shape(window, np.zeros(2), np.eye(2) / (side / 2), float(rng.uniform(2, 6)))
    x, y = max(left, 0), max(top, 0)
    right, bottom = min(left + window, size), min(top + window, size)
    inside = (slice(y - top, bottom - top), slice(x - left, right - left))
    patch = patch.copy()
    patch[y:bottom, x:right] = blend(above[inside], patch[y:bottom, x:right], mask[inside])
    return patch


def light_hard(patch: Image, shift: NDArray[np.float64], target: float, rng: np.random.Generator) -> Image:
    """Light that a tracker loses targets in: saturated, dark, coloured, uneven. shift, target: in patch sides."""
    chosen = rng.random(EFFECTS) < 0.2
    chosen[rng.integers(EFFECTS)] = True
    flash, dusk, cast, bent, vignette, shadow, highlight = chosen
    gain = np.ones(3)
    if flash:
        gain = gain * math.exp(rng.uniform(0.4, 1.4))
    elif dusk:
        gain = gain * math.exp(rng.uniform(-1.8, -0.5))
    if cast:
        gain = gain * np.exp(rng.uniform(-0.8, 0.8, 3))
    gamma = math.exp(rng.uniform(-0.9, 0.9)) if bent else 1.0
    levels = (255 * np.linspace(0, 1, 256)[:, None] ** gamma * gain).astype(np.float32)
    lit: NDArray[np.float32] = np.asarray(cv2.LUT(patch, levels[None]), np.float32)
    size = patch.shape[0]
    if vignette:
        squared = _squared(size, rng.uniform(-0.3, 0.3, 2))
        lit *= (1 - float(rng.uniform(0.4, 0.9)) * np.minimum(2 * squared, 1))[:, :, None]
    if shadow:
        lit *= _shadow(size, shift + rng.uniform(-0.4, 0.4, 2) * target, rng)[:, :, None]
    if highlight:
        squared = _squared(size, shift + rng.uniform(-1.2, 1.2, 2) * target)
        width = float(rng.uniform(0.3, 1.0)) * target
        lit += (float(rng.uniform(60, 220)) * np.exp(-squared / width**2))[:, :, None]
    return np.clip(lit, 0, 255, out=lit).astype(np.uint8)


def _squared(size: int, place: NDArray[np.float64]) -> NDArray[np.float32]:
    """(size, size) squared distance from a place, given from the middle, in patch sides."""
    steps = (np.arange(size) - (size - 1) / 2) / size
    x, y = ((steps - p).astype(np.float32) ** 2 for p in place)
    return x[None] + y[:, None]


def _shadow(size: int, place: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float32]:
    """(size, size) factor: 1 on one side of a straight edge through a place, darker on the other, soft or sharp."""
    angle, width, depth = rng.uniform(0, 2 * math.pi), rng.uniform(0.005, 0.08), rng.uniform(0.15, 0.6)
    steps = (np.arange(size) - (size - 1) / 2) / size
    x = ((steps - place[0]) * math.cos(angle) / width + 0.5).astype(np.float32)
    y = ((steps - place[1]) * math.sin(angle) / width).astype(np.float32)
    factor: NDArray[np.float32] = 1 - float(1 - depth) * np.clip(x[None] + y[:, None], 0, 1)
    return factor


def coarsen(patch: Image, rng: np.random.Generator) -> Image:
    """The patch as of a far or heavily compressed video: reduced, coded as JPEG, enlarged."""
    size = patch.shape[0]
    side = max(int(size / rng.uniform(1.5, 4.0)), 16)
    small = cv2.resize(patch, (side, side), interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 80))])[1]
    back = cv2.imdecode(coded, cv2.IMREAD_COLOR)  # red and blue are exchanged on both ways
    return cv2.resize(back, (size, size), interpolation=cv2.INTER_LINEAR)  # type: ignore[arg-type,return-value]


def occlude(patch: Image, shift: NDArray[np.float64], target: float, rng: np.random.Generator) -> Image:
    """Hide a part of the target under a piece of the patch's own surroundings."""
    size = patch.shape[0]
    side = max(int(rng.uniform(0.3, 0.7) * target * size), 2)
    middle = (0.5 + shift + rng.uniform(-0.4, 0.4, 2) * target) * size
    left, top = (int(np.clip(m - side / 2, 0, size - side)) for m in middle)
    x, y = rng.integers(0, size - side, 2)
    patch = patch.copy()
    patch[top : top + side, left : left + side] = patch[y : y + side, x : x + side].copy()
    return patch


def _grey(patch: Image) -> Image:
    return np.repeat(cv2.cvtColor(patch, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
