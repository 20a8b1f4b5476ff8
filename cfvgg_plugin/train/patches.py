"""Target and search patches of a pair, as they are cut and before they are disturbed (paper, section IV-A)."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features.patches import Image, Matrix, cut, view
from cfvgg_plugin.train.recipe import Pairs


@dataclass(frozen=True)
class Pair:
    """What the student sees of one target."""

    x: Image
    """(S, S, 3) target patch, the target in its middle."""
    z: Image
    """(S, S, 3) search patch."""
    shift: tuple[float, float]
    """(x, y) of the target in z from its middle, in patch sides."""
    target: float
    """Size of the target in x, in patch sides."""
    whole: bool = True
    """Whether z still shows all that was cut; False where something was put over it."""
    entry: int = -1
    """Of the pool, if the patches come from one."""
    clean: tuple[Image, Image] | None = None
    """x and z of that entry, undisturbed."""


def random_target(image: Image, sides: tuple[float, float], rng: np.random.Generator) -> Box:
    """A square somewhere in an image, the more textured one of two draws: flat sky teaches a filter nothing."""
    height, width = image.shape[:2]
    candidates = []
    for _ in range(2):
        side = max(rng.uniform(*sides) * min(height, width), 8.0)
        x, y = (rng.uniform(0, max(length - side, 0)) for length in (width, height))
        content = image[int(y) : int(y + side), int(x) : int(x + side)]
        candidates.append((float(content.std()), Box(x, y, side, side)))
    return max(candidates)[1]


def cut_pair(
    images: tuple[Image, Image],
    boxes: tuple[Box, Box] | None,
    spec: Pairs,
    rng: np.random.Generator,
    ground: Image | None = None,
) -> Pair:
    """The two clean patches of a pair.

    images: RGB frames of x and z. boxes: the target in each; None where the data has none: then both images are one,
    and a random square of it is the target. ground: another image; a target without box then moves over it.
    """
    still = boxes is None
    if boxes is None:
        box = random_target(images[0], spec.still_target, rng)
        boxes = (box, box)
    context = float(rng.uniform(*spec.context))
    mirrored = bool(rng.random() < 0.5)
    sides = [context * math.sqrt(box.w * box.h) for box in boxes]
    shift = rng.uniform(-spec.shift, spec.shift, 2)
    turn, bend = (spec.rotation, spec.stretch) if still else (spec.video_rotation, spec.video_stretch)
    degrees = float(rng.uniform(-turn, turn))
    stretch = math.exp(rng.uniform(-bend, bend))
    view_x = view(sides[0], spec.size, mirrored=mirrored)
    view_z = view(sides[1] * math.exp(rng.uniform(-spec.scale, spec.scale)), spec.size, degrees, stretch, mirrored)
    x = cut(images[0], boxes[0].centre, view_x, spec.size)
    z = cut(images[1], boxes[1].centre - view_z @ (shift * spec.size), view_z, spec.size)
    if still and ground is not None:
        # in one photograph the surroundings move with the target, and matching them would be enough
        x, z = _move_over(ground, (x, z), (np.zeros(2), shift), sides[0] / context, (view_x, view_z), spec, rng)
    return Pair(x, z, (float(shift[0]), float(shift[1])), 1 / context)


def _move_over(
    ground: Image,
    patches: tuple[Image, Image],
    shifts: tuple[NDArray[np.float64], NDArray[np.float64]],
    target: float,
    views: tuple[Matrix, Matrix],
    spec: Pairs,
    rng: np.random.Generator,
) -> tuple[Image, Image]:
    """The targets of both patches on two windows of another image, which moves on its own between them.

    target: size in image pixels, its shape is a random superellipse. shifts: of the targets, in patch sides.
    """
    size, power = spec.size, float(rng.uniform(2, 6))
    side = rng.uniform(0.5, 1.0) * min(ground.shape[:2])
    centre = rng.uniform((0, 0), (ground.shape[1], ground.shape[0]))
    moved = centre + rng.uniform(-spec.shift, spec.shift, 2) * side
    grounds = (
        cut(ground, centre, view(side, size), size),
        cut(ground, moved, view(side * math.exp(rng.uniform(-spec.scale, spec.scale)), size), size),
    )
    composed = [
        blend(patch, below, soft_shape(size, shift, matrix / (target / 2), power))
        for patch, below, shift, matrix in zip(patches, grounds, shifts, views, strict=True)
    ]
    return composed[0], composed[1]


def soft_shape(size: int, shift: NDArray[np.float64], matrix: Matrix, power: float) -> NDArray[np.float32]:
    """(size, size) soft mask of a superellipse that `matrix` (patch pixels to its half axes) places at `shift`."""
    steps = np.arange(size) - (size - 1) / 2
    grid = np.stack(np.meshgrid(steps - shift[0] * size, steps - shift[1] * size), -1) @ matrix.T
    radius = (np.abs(grid) ** power).sum(-1) ** (1 / power)
    mask: NDArray[np.float32] = np.clip((1.2 - radius) / 0.2, 0, 1).astype(np.float32)
    return mask


def blend(patch: Image, below: Image, mask: NDArray[np.float32]) -> Image:
    """One patch over another where the mask (S, S) is 1."""
    mixed: Image = np.rint(below + (patch.astype(np.float32) - below) * mask[:, :, None]).astype(np.uint8)
    return mixed
