"""OpenCV's CSRT, KCF, NanoTrack and VitTrack behind the contract of our trackers."""

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.onnx_files import OnnxFiles
from cfvgg_plugin.parameters.opencv.settings import NETWORKS, OpenCVSettings
from cfvgg_plugin.tracker import Tracker, TrackResult
from cfvgg_plugin.video.frames import quiet

MISSING = (
    "needs opencv-contrib-python: pip install 'cfvgg-plugin[opencv-trackers]' (if opencv-python was installed over it: "
    "pip install --force-reinstall --no-deps opencv-contrib-python)"
)
LARGEST = 8
"""Frame areas of a first box, at most. OpenCV reads all of its pixels, which nothing interrupts: CSRT takes 10 s for
nine million of them, in or beyond the frame."""
TOO_OLD = "needs OpenCV 4.9 or newer: pip install -U opencv-python"


class OpenCVTracker(Tracker):
    """One of OpenCV's trackers, started afresh by every `init`.

    OpenCV takes and gives whole pixels: the four numbers of the first box are rounded, and every later box is whole.
    Grey frames are given to it as BGR with three equal channels, as OpenCV's own readers return them. The score is
    NanoTrack's or VitTrack's own; CSRT and KCF have none, which is 1. Where OpenCV says that it failed, the score is 0
    and the box stays the last one.
    """

    def __init__(self, settings: OpenCVSettings, networks: OnnxFiles | None = None) -> None:
        """Raises InputError where this OpenCV lacks the tracker, for unknown options, and for unusable networks."""
        self.settings = settings
        self._networks = networks
        self._name = f"OpenCV's {settings.algorithm} tracker"
        if settings.needs_network and not isinstance(networks, OnnxFiles):
            raise InputError(f"{self._name} runs files of its own: {NETWORKS[settings.algorithm].expected}")
        self._params = self._make_params()
        if networks is not None:
            self._try_networks(networks)

    def _make_params(self) -> Any:
        """OpenCV's object of parameters with the options and the names of the network files."""
        params_class = getattr(cv2, f"Tracker{self.settings.algorithm}_Params", None)
        if params_class is None:
            raise InputError(f"{self._name} {TOO_OLD if self.settings.needs_network else MISSING}")
        params = params_class()
        for name, value in self.settings.options:
            if not hasattr(params, name):
                known = ", ".join(member for member in dir(params) if not member.startswith("_"))
                raise InputError(f"{self._name} has no option {name!r}: it has {known}")
            try:
                setattr(params, name, value)
            except (TypeError, cv2.error):
                raise InputError(f"{self._name}: option {name} cannot be {value!r}") from None
        if self._networks is not None:
            for member, path in self._networks.paths.items():
                setattr(params, member, str(path))
        return params

    def _create(self) -> Any:
        with quiet():
            return getattr(cv2, f"Tracker{self.settings.algorithm}_create")(self._params)

    def _try_networks(self, networks: OnnxFiles) -> None:
        """One frame: most of a network first runs in `update`, where its failure would pass for a lost target."""
        blank = np.zeros((64, 64, 3), np.uint8)
        try:
            tracker = self._create()
            with quiet():
                tracker.init(blank, (24, 24, 16, 16))
                tracker.update(blank)
        except cv2.error as error:
            name = NETWORKS[self.settings.algorithm].tracker
            raise InputError(f"weights {networks}: OpenCV cannot run this as {name} ({_reason(error)})") from None

    def _start(self, image: NDArray[np.uint8], box: Box) -> None:
        rounded = (round(box.x), round(box.y), max(round(box.w), 1), max(round(box.h), 1))
        shown = ",".join(map(str, rounded))
        if rounded[2] * rounded[3] > LARGEST * image.shape[0] * image.shape[1]:
            raise InputError(f"box {shown}: {self._name} takes at most {LARGEST} times the frame's area")
        tracker = self._create()
        try:
            tracker.init(_bgr(image), rounded)
        except cv2.error as error:  # CSRT, for a target of one pixel's width or far outside the frame
            raise InputError(f"box {shown}: {self._name} cannot start on it ({_reason(error)})") from None
        # only now: one that was not started ends the process when it is asked for the next box
        self._tracker, self._box = tracker, box

    def _step(self, image: NDArray[np.uint8]) -> TrackResult:
        try:
            found, box = self._tracker.update(_bgr(image))
        except cv2.error:  # a target that became too small or left the frame
            found = False
        if found:
            self._box = Box(*map(float, box))
        score = self._score() if found else 0.0
        return TrackResult(self._box, score, score < self.settings.lost_below)

    def _score(self) -> float:
        """OpenCV's confidence in [0, 1]; trackers without one have no such method, or answer -1."""
        score = float(getattr(self._tracker, "getTrackingScore", lambda: -1.0)())
        if math.isnan(score):
            return 0.0
        return 1.0 if score < 0 else min(score, 1.0)


def _bgr(image: NDArray[np.uint8]) -> Any:
    """(H, W, 3) in OpenCV's order of channels."""
    return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR if image.ndim == 2 else cv2.COLOR_RGB2BGR)


def _reason(error: cv2.error) -> str:
    """What OpenCV itself says, in one line."""
    return " ".join(str(getattr(error, "err", "") or error).split())
