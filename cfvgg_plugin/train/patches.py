"""Target and search patches of a pair (paper, section IV-A): what can be set, and how they are cut."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.sampling import Image, Matrix, cut, view
from cfvgg_plugin.system.documents import CountOrNone, Share, check_fields

Size = Annotated[float, Meta(gt=0, le=100)]
Exponent = Annotated[float, Meta(ge=0, le=3)]


@dataclass(frozen=True)
class Pairs:
    """Geometry and augmentation of a target patch x and a search patch z."""

    size: Annotated[int, Meta(ge=64, le=4096)] = 224
    """Side of both patches in pixels."""
    context: tuple[Size, Size] = (3.0, 5.0)
    """Side of the patches in target sizes (the geometric mean of width and height), drawn evenly."""
    gap: CountOrNone = 15
    """Frames between x and z, at most."""
    shift: Share = 0.25
    """Displacement of the target in z, at most, in patch sides, drawn evenly in x and y."""
    scale: Exponent = 0.1
    """Change of size from x to z: a factor of exp(+-scale), drawn evenly."""
    rotation: Annotated[float, Meta(ge=0, le=180)] = 0.0
    """Degrees by which z is turned, at most (still images only: videos have their own)."""
    video_rotation: Annotated[float, Meta(ge=0, le=180)] = 0.0
    """The same in videos."""
    stretch: Exponent = 0.0
    """Change of the sides' ratio: a factor of exp(+-stretch) for each side (still images only)."""
    video_stretch: Exponent = 0.0
    """The same in videos."""
    moving: Share = 0.0
    """Probability that a target without box is cut out and moves over another image."""
    light: Exponent = 0.3
    """Strength of random gain, offset, gamma and colour balance."""
    hard_light: Share = 0.0
    """Probability that a patch is lit hard: flash or dusk, colour cast, gamma, vignette, a shadow's edge across the
    target, a highlight; one of these or several."""
    blur: Share = 0.2
    """Probability that a patch is blurred."""
    blur_length: Annotated[float, Meta(ge=0, le=100)] = 5.0
    """Half the length of motion blur, at most, in pixels."""
    low_resolution: Share = 0.0
    """Probability that a patch is reduced by up to a factor of 4, coded as JPEG, and enlarged again."""
    distractors: Share = 0.0
    """Probability that a similar object lies beside the target in z: another target of its colours at the same size, or
    the target itself turned and recoloured. The label is zero there, so the filter learns to tell them apart."""
    occlusion: Share = 0.2
    """Probability that a block hides part of the target in z."""
    grey: Share = 0.1
    """Probability that both patches lose their colour."""
    still_target: tuple[Share, Share] = (0.12, 0.4)
    """Side of a random target in an image without boxes, in units of the image's shorter side."""

    def __post_init__(self) -> None:
        check_fields(self, "pairs")
        for name in ("context", "still_target"):
            low, high = getattr(self, name)
            if not 0 < low <= high:
                raise InputError(f"pairs: {name} {low:g}, {high:g}: the least and the greatest, above 0, are expected")

    @property
    def geometry(self) -> dict[str, Any]:
        """What decides the clean patches, before they are disturbed."""
        return {name: value for name, value in vars(self).items() if name not in DISTURBING}


DISTURBING = ("light", "hard_light", "blur", "blur_length", "low_resolution", "distractors", "occlusion", "grey")
"""Entries of `Pairs` that change finished patches, anew for each pair also where their patches come from a pool."""


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
