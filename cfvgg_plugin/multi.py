"""Several targets in one stream: a tracker each, told apart by ids, all updated by one call a frame."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from numbers import Integral
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import Backbone, Weights
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings
from cfvgg_plugin.settings import Settings
from cfvgg_plugin.tracker import Tracker, TrackResult, check_image

TargetId = int | str


class MultiTracker:
    """Follows any number of targets; every box is the one that a tracker of that target alone gives.

    The targets share one network and the check and conversion of a frame. Their samples are not put into one batch: on
    a CPU that gains little or nothing (docs/performance.md), and in torch it changes the maps' last digits, and so
    boxes.
    """

    def __init__(
        self,
        name: str,
        *,
        weights: Backbone | Weights | str | Path | None = None,
        settings: Settings | None = None,
        device: str = "cpu",
        backend: str = "torch",
        threads: int = 1,
    ) -> None:
        """No targets yet. Arguments as of `create_tracker`; raises InputError as that does.

        threads: of the targets, which are updated at the same time where it is more than 1; boxes do not depend on it.
        What each of them computes has torch's number of threads, so set that to 1 (`set_threads`).
        """
        if not isinstance(threads, int) or threads < 1:
            raise InputError(f"threads {threads!r}: a whole number from 1 on is needed")
        chosen = load_settings(name) if settings is None else settings
        network = load_backbone(chosen, weights, device, backend)
        self._create: Callable[[], Tracker] = lambda: create_tracker(name, weights=network, settings=chosen)
        self._create()  # tells now what cannot be used
        self._pool = ThreadPoolExecutor(threads, "target") if threads > 1 else None
        self._targets: dict[TargetId, Tracker] = {}

    @property
    def ids(self) -> tuple[TargetId, ...]:
        """Of the targets that are followed, in the order in which they came."""
        return tuple(self._targets)

    def add(self, target: TargetId, image: NDArray[np.uint8], box: Sequence[float]) -> None:
        """Follow the target in `box` = (x, y, w, h) of `image`, the present frame, under an id, from the next one on.

        NumPy's whole numbers count as int. Raises InputError for an id that is in use or is neither int nor str, for an
        image or a box that cannot be used, and FrameError if the image's size differs from that of the frames of the
        other targets.
        """
        target = _as_id(target)
        if target in self._targets:
            raise InputError(f"target {target!r}: is followed already; remove it first, or take another id")
        for other in self._targets.values():
            other._frame(image)
            break
        tracker = self._create()
        tracker.init(image, box)
        self._targets[target] = tracker

    def remove(self, target: TargetId) -> None:
        """Follow a target no longer. Raises InputError where no target has this id."""
        self._tracker(target)
        del self._targets[_as_id(target)]

    def correct(self, target: TargetId, box: Sequence[float]) -> None:
        """Go on from `box` with a target, as `Tracker.correct` does; raises InputError for an unknown id, too."""
        self._tracker(target).correct(box)

    def update(self, image: NDArray[np.uint8]) -> dict[TargetId, TrackResult]:
        """Find every target in the next frame; results in the order of `ids`, each as of `Tracker.update`.

        Raises FrameError or InputError, before anything is done, for a frame that cannot be used.
        """
        image = check_image(image)
        frames: dict[int, NDArray[np.uint8]] = {}  # grey and RGB, by axes: converted once for all targets
        jobs = []
        for tracker in self._targets.values():
            axes = len(tracker._shape())
            if axes not in frames:
                frames[axes] = tracker._frame(image)
            jobs.append((tracker, frames[axes]))
        if self._pool is None or len(jobs) < 2:
            found = [tracker.update(frame) for tracker, frame in jobs]
        else:
            found = _at_once(self._pool, jobs)
        return dict(zip(self._targets, found, strict=True))

    def _tracker(self, target: TargetId) -> Tracker:
        target = _as_id(target)
        if target not in self._targets:
            known = ", ".join(map(repr, self._targets)) or "none"
            raise InputError(f"target {target!r}: is not followed (targets: {known})")
        return self._targets[target]


def _as_id(target: object) -> TargetId:
    """What a target is known under; raises InputError for what is none, though it be equal to one, as True is to 1."""
    if isinstance(target, str):
        return str(target)
    if isinstance(target, bool) or not isinstance(target, Integral):
        raise InputError(f"target id {target!r}: expected an int or a str")
    return int(target)


def _at_once(pool: ThreadPoolExecutor, jobs: Sequence[tuple[Tracker, NDArray[np.uint8]]]) -> list[TrackResult]:
    """Every tracker's result on its frame. However it ends, none of them is still at work."""
    running = [pool.submit(tracker.update, frame) for tracker, frame in jobs]
    try:
        return [future.result() for future in running]
    finally:
        for future in running:
            future.cancel()
        wait(running)
