"""What is done to the frames of hard clips: another camera, something in front of the target, another light.

The light is what a camera's exposure, lamps and shadows do, made up from a seed. Every quantity is a function of the
seed, the name of the video and the number of the frame alone: a run that starts later, or takes every third frame, sees
the same picture where it sees the same frame. In linear light a frame is multiplied by exposure, the colour of the
light, the fall-off towards the corners, a soft-edged shadow that moves across, and flashes of one to three frames that
saturate what is bright; then gamma drifts.
"""

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache, partial

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Staging:
    """What becomes of one frame; the camera first."""

    zoom: float = 1.0
    """About the frame's middle; above 1 everything is larger."""
    shift: tuple[float, float] = (0.0, 0.0)
    """(x, y) pixels by which the picture is moved after that."""
    hidden: tuple[int, int, int, int] | None = None
    """x, y, w, h of a rectangle that shows what the picture has half a frame further right and down."""


def stage(image: NDArray[np.uint8], staging: Staging) -> NDArray[np.uint8]:
    """The frame (H, W, 3) so seen; beyond its border the outermost pixels go on."""
    height, width = image.shape[:2]
    seen = image
    if staging.zoom != 1 or staging.shift != (0, 0):
        matrix = np.hstack([staging.zoom * np.eye(2), _offset(staging, width, height)[:, None]])
        warped = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        seen = warped.astype(np.uint8, copy=False)
    if staging.hidden is None:
        return seen
    x, y, w, h = staging.hidden
    rows = np.arange(max(y, 0), max(min(y + h, height), 0))
    columns = np.arange(max(x, 0), max(min(x + w, width), 0))
    covered = seen.copy()
    covered[np.ix_(rows, columns)] = seen[np.ix_((rows + height // 2) % height, (columns + width // 2) % width)]
    return covered


def staged_boxes(boxes: NDArray[np.float64], stagings: list[Staging], width: int, height: int) -> NDArray[np.float64]:
    """Boxes (N, 4) of the frames so seen, hidden or not; NaN where the target's centre is outside of the frame."""
    zooms = np.array([staging.zoom for staging in stagings])[:, None]
    offsets = np.array([_offset(staging, width, height) for staging in stagings])
    seen = np.hstack([boxes[:, :2] * zooms + offsets, boxes[:, 2:] * zooms])
    centres = seen[:, :2] + seen[:, 2:] / 2
    seen[~((centres >= 0) & (centres < (width, height))).all(axis=1)] = np.nan
    return seen


def _offset(staging: Staging, width: int, height: int) -> NDArray[np.float64]:
    """(x, y) of where the frame's corner goes to."""
    middle = np.array([width - 1, height - 1]) / 2
    return (1 - staging.zoom) * middle + staging.shift


GAMMA = 2.2
"""Of the frames as they are stored."""
SLOT = 16
"""A flash happens in three of four stretches of so many frames; none in the first few frames of a video."""
QUIET = 5
LEVELS = 65535
"""Steps of linear light between black and white."""


@dataclass(frozen=True)
class Wave:
    """Two slow sines: amplitudes, periods in frames, phases in radians; each (2,)."""

    amplitudes: NDArray[np.float64]
    periods: NDArray[np.float64]
    phases: NDArray[np.float64]

    def at(self, time: float) -> float:
        """Its value in that frame, within the sum of the amplitudes."""
        return float((self.amplitudes * np.sin(2 * math.pi * time / self.periods + self.phases)).sum())


@dataclass(frozen=True)
class Course:
    """The light of one video."""

    exposure: Wave
    """In stops."""
    gamma: Wave
    """Logarithm to base 2 of the exponent's change."""
    warmth: Wave
    """Natural logarithm of red to green, and of green to blue."""
    tint: Wave
    """Natural logarithm of green to the other two."""
    shadow: Wave
    """Place of the shadow's edge along `direction`; the frame reaches from -1 to 1."""
    direction: tuple[float, float]
    """Unit vector (x, y) from the light into the shadow."""
    shade: float
    """What the shadow leaves of the light."""
    edge: float
    """Width of its edge, in halves of the frame's diagonal."""
    vignette: float
    """What the corners lose of the light."""
    key: tuple[int, int]
    """Of the flashes."""


def random_key(seed: int, name: str) -> tuple[int, int]:
    """What a generator of random numbers starts from, for the video of that name."""
    return seed, int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")


def draw_wave(rng: np.random.Generator, strength: float, shortest: float, longest: float) -> Wave:
    """A wave of at most that strength, with periods between these frames."""
    amplitudes = strength * np.array([0.65, 0.35]) * rng.uniform(0.7, 1, 2)
    return Wave(amplitudes, rng.uniform(shortest, longest, 2), rng.uniform(0, 2 * math.pi, 2))


@lru_cache(maxsize=64)
def course(seed: int, name: str) -> Course:
    """The light that the seed gives to the video of that name."""
    key = random_key(seed, name)
    rng = np.random.default_rng(key)
    wave = partial(draw_wave, rng)
    exposure, gamma, warmth, tint = wave(0.9, 35, 90), wave(0.35, 40, 100), wave(0.22, 40, 100), wave(0.08, 40, 100)
    shadow = wave(1.0, 45, 90)
    angle = rng.uniform(0, 2 * math.pi)
    direction = (math.cos(angle), math.sin(angle))
    shade, edge, vignette = rng.uniform(0.25, 0.45), rng.uniform(0.03, 0.15), rng.uniform(0.25, 0.55)
    return Course(exposure, gamma, warmth, tint, shadow, direction, shade, edge, vignette, key)


def change_light(image: NDArray[np.uint8], seed: int, name: str, time: int) -> NDArray[np.uint8]:
    """An RGB frame (H, W, 3) in the light that the video `name` has in its frame `time` (0 or more)."""
    light = course(seed, name)
    warmth, tint = light.warmth.at(time), light.tint.at(time)
    colour = np.exp([warmth, tint, -warmth]) * 2 ** light.exposure.at(time) * flash(light, time)
    gain = _spread(light, time, *image.shape[:2])[:, :, None] * colour.astype(np.float32)
    linear = np.minimum(_LINEAR[image] * gain, LEVELS).astype(np.uint16)
    stored = np.round(255 * np.exp(_RAMP * (2 ** light.gamma.at(time) / GAMMA))).astype(np.uint8)
    return stored[linear]


def flash(light: Course, time: int) -> float:
    """By how much the light of a flash multiplies that of the frame; 1 without one."""
    slot, within = divmod(time, SLOT)
    rng = np.random.default_rng((*light.key, slot))
    happens, length = rng.uniform() < 0.75, int(rng.integers(1, 4))
    first, strength = int(rng.integers(QUIET, SLOT - 2)), rng.uniform(3, 6)
    return strength * 0.7 ** (within - first) if happens and first <= within < first + length else 1.0


def _spread(light: Course, time: int, height: int, width: int) -> NDArray[np.float32]:
    """(H, W) share of the light that falls on every pixel: vignette and shadow."""
    half = math.hypot(width, height) / 2
    x = ((np.arange(width) - (width - 1) / 2) / half).astype(np.float32)
    y = ((np.arange(height) - (height - 1) / 2) / half).astype(np.float32)[:, None]
    into = (x * light.direction[0] + y * light.direction[1] - light.shadow.at(time)) / light.edge
    lit = np.clip(0.5 - into, 0, 1)
    spread = (light.shade + (1 - light.shade) * lit) * (1 - light.vignette * (x * x + y * y))
    return spread.astype(np.float32)


_LINEAR = (LEVELS * (np.arange(256) / 255) ** GAMMA).astype(np.float32)
_RAMP = np.log(np.maximum(np.arange(LEVELS + 1), 0.5) / LEVELS)
