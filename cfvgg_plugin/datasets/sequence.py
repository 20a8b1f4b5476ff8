"""A video with its annotation, whatever benchmark it is from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.staging import Staging


@dataclass(frozen=True)
class VideoFrame:
    """A frame of a video file."""

    video: Path
    number: int
    """0 for the first."""
    turned: int = 0
    """Pixels by which the picture is turned to the right, like a cylinder (`gaps.py`)."""
    staging: Staging | None = None
    """What else is done to the picture (`hard.py`)."""

    def __str__(self) -> str:
        """As messages name it, counted from 1 as those of `cfvgg track` do."""
        return f"{self.video}, frame {self.number + 1}"


Frame = Path | VideoFrame
"""Where a picture is: an image file, or a frame of a video."""


@dataclass(frozen=True)
class Sequence:
    """A video with one annotated target; `images.read_frames` reads its pictures."""

    name: str
    frames: tuple[Frame, ...]
    boxes: NDArray[np.float64]
    """(frames, 4): x, y, w, h, 0-based; NaN where the target is not annotated."""
    attributes: tuple[str, ...] = ()
    """The benchmark's abbreviations of what is difficult here: ("IV", "OCC"). Empty where it states none."""
    absent: NDArray[np.bool_] | None = None
    """(frames,) whether the target is known not to be in the frame; None where the benchmark does not tell that from
    a frame without annotation."""
    light: int | None = None
    """Seed of a change of light that the frames undergo as they are read (`light.py`); None: they are as they are."""
    group: str = ""
    """Name of the sequence that this one is a run of; empty for one that stands for itself."""
    start: NDArray[np.float64] | None = None
    """(4,) the box that a tracker starts on, where that is not the first of `boxes`."""

    @property
    def given(self) -> NDArray[np.float64]:
        """(4,) the box that a tracker starts on."""
        first: NDArray[np.float64] = self.boxes[0]
        return first if self.start is None else self.start

    @property
    def told(self) -> NDArray[np.intp]:
        """(N,) numbers of the frames after the first that are annotated or known to be without the target."""
        known = np.asarray(np.isfinite(self.boxes).all(axis=1))
        if self.absent is not None:
            known = known | self.absent
        return np.flatnonzero(known[1:]) + 1


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
