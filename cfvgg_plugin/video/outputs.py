"""What a tracking run leaves behind: boxes as text, an annotated video, a window; boxes and captions on frames."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import environ
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.multi import TargetId
from cfvgg_plugin.system.files import native, replacing
from cfvgg_plugin.tracker import TrackResult
from cfvgg_plugin.video.frames import quiet

FOUND, LOST, TRUTH = (60, 220, 60), (230, 60, 60), (255, 255, 255)
"""RGB colours of a tracked box, a lost one and the truth."""

OKABE_ITO = ((230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167))
"""RGB colours of several targets: without black, the ones that Okabe and Ito chose for all kinds of colour vision."""


def draw_box(image: NDArray[np.uint8], box: Box, colour: tuple[int, int, int], thickness: int = 2) -> None:
    """Draw a rectangle into an RGB image, to a quarter of a pixel; parts outside are cut off."""
    if not np.isfinite(box).all():
        return
    corners = np.array([(box.x, box.y), (box.x + box.w - 1, box.y + box.h - 1)]).clip(-30000, 30000)
    first, second = (tuple(int(v) for v in np.rint(corner * 4)) for corner in corners)
    cv2.rectangle(image, first, second, colour, thickness, cv2.LINE_AA, shift=2)


def annotate(image: NDArray[np.uint8], result: TrackResult, caption: str) -> NDArray[np.uint8]:
    """Copy of an RGB frame with the box (red when lost), its score and a caption."""
    drawn = image.copy()
    draw_box(drawn, result.box, LOST if result.lost else FOUND)
    _write_caption(drawn, f"{caption}  {result.score:.2f}{'  lost' if result.lost else ''}")
    return drawn


def annotate_all(
    image: NDArray[np.uint8], results: Mapping[int | str | None, TrackResult], caption: str
) -> NDArray[np.uint8]:
    """Copy of an RGB frame with a caption and every target's box, in a colour of its own (thin when lost) under its id.

    Colours go by the order of the targets, and come again after seven.
    """
    drawn = image.copy()
    _write_caption(drawn, caption)
    for number, (target, result) in enumerate(results.items()):
        colour = OKABE_ITO[number % len(OKABE_ITO)]
        draw_box(drawn, result.box, colour, 1 if result.lost else 2)
        _write_label(drawn, f"{target}{' lost' if result.lost else ''}", result.box, colour)
    return drawn


def _write_caption(image: NDArray[np.uint8], text: str) -> None:
    (width, height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5, 1)
    image[: height + baseline + 8, : width + 16] //= 3  # a dark ground, so that it reads on every frame
    cv2.putText(image, text, (8, height + 4), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)


def _write_label(image: NDArray[np.uint8], text: str, box: Box, colour: tuple[int, int, int]) -> None:
    """A word on a ground of this colour above a box, or at the frame's edge where that is nearer."""
    (width, height), baseline = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.4, 1)
    across, down = width + 4, height + baseline + 2
    left = round(min(max(box.x - 1, 0), max(image.shape[1] - across, 0)))
    top = round(min(max(box.y - 1 - down, 0), max(image.shape[0] - down, 0)))
    image[top : top + down, left : left + across] = colour
    red, green, blue = colour
    ink = (0, 0, 0) if 3 * red + 6 * green + blue > 1200 else (255, 255, 255)  # whichever stands out
    cv2.putText(image, text, (left + 2, top + height + 1), cv2.FONT_HERSHEY_SIMPLEX, 0.4, ink, 1, cv2.LINE_AA)


def has_display() -> bool:
    """Whether a window can be opened; on a machine without a screen OpenCV would end the whole program."""
    return sys.platform in {"win32", "darwin"} or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


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
