"""The contract that every tracker fulfils."""

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box, check_box, check_place, is_plausible
from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.features.sampling import is_grey, to_grey


@dataclass(frozen=True)
class TrackResult:
    """What a tracker says about one frame."""

    box: Box
    """Where the target is: (x, y, w, h) floats, pixels, 0-based, top left."""
    score: float
    """Confidence in [0, 1]."""
    lost: bool
    """True when the score is below the tracker's threshold: the box is then a guess."""


class Tracker(ABC):
    """Follows one target: `init` on the first frame, `update` on every later one.

    Images are RGB uint8 (H, W, 3), or grey (H, W), all of one size. A tracker may be initialised again at any time.
    A subclass implements `_start` and `_step`; images and boxes that reach them are already checked, images are in C
    order and writeable, and all of a video are (H, W) if its first one is grey, also where that one was stored with
    three equal channels. `_start` sets attributes and changes nothing in place: what runs goes on if it fails.
    """

    multiobj_mode = "parallel"
    """What pytracking asks for: each object has a tracker of its own."""

    def init(self, image: NDArray[np.uint8], box: Sequence[float]) -> None:
        """Start on the target in `box` = (x, y, w, h). Raises InputError for an image or box that cannot be used.

        If it does not end, the tracker goes on as if it had not been called.
        """
        image = check_image(image)
        image = to_grey(image) if is_grey(image) else image
        checked = check_box(box, image.shape[1], image.shape[0])
        running = vars(self).copy()
        try:
            self._frame_shape, self._seen = image.shape, checked
            self._start(image, checked)
        except BaseException:  # Ctrl-C, too
            self.__dict__ = running
            raise

    def update(self, image: NDArray[np.uint8]) -> TrackResult:
        """Find the target in the next frame.

        The box is finite, of some area, and shares some of that with the frame; where the tracker itself gives another,
        it is the last one that was so, lost, with score 0.

        A grey frame in a colour stream is converted, and the reverse. Raises FrameError if the frame's size differs
        from the first one's, InputError before `init`.
        """
        result = self._step(self._frame(image))
        if not self._note(result.box):
            self._place(self._seen)
            return TrackResult(self._seen, 0.0, True)
        return result if math.isfinite(result.score) else TrackResult(result.box, 0.0, True)

    def search(self, image: NDArray[np.uint8], box: Sequence[float]) -> Box:
        """Where the target is found by looking around `box` = (x, y, w, h) in place of its last place; learns nothing.

        Raises FrameError and InputError as `update` does, and InputError for a tracker whose place cannot be set.
        """
        image = self._frame(image)
        near = check_place(box, image.shape[1], image.shape[0])
        found = self._search_near(image, near)
        if not self._note(found):
            self._note(near)
            self._place(self._seen)
            return self._seen
        return found

    def learn(self, image: NDArray[np.uint8], box: Sequence[float]) -> None:
        """Learn the target in `box` as if it had been found there, and go on from it. Raises as `search` does."""
        image = self._frame(image)
        place = check_place(box, image.shape[1], image.shape[0])
        self._learn_at(image, place)
        self._note(place)

    def correct(self, box: Sequence[float]) -> None:
        """Go on from `box` = (x, y, w, h), a detector's say, in place of the last one; nothing learned is lost.

        Taken over are its centre and, where the tracker follows scale, its area, within the limits of the scale. The
        next frame is judged by itself: doubts of those before do not count. Raises InputError before `init`, for a box
        that `init` would not take, and for a tracker whose place cannot be set.
        """
        height, width = self._shape()[:2]
        place = check_box(box, width, height)
        self._correct_to(place)
        self._note(place)

    def _note(self, box: Box) -> bool:
        """Keep the box as the last good one, if it is one."""
        height, width = self._frame_shape[:2]
        if good := is_plausible(box, width, height):
            self._seen = box
        return good

    def probe(self, image: NDArray[np.uint8], box: Sequence[float]) -> TrackResult:
        """`search` with the score that this frame alone gives the place found, whatever the frames before said.

        Learns nothing; raises as `search` does.
        """
        return self._probe_near(self._frame(image), Box(*map(float, box)))

    def _frame(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A later frame as `_step` wants it."""
        shape = self._shape()
        image = check_image(image)
        if image.shape[:2] != shape[:2]:
            raise FrameError(
                f"frame of {image.shape[1]}x{image.shape[0]} pixels in a stream of {shape[1]}x{shape[0]}: "
                "start again with init on the new size"
            )
        if image.ndim != len(shape):
            image = to_grey(image) if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2RGB)  # type: ignore[assignment]
        return image

    def _shape(self) -> tuple[int, ...]:
        shape: tuple[int, ...] | None = getattr(self, "_frame_shape", None)
        if shape is None:
            raise InputError("the tracker was not started: call init(image, box) first")
        return shape

    @abstractmethod
    def _start(self, image: NDArray[np.uint8], box: Box) -> None: ...

    @abstractmethod
    def _step(self, image: NDArray[np.uint8]) -> TrackResult: ...

    def _place(self, box: Box) -> None:  # noqa: B027
        """Go on from this box; a tracker whose place cannot be set goes on from where it is."""

    def _correct_to(self, box: Box) -> None:
        raise self._unguided()

    def _search_near(self, image: NDArray[np.uint8], box: Box) -> Box:
        raise self._unguided()

    def _learn_at(self, image: NDArray[np.uint8], box: Box) -> None:
        raise self._unguided()

    def _probe_near(self, image: NDArray[np.uint8], box: Box) -> TrackResult:
        raise self._unguided()

    def _unguided(self) -> InputError:
        return InputError(f"{type(self).__name__} cannot be guided: its place cannot be set from outside")

    def initialize(self, image: NDArray[np.uint8], info: Mapping[str, Any]) -> None:
        """Pytracking's name for `init`; the box is info["init_bbox"]."""
        self.init(image, info["init_bbox"])

    def track(self, image: NDArray[np.uint8], info: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Pytracking's name for `update`: {"target_bbox": [x, y, w, h], "object_presence_score": score}."""
        result = self.update(image)
        return {"target_bbox": list(result.box), "object_presence_score": result.score}


def check_image(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) or (H, W) uint8 in C order and writeable, a copy where it was not; a third axis of 1 is dropped.

    For any other layout, and for read-only memory, numba would compile all that reads an image anew.
    """
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        kind = getattr(image, "dtype", type(image).__name__)
        raise InputError(f"image of {kind}: expected a NumPy array of uint8, RGB (H, W, 3) or grey (H, W)")
    pixels = image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image
    if pixels.ndim not in {2, 3} or (pixels.ndim == 3 and pixels.shape[2] != 3) or 0 in pixels.shape:
        raise InputError(f"image of shape {image.shape}: expected RGB (H, W, 3) or grey (H, W)")
    return np.require(np.asarray(pixels), requirements=["C", "W"])
