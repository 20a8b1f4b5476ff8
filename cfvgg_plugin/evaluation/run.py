"""Into which runs a protocol splits a sequence, and one run of a tracker: the update alone on the clock.

OPE, TRE and SRE are those of Wu, Lim and Yang, 'Object Tracking Benchmark' (TPAMI 2015, section 4). Guided runs are our
own: the tracker learns the true track and is set off before each search, so that every frame counts, not who survives.
Long-term runs are those of OPE, scored as VOT-LT does (`score.py`).
"""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings, with_color_names
from cfvgg_plugin.settings import Settings
from cfvgg_plugin.system.files import real
from cfvgg_plugin.tracker import Tracker

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
                replace(sequence, name=f"{sequence.name}@{name}", group=sequence.name, start=box)
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
    return replace(
        sequence,
        name=f"{sequence.name}@{name}",
        frames=sequence.frames[chosen],
        boxes=sequence.boxes[chosen],
        absent=None if sequence.absent is None else sequence.absent[chosen],
        group=sequence.name,
    )


@dataclass(frozen=True)
class LoadedTracker:
    """A tracker as it is evaluated."""

    name: str
    """`tracker/setting`, as the user wrote it."""
    settings: Settings
    backbone: Backbone | None
    weights: str | None = None
    """File or name from which another process loads the same network; likewise the next two."""
    device: str = "cpu"
    backend: str = "torch"
    label: str = ""
    """What tables call it; the name where it is empty."""
    changes: Path | None = None
    """The file that changed its settings, if one did."""


@dataclass(frozen=True)
class SequenceRun:
    """A tracker's pass over one sequence."""

    boxes: NDArray[np.float64]
    """(frames, 4), 0-based; the first row is the given box."""
    scores: NDArray[np.float64]
    """(frames,) the tracker's own confidence; 1 for the first frame."""
    seconds: NDArray[np.float64] | None
    """(frames - 1,) time of each update; None where it was not measured alone on the machine."""
    lost: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    """(frames,) whether the tracker said so; empty where that is not known."""


def load_tracker(
    name: str, weights: str | None = None, color_names: Path | None = None, device: str = "cpu", backend: str = "torch",
    label: str = "", changes: Path | None = None,
) -> LoadedTracker:  # fmt: skip
    """A named tracker with its settings and network. Raises InputError where one cannot be had.

    changes: a TOML file whose entries replace the fields of their names in the settings.
    """
    own = load_settings(name, changes)
    settings = with_color_names(own, real(color_names) if color_names is not None else None)
    if weights is not None and Path(weights).exists():
        weights = str(Path(weights).resolve())  # another process may stand in another folder
    backbone = load_backbone(settings, weights, device, backend)
    if backend == "auto" and backbone is not None:
        backend = backbone.backend  # another machine may have others installed
    return LoadedTracker(name, settings, backbone, weights, device, backend, label, changes)


@lru_cache(maxsize=4)
def with_network(tracker: LoadedTracker) -> LoadedTracker:
    """A tracker with its network loaded; kept for the process's next task. Raises InputError."""
    backbone = load_backbone(tracker.settings, tracker.weights, tracker.device, tracker.backend)
    return replace(tracker, backbone=backbone)


def check_start(loaded: LoadedTracker, guided: bool = False) -> None:
    """Start the tracker on a picture of noise. Raises InputError where its settings, tables or layers cannot be used.

    Some are only looked for then; better now than after the trackers before it. guided: also whether it can be led.
    """
    image = np.random.default_rng(0).integers(0, 256, (120, 160, 3), np.uint8)
    try:
        tracker = _fresh(loaded)
        tracker.init(image, (60, 40, 40, 40))
        if loaded.changes is not None:
            tracker.update(image)
    except (InputError, MemoryError):
        raise
    except Exception as error:
        if loaded.changes is None:
            raise
        said = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise InputError(f"settings {loaded.changes}: {loaded.name} cannot run with them ({said})") from error
    if guided:
        tracker.search(image, (60, 40, 40, 40))


def _fresh(loaded: LoadedTracker) -> Tracker:
    return create_tracker(loaded.name, weights=loaded.backbone, settings=loaded.settings)


def _images(sequence: Sequence) -> Iterator[NDArray[np.uint8]]:
    """The frames in order. Raises FrameError for one that cannot be decoded: a sequence with a hole is not scored."""
    for index, image in enumerate(read_frames(sequence)):
        if image is None:
            raise FrameError(f"{sequence.frames[index]}: cannot be decoded")
        yield image


def run_sequence(loaded: LoadedTracker, sequence: Sequence) -> SequenceRun:
    """Start a fresh tracker on the first box and follow it to the last frame.

    Raises FrameError for a frame that cannot be decoded.
    """
    tracker, images = _fresh(loaded), _images(sequence)
    tracker.init(next(images), sequence.given.tolist())
    boxes, scores, seconds, lost = [sequence.given], [1.0], [], [False]
    for image in images:
        start = time.perf_counter()
        result = tracker.update(image)
        seconds.append(time.perf_counter() - start)
        boxes.append(np.array(result.box))
        scores.append(result.score)
        lost.append(result.lost)
    return SequenceRun(np.array(boxes), np.array(scores), np.array(seconds), np.array(lost))


SET_OFF = 1.2
"""Target sizes by which a guided search is displaced, at most."""


def run_guided(loaded: LoadedTracker, sequence: Sequence) -> SequenceRun:
    """Lead a fresh tracker along the true track; the boxes are where it finds the target from displaced places.

    Before each search it is set SET_OFF target sizes away at most, evenly over the disc, with the size of the target's
    last box; then it learns the true box. The displacements are the same for all trackers. Frames without a box are
    passed over, their boxes are the ones before. Raises FrameError for a frame that cannot be decoded, InputError for a
    tracker that cannot be led.
    """
    tracker, images = _fresh(loaded), _images(sequence)
    size = sequence.boxes[0, 2:]
    tracker.init(next(images), sequence.boxes[0].tolist())
    found, seconds = [sequence.boxes[0]], []
    seed = int.from_bytes(hashlib.sha256(sequence.name.encode()).digest()[:8], "little")
    displaced = np.random.default_rng(seed).uniform(size=(len(sequence.frames), 2))
    for image, truth, (angle, share) in zip(images, sequence.boxes[1:], displaced[1:], strict=True):
        start = time.perf_counter()
        box = found[-1]
        if np.isfinite(truth).all():
            turn = 2 * np.pi * angle
            away = SET_OFF * np.sqrt(share * truth[2] * truth[3]) * np.array([np.cos(turn), np.sin(turn)])
            near = np.concatenate([truth[:2] + (truth[2:] - size) / 2 + away, size])
            box = np.array(tracker.search(image, near.tolist()))
            tracker.learn(image, truth.tolist())
            size = truth[2:]
        seconds.append(time.perf_counter() - start)
        found.append(box)
    return SequenceRun(np.array(found), np.zeros(len(found)), np.array(seconds), np.zeros(len(found), bool))
