"""A video with its annotation, whatever benchmark it is from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Sequence:
    """A video with one annotated target."""

    name: str
    frames: tuple[Path, ...]
    boxes: NDArray[np.float64]
    """(frames, 4): x, y, w, h, 0-based; NaN where the target is not annotated."""
    attributes: tuple[str, ...] = ()
    """The benchmark's abbreviations of what is difficult here: ("IV", "OCC"). Empty where it states none."""
    absent: NDArray[np.bool_] | None = None
    """(frames,) True where the target is known not to be in the frame; None where the benchmark does not tell."""
    light: int | None = None
    """Seed of a change of light over the frames as they are read; None: as they are."""
    group: str = ""
    """Name of the sequence that this one is a run of; empty for a sequence itself."""
    start: NDArray[np.float64] | None = None
    """(4,) the box a tracker starts on, where it is not the first annotated one."""


@dataclass(frozen=True)
class Dataset:
    """Those sequences of a benchmark that are at hand."""

    name: str
    """As in `--dataset`."""
    title: str
    """As in papers: "OTB-2015"."""
    root: Path
    sequences: tuple[Sequence, ...]
    total: int | None = None
    """Sequences of the whole benchmark; None for a plain folder."""
