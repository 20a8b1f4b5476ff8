"""One-shot localisation: a quick tracking score on held-out videos, cheap enough to select students with.

A correlation filter is learned on a first frame alone; in later frames the search patch is displaced at random. The
score is the share of tries whose peak lies within a fraction of the target's size from the truth.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.datasets.sequence import Frame
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.sampling import cut, view
from cfvgg_plugin.filters.tracking_loss import respond, shifted_gaussian, windowed
from cfvgg_plugin.networks import TorchBackbone, Weights
from cfvgg_plugin.train.recipe import Source
from cfvgg_plugin.train.sources import list_clips
from cfvgg_plugin.train.videos import load_place, read_frame

SIZE = 224
"""Pixels of a patch's side."""
CONTEXT = 4.5
"""Patch sides in target sizes, as in the trackers."""
CELLS = 56
"""Side to which maps of all layers are resized before they are joined."""
SIGMA = 1 / 12
"""Width of the label in target sizes."""
NEAR = (0.15, 0.3, 0.5)
"""Target sizes within which a peak counts as right."""


WITH_BOXES = ("otb", "targets", "clips", "mot")
"""Layouts that serve."""


@dataclass(frozen=True)
class Trial:
    """One first frame with its later frames."""

    patches: NDArray[np.uint8]
    """(1 + K, SIZE, SIZE, 3); the first is the target patch."""
    shifts: NDArray[np.float64]
    """(K, 2) true displacement (x, y) in target sizes."""


def make_trials(source: Source, root: Path, starts: int = 3, later: int = 16, seed: int = 0) -> list[Trial]:
    """Trials on the held-out videos (WITH_BOXES), the same at every call; `starts` first frames a video."""
    if source.layout not in WITH_BOXES:
        expected = f"{', '.join(WITH_BOXES[:-1])} or {WITH_BOXES[-1]}"
        raise InputError(f"validation: layout {expected} is expected (videos with boxes), not {source.layout!r}")
    trials = []
    for clip in list_clips(source, root, validation=True):
        frames, boxes = load_place(clip.place)
        rng = np.random.default_rng(seed)
        shown = np.flatnonzero(np.isfinite(boxes).all(axis=1))
        for start in range(starts):
            first = start * len(shown) // starts
            rest = shown[first + 1 :]
            chosen = np.unique(rest[np.linspace(0, len(rest) - 1, later).astype(int)]) if len(rest) else rest
            if trial := _make_trial(frames, boxes, [int(shown[first]), *map(int, chosen)], rng):
                trials.append(trial)
    if not trials:
        raise InputError(f"validation {root}: no readable video with two boxes")
    return trials


def _make_trial(
    frames: Sequence[Frame], boxes: NDArray[np.float64], chosen: Sequence[int], rng: np.random.Generator
) -> Trial | None:
    patches: list[NDArray[np.uint8]] = []
    shifts: list[NDArray[np.float64]] = []
    for index in chosen:
        image = read_frame(frames[index])
        if image is None:
            continue
        box = Box(*boxes[index])
        side = CONTEXT * math.sqrt(box.w * box.h)
        shift = rng.uniform(-1, 1, 2) if patches else np.zeros(2)
        centre = (box.centre[0] - shift[0] * side / CONTEXT, box.centre[1] - shift[1] * side / CONTEXT)
        patches.append(cut(image, centre, view(side, SIZE), SIZE))
        shifts.append(shift)
    return Trial(np.stack(patches), np.array(shifts[1:])) if len(patches) > 1 else None


def groups_of(taps: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Layers that are tried: the shallowest, the middle and the deepest alone, both ends, and all three together."""
    chosen = tuple(dict.fromkeys((taps[0], taps[len(taps) // 2], taps[-1])))
    together = ((chosen[0], chosen[-1]), chosen) if len(chosen) > 1 else ()
    return tuple(dict.fromkeys((*((tap,) for tap in chosen), *together)))


def localise(weights: Weights, trials: Sequence[Trial]) -> dict[str, list[float]]:
    """Shares of right peaks at the three distances of NEAR, by layers ("conv1+conv5"); means over the trials."""
    groups = groups_of(weights.network.taps)
    scores: dict[str, list[list[float]]] = {"+".join(group): [] for group in groups}
    backbone = TorchBackbone(weights)
    with torch.inference_mode():
        for trial in trials:
            maps = backbone.run(trial.patches, groups[-1])
            resized = {tap: _resized(value) for tap, value in maps.items()}
            for group in groups:
                distances = _distances(torch.cat([resized[tap] for tap in group], 1), trial.shifts)
                scores["+".join(group)].append([float((distances < near).mean()) for near in NEAR])
    return {name: [float(v) for v in np.mean(values, axis=0)] for name, values in scores.items()}


def quality(scores: dict[str, list[float]]) -> float:
    """One number to select by: the mean over all layers and distances."""
    return float(np.mean(list(scores.values())))


def _resized(maps: Tensor) -> Tensor:
    maps = F.interpolate(maps, (CELLS, CELLS), mode="bilinear", antialias=True)
    return windowed(maps, "energy") / math.sqrt(maps.shape[1])


def _distances(maps: Tensor, shifts: NDArray[np.float64]) -> NDArray[np.float64]:
    """(K,) distance of every peak from the truth, in target sizes."""
    target = CELLS / CONTEXT
    label = shifted_gaussian(CELLS, CELLS, torch.tensor([SIGMA * target]), torch.zeros(1, 2))
    peaks = respond(maps[:1], maps[1:], label, 0.01, relative=True).flatten(1).argmax(1).numpy()
    found = np.stack([peaks % CELLS, peaks // CELLS], 1).astype(float)
    found -= CELLS * np.round(found / CELLS)
    return np.linalg.norm(found / target - shifts, axis=1)
