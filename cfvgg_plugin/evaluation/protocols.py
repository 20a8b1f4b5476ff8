"""The protocols of evaluation: into which runs a sequence is split, and what a tracker is given in each.

OPE, TRE and SRE are those of Wu, Lim and Yang, 'Object Tracking Benchmark' (TPAMI 2015, section 4). Guided runs are our
own: the tracker learns the true track and is set off before each search, so that every frame counts, not who survives.
Long-term runs are those of OPE, scored as VOT-LT does (`longterm.py`).
"""

import dataclasses
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError

Kind = Literal["ope", "tre", "sre", "guided", "long_term"]
KINDS: tuple[Kind, ...] = get_args(Kind)
STARTS = 20
"""Of TRE, where frames suffice."""
SHIFT = 0.1
"""Of SRE's first boxes, in their own width and height."""
SCALES = (0.8, 0.9, 1.1, 1.2)
"""Of SRE's first boxes, about their centres."""
GAPS = (2, 4, 8)
"""Guided runs see every second, fourth and eighth frame."""


@dataclass(frozen=True)
class Protocol:
    """How sequences are run."""

    kind: Kind = "ope"
    """ope: one run from the first frame; tre: from several frames; sre: from moved and scaled first boxes; guided;
    long_term: as ope, scored with the frames in which the target is absent."""
    starts: int | None = None
    """Of TRE: exactly so many; None: 20, or fewer where frames do not suffice."""

    def __post_init__(self) -> None:
        """Raise InputError for what cannot be."""
        if self.kind not in KINDS:
            raise InputError(f"protocol {self.kind!r}: {', '.join(KINDS)} are known")
        if self.starts is not None and self.kind != "tre":
            raise InputError(f"--starts: belongs to --protocol tre, not {self.kind}")
        if self.starts is not None and self.starts < 1:
            raise InputError(f"--starts {self.starts}: at least 1 is needed")

    @property
    def name(self) -> str:
        """As in the names of results folders: tre, tre5, sre, ..."""
        return f"{self.kind}{self.starts or ''}"

    @property
    def guided(self) -> bool:
        """Whether the tracker is led along the true track."""
        return self.kind == "guided"

    @property
    def long_term(self) -> bool:
        """Whether frames without the target count."""
        return self.kind == "long_term"

    def note(self) -> dict[str, Any]:
        """JSON values from which `read_protocol` gives the same."""
        return {"kind": self.kind, "starts": self.starts}

    def runs(self, sequence: Sequence) -> list[Sequence]:
        """The runs of a sequence, each a sequence of its own; OPE's is the sequence itself.

        Raises InputError where the sequence cannot be run so.
        """
        if self.long_term and sequence.absent is None:
            raise InputError(
                f"protocol long_term: sequence {sequence.name} does not say in which frames the target is absent; "
                "tld and clips_validation_gap do"
            )
        if self.kind in {"ope", "long_term"}:
            return [sequence]
        if self.kind == "sre":
            return [
                dataclasses.replace(sequence, name=f"{sequence.name}@{name}", group=sequence.name, start=box)
                for name, box in moved_starts(sequence.boxes[0]).items()
            ]
        shown = np.flatnonzero(np.isfinite(sequence.boxes).all(axis=1))
        if len(shown) < 2:
            raise InputError(
                f"protocol {self.kind}: sequence {sequence.name} has no box but the first; only ope and sre"
            )
        if self.kind == "tre":
            return [_part(sequence, f"{first}", first, 1) for first in self._first_frames(sequence, shown)]
        runs = [_part(sequence, f"every{gap}", int(shown[0]), gap) for gap in GAPS]
        runs = [run for run in runs if np.isfinite(run.boxes).all(axis=1).sum() > 1]
        return runs or [_part(sequence, "every1", int(shown[0]), 1)]

    def _first_frames(self, sequence: Sequence, shown: NDArray[np.intp]) -> list[int]:
        """TRE's starts: evenly spread, each moved to the next frame with a box; one is scored after each.

        shown: indices of the frames with a box, two or more.
        """
        frames = len(sequence.frames)
        if self.starts is not None and self.starts > frames:
            raise InputError(f"--starts {self.starts}: sequence {sequence.name} has only {frames} frames")
        count = self.starts or min(STARTS, frames)
        usable = shown[:-1]
        wanted = np.arange(count) * frames // count
        found = np.searchsorted(usable, wanted)
        return [int(first) for first in np.unique(usable[found[found < len(usable)]])]


OPE = Protocol()


def read_protocol(note: Any) -> Protocol:
    """The protocol of a `note`; OPE where there is none, as before there were others. Raises InputError."""
    if note is None:
        return OPE
    if not isinstance(note, dict) or not isinstance(note.get("starts"), int | None):
        raise InputError(f"protocol {note!r}: not a protocol of this package")
    return Protocol(str(note.get("kind")), note.get("starts"))  # type: ignore[arg-type]


def moved_starts(box: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """SRE's twelve first boxes by name, from the annotated one (x, y, w, h)."""
    size = box[2:]
    across, down = {"left": -1, "": 0, "right": 1}, {"up": -1, "": 0, "down": 1}
    moved = {
        "-".join(filter(None, (v, h))): np.concatenate([box[:2] + SHIFT * size * (x, y), size])
        for v, y in down.items()
        for h, x in across.items()
        if v or h
    }
    scaled = {f"{scale:g}": np.concatenate([box[:2] + (1 - scale) / 2 * size, scale * size]) for scale in SCALES}
    return moved | scaled


def _part(sequence: Sequence, name: str, first: int, step: int) -> Sequence:
    """Every `step`-th frame from number `first` (from 0) on, as a run of the sequence."""
    chosen = slice(first, None, step)
    return dataclasses.replace(
        sequence,
        name=f"{sequence.name}@{name}",
        frames=sequence.frames[chosen],
        boxes=sequence.boxes[chosen],
        absent=None if sequence.absent is None else sequence.absent[chosen],
        group=sequence.name,
    )
