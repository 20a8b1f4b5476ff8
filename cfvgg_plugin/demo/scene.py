"""The demo's sequence: a cat's face, cut out of one photograph, moves over another.

It follows a curve, grows and shrinks, rotates, is lit differently and passes behind a post. The cut-out is an
ellipse, so that its axis-aligned box is known exactly at every angle.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError

WIDTH, HEIGHT = 480, 360
FACE_CENTRE, FACE_AXES = (236.0, 155.0), (118.0, 125.0)
"""Ellipse around the face in scikit-image's `chelsea`: (x, y) and half axes in pixels."""
SMALLEST, LARGEST = 0.28, 0.42
POST_LEFT, POST_WIDTH = 262, 26


@dataclass(frozen=True)
class Pose:
    """Target in one frame: centre in pixels, scale of the cut-out, angle in degrees, brightness factor."""

    x: float
    y: float
    scale: float
    angle: float
    light: float

    @property
    def box(self) -> Box:
        """Exact axis-aligned box of the rotated ellipse."""
        cos, sin = math.cos(math.radians(self.angle)), math.sin(math.radians(self.angle))
        a, b = (axis * self.scale for axis in FACE_AXES)
        return Box.around((self.x, self.y), (2 * math.hypot(a * cos, b * sin), 2 * math.hypot(a * sin, b * cos)))


def poses(frames: int) -> list[Pose]:
    """The target's course: it starts at the left and comes back to it, twice behind the post."""
    course = []
    for t in np.linspace(0, 2 * math.pi, frames):
        scale = (SMALLEST + LARGEST) / 2 - (LARGEST - SMALLEST) / 2 * math.cos(2 * t)
        light = 1 + 0.3 * math.sin(3 * t)
        course.append(Pose(240 - 150 * math.cos(t), 185 + 80 * math.sin(2 * t), scale, 14 * math.sin(2 * t), light))
    return course


def render(frames: int = 200, seed: int = 0) -> Iterator[tuple[NDArray[np.uint8], Box]]:
    """RGB frames (360, 480, 3) uint8 and the target's exact box in each. Needs scikit-image for its photographs."""
    face, background, wall = _photographs()
    noise = np.random.default_rng(seed)
    mask = np.zeros(face.shape[:2], np.float32)
    centre, axes = (tuple(round(v * 16) for v in pair) for pair in (FACE_CENTRE, FACE_AXES))
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA, shift=4)
    course = poses(frames)
    for number, pose in enumerate(course):
        pan = round(30 * (1 + math.sin(2 * math.pi * number / frames)))
        scene = background[20 : 20 + HEIGHT, pan : pan + WIDTH].astype(np.float32)
        matrix = np.asarray(cv2.getRotationMatrix2D(FACE_CENTRE, pose.angle, pose.scale), np.float64)
        matrix[:, 2] += np.array([pose.x, pose.y]) - FACE_CENTRE
        size = (WIDTH, HEIGHT)
        moved = cv2.warpAffine(face, matrix, size, flags=cv2.INTER_AREA).astype(np.float32) * pose.light
        alpha = cv2.warpAffine(mask, matrix, size)[:, :, None]
        frame = scene * (1 - alpha) + moved * alpha
        frame[:, POST_LEFT : POST_LEFT + POST_WIDTH] = wall[:HEIGHT, :POST_WIDTH]
        grain = noise.standard_normal(frame.shape, np.float32)
        yield (frame + 2 * grain).clip(0, 255).astype(np.uint8), pose.box


def _photographs() -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """Face, background (at least 400x540) and the post's texture, RGB."""
    try:
        import skimage.data  # noqa: PLC0415 (optional extra)

        data: Any = skimage.data
    except ImportError:
        raise InputError("the demo needs scikit-image and matplotlib: pip install 'cfvgg-plugin[demo]'") from None
    background = cv2.resize(data.coffee(), (600, 400))
    wall = cv2.cvtColor(data.brick(), cv2.COLOR_GRAY2RGB)
    return data.chelsea(), np.asarray(background, np.uint8), np.asarray(wall, np.uint8)
