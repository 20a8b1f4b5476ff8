"""A tracker behind TraX: the toolkit sends the paths of frames, the answer is a rectangle and a confidence."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.tracker import Tracker, TrackResult
from cfvgg_plugin.video.frames import read_image, stretch_note


def serve(tracker: Tracker, name: str) -> None:
    """Answer requests until the client says quit; the tracker is started again in place after every failure.

    Regions of other kinds (polygons) arrive as their bounding boxes. A frame that cannot be decoded keeps the last
    box with confidence 0. Raises InputError, of which the client is told too, for a first frame or a box that cannot
    be used, and where the client ends without a word.
    """
    trax = import_extra("trax", "vot", "the TraX server needs")
    # compiled code is loaded before the handshake, not in the first frame, which the realtime experiment times
    noise = np.random.default_rng(0).integers(0, 255, (128, 128, 3), np.uint8)
    tracker.init(noise, (48, 48, 32, 32))
    tracker.update(noise)
    try:
        server = trax.Server([trax.Region.RECTANGLE], [trax.Image.PATH], ["color"], tracker_name=name)
        _answer(server, trax, tracker)
    except trax.TraxException as error:
        raise InputError("the TraX client is gone: it was killed, or does not speak the protocol") from error


def _answer(server: Any, trax: Any, tracker: Tracker) -> None:
    """The session: request, answer, request, ..."""
    last, told = TrackResult(Box(0, 0, 1, 1), 0.0, True), False
    while (request := server.wait()).type != trax.TraxStatus.QUIT:
        path = request.image["color"].path()
        image = read_image(path)
        try:
            if request.type == trax.TraxStatus.INITIALIZE:
                last = _start(tracker, path, image, Box(*request.objects[0][0].bounds()))
                if not told and (note := stretch_note(Path(path))):
                    print(note, file=sys.stderr, flush=True)  # noqa: T201 (the same)
                told = True
            else:
                last = _next(tracker, image, last)
        except Exception as error:
            print(f"{path}: {error}", file=sys.stderr, flush=True)  # noqa: T201 (the toolkit keeps it in its log)
            server.quit(f"{type(error).__name__}: {' '.join(str(error).split())}")
            raise
        server.status([(trax.Rectangle.create(*last.box), {"confidence": last.score})])


def _start(tracker: Tracker, path: str, image: NDArray[np.uint8] | None, box: Box) -> TrackResult:
    if image is None:
        raise InputError(f"{path}: cannot be read as an image, so no tracker can start on it")
    tracker.init(image, box)
    return TrackResult(box, 1.0, False)


def _next(tracker: Tracker, image: NDArray[np.uint8] | None, last: TrackResult) -> TrackResult:
    """The tracker's result; the last box where the frame is no image or the new one is not finite (NaN aborts VOT)."""
    result = tracker.update(image) if image is not None else None
    return result if result is not None and np.isfinite(result.box).all() else TrackResult(last.box, 0.0, True)
