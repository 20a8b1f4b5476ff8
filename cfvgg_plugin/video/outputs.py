"""What a tracking run leaves behind: boxes as text, an annotated video, a window."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.multi import TargetId
from cfvgg_plugin.system.files import native, replacing
from cfvgg_plugin.tracker import TrackResult
from cfvgg_plugin.video.drawing import annotate, annotate_all, has_display
from cfvgg_plugin.video.frames import quiet

BOX_ENDINGS = {".txt", ".csv"}
VIDEO_CODECS = {".mp4": "mp4v", ".avi": "MJPG"}


@dataclass(frozen=True)
class TrackedFrame:
    """One frame of a run."""

    number: int
    """That of the source, from 0, whatever is left out."""
    image: NDArray[np.uint8] | None
    """RGB; None where it could not be decoded."""
    results: Mapping[TargetId | None, TrackResult]
    """By target, in the order in which they came; a lone target has no id, which is None."""
    milliseconds: float
    """Time of `init` or `update`; 0 where the frame could not be decoded."""
    seconds: float
    """When it is, from the source's beginning."""
    skipped: int = 0
    """Frames of a live source that went by before it."""


Sink = Callable[[TrackedFrame], None]


class WindowClosed(Exception):
    """The user ended the run in the window."""


@contextmanager
def box_file(path: Path, several: bool = False) -> Iterator[Sink]:
    """Sink that writes one line a frame: x,y,w,h for .txt; frame,x,y,w,h,score,lost,milliseconds,time for .csv.

    several: a line for every target in a frame; MOTChallenge's for .txt (frames, ids and pixels from 1), with a column
    id after the frame's for .csv.
    """
    if path.suffix.lower() not in BOX_ENDINGS:
        raise InputError(f"{path}: boxes are written as .txt or .csv")
    table = path.suffix.lower() == ".csv"
    faults: list[OSError] = []
    with replacing(path) as temporary:
        with temporary.open("w", encoding="utf-8") as file:
            if table:
                file.write(f"frame,{'id,' * several}x,y,w,h,score,lost,milliseconds,time\n")
            line = _table_line if table else _mot_line if several else _line

            def write(frame: TrackedFrame) -> None:
                try:
                    file.writelines(line(frame, target, result) for target, result in frame.results.items())
                except OSError as error:  # told at the end: until then the other outputs go on
                    faults.append(error)

            yield write
        if faults:
            raise faults[0]


def _line(frame: TrackedFrame, target: TargetId | None, result: TrackResult) -> str:
    return ",".join(f"{v:.2f}" for v in result.box) + "\n"


def _table_line(frame: TrackedFrame, target: TargetId | None, result: TrackResult) -> str:
    text = "" if target is None else str(target)
    if "," in text or '"' in text:
        text = '"' + text.replace('"', '""') + '"'
    box = ",".join(f"{v:.2f}" for v in result.box)
    tail = f"{result.score:.4f},{int(result.lost)},{frame.milliseconds:.3f},{frame.seconds:.3f}"
    return f"{frame.number},{text + ',' if text else ''}{box},{tail}\n"


def _mot_line(frame: TrackedFrame, target: TargetId | None, result: TrackResult) -> str:
    x, y, w, h = result.box
    return f"{frame.number + 1},{target},{x + 1:.2f},{y + 1:.2f},{w:.2f},{h:.2f},{result.score:.4f},-1,-1,-1\n"


def _drawn(image: NDArray[np.uint8], frame: TrackedFrame, caption: str) -> cv2.typing.MatLike:
    """The annotated frame as OpenCV writes and shows it."""
    lone = frame.results.get(None)
    drawn = annotate_all(image, frame.results, caption) if lone is None else annotate(image, lone, caption)
    return cv2.cvtColor(drawn, cv2.COLOR_RGB2BGR)


@contextmanager
def video_file(path: Path, rate: float, caption: str) -> Iterator[Sink]:
    """Sink that writes annotated frames to an .mp4 or .avi file, one again for every frame that was skipped after it.

    Raises InputError where not all of them get there.
    """
    codec = VIDEO_CODECS.get(path.suffix.lower())
    if codec is None:
        raise InputError(f"{path}: videos are written as {' or '.join(VIDEO_CODECS)}")
    native(path)
    with replacing(path) as temporary, quiet():
        writer = cv2.VideoWriter()
        written = 0
        last: cv2.typing.MatLike | None = None

        def write(frame: TrackedFrame) -> None:
            nonlocal written, last
            repeated = 0
            if frame.image is None:
                return
            if not writer.isOpened():
                size = (frame.image.shape[1], frame.image.shape[0])
                if not writer.open(native(temporary), cv2.VideoWriter.fourcc(*codec), rate, size):
                    raise InputError(f"{path}: OpenCV cannot write this video ({codec}, {size[0]}x{size[1]})")
            while last is not None and frame.skipped > repeated:  # a live source's video keeps its time
                writer.write(last)
                repeated += 1
            last = _drawn(frame.image, frame, caption)
            writer.write(last)
            written += 1 + repeated

        try:
            yield write
        finally:
            writer.release()
        if not _holds(temporary, written):
            raise InputError(
                f"{path}: cannot be written (not all of its {written} frames got there: is the disk full?)"
            )


def _holds(video: Path, frames: int) -> bool:
    """Whether a video has so many frames, the last of which can be read; OpenCV does not tell of failed writes."""
    capture = cv2.VideoCapture(native(video))
    try:
        announced = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        capture.set(cv2.CAP_PROP_POS_FRAMES, frames - 1)
        return announced >= frames and capture.grab() and capture.retrieve()[0]
    finally:
        capture.release()


@contextmanager
def window(caption: str) -> Iterator[Sink]:
    """Sink that shows annotated frames in a window; q, Escape or closing it raises WindowClosed."""
    if not has_display():
        raise InputError("--display: there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set)")

    shown = False

    def show(frame: TrackedFrame) -> None:
        nonlocal shown
        if shown and cv2.getWindowProperty(caption, cv2.WND_PROP_VISIBLE) < 1:  # imshow would open it again
            raise WindowClosed
        if frame.image is not None:
            cv2.imshow(caption, _drawn(frame.image, frame, caption))
            shown = True
        if cv2.waitKey(1) & 0xFF in {ord("q"), 27}:
            raise WindowClosed

    try:
        yield show
    finally:
        cv2.destroyAllWindows()
