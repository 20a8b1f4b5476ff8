"""Pictures of a sequence, from image files and from videos.

A video is read from its first frame on, without seeking: OpenCV's seeking lands on a neighbouring frame in many a file.
"""

from collections import Counter, abc
from collections.abc import Generator, Iterable
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.sequence import Frame, Sequence, VideoFrame, frame_number
from cfvgg_plugin.datasets.staging import change_light, stage
from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.system.files import check_readable, native, reason
from cfvgg_plugin.video.frames import quiet, read_image

VIDEO_ENDINGS = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".ogv", ".wmv"}

Image = NDArray[np.uint8]


def read_frames(sequence: Sequence, indices: Iterable[int] | None = None) -> Generator[Image | None]:
    """RGB frames (H, W, 3) of a sequence, all in order or those of `indices`; None for one that cannot be decoded.

    Rising indices read a video once. The sequence's change of light is applied.
    Raises FrameError for a video that ends before the frame; InputError for one that cannot be opened.
    """
    frames = sequence.frames if indices is None else [sequence.frames[index] for index in indices]
    with closing(decode(frames)) as images:
        for frame, image in zip(frames, images, strict=True):
            yield image if image is None or sequence.light is None else _lit(sequence, sequence.light, frame, image)


def read_frame(sequence: Sequence, index: int) -> Image | None:
    """The frame of that index, as `read_frames` gives it; a video is decoded up to there."""
    with closing(read_frames(sequence, [index])) as images:
        return next(images)


def _lit(sequence: Sequence, seed: int, frame: Frame, image: Image) -> Image:
    """A file without a number in its name has the light of number 0."""
    time = frame.number if isinstance(frame, VideoFrame) else frame_number(frame) or 0
    return change_light(image, seed, sequence.group or sequence.name, time)


def decode(frames: Iterable[Frame]) -> Generator[Image | None]:
    """Frames before any change of light; raises as `read_frames` does.

    Of a list those that occur again are kept until then; an iterator, which may be endless, is not looked into.
    """
    ahead = frames if isinstance(frames, abc.Sequence) else ()
    left = Counter((frame.video, frame.number) for frame in ahead if isinstance(frame, VideoFrame))
    kept: dict[tuple[Path, int], Image | None] = {}
    video: _Video | None = None
    try:
        for frame in frames:
            if not isinstance(frame, VideoFrame):
                yield read_image(frame)
                continue
            key = frame.video, frame.number
            left[key] -= 1
            if key in kept:
                image = kept.pop(key)
            else:
                if video is None or video.path != frame.video or video.next > frame.number + 1:
                    if video is not None:
                        video.close()
                    video = _Video(frame.video)
                image = video.read(frame.number)
            if left[key] > 0:
                kept[key] = image
            yield image if image is None else _shown(frame, image)
    finally:
        if video is not None:
            video.close()


def _shown(frame: VideoFrame, image: Image) -> Image:
    if frame.turned:
        image = np.roll(image, frame.turned, axis=1)
    return image if frame.staging is None else stage(image, frame.staging)


def count_frames(video: Path) -> int:
    """Frames of a video, counted one by one; remembered while the file does not change. Raises InputError."""
    return _counted(video, *_state(video))


def announced_frames(video: Path) -> int:
    """What the file itself says of its number of frames, at little cost: often an estimate, or 0. Raises InputError."""
    return max(0, int(_stated(video, cv2.CAP_PROP_FRAME_COUNT, *_state(video))))


def frame_size(video: Path) -> tuple[int, int]:
    """(width, height) of its frames, as the file says. Raises InputError."""
    state = _state(video)
    return int(_stated(video, cv2.CAP_PROP_FRAME_WIDTH, *state)), int(_stated(video, cv2.CAP_PROP_FRAME_HEIGHT, *state))


def _state(video: Path) -> tuple[int, int]:
    """What changes with a file's content. Raises InputError where there is none."""
    try:
        state = video.stat()
    except OSError as error:
        raise InputError(f"{video}: cannot be opened as a video ({reason(error)})") from None
    return state.st_size, state.st_mtime_ns


@lru_cache(maxsize=4096)
def _counted(video: Path, size: int, modified: int) -> int:
    with closing(_Video(video)) as opened:
        while opened.skip():
            pass
        return opened.next


@lru_cache(maxsize=4096)
def _stated(video: Path, what: int, size: int, modified: int) -> float:
    with closing(_Video(video)) as opened:
        return opened.capture.get(what)


def _open(path: Path) -> cv2.VideoCapture:
    name = native(path)
    with quiet():
        # One decoding thread: FFmpeg's own would run beside a tracker that is being timed, and what it makes up for
        # damaged parts depends on how they are shared out.
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        return capture if capture.isOpened() else cv2.VideoCapture(name)


class _Video:
    """A video file that is read forwards."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise InputError(f"{path}: no such video")
        check_readable(path)
        self.path, self.next, self.capture = path, 0, _open(path)
        if not self.capture.isOpened():
            raise InputError(f"{path}: cannot be opened as a video")

    def skip(self) -> bool:
        """Go on by a frame; False at the end."""
        if not self.capture.grab():
            return False
        self.next += 1
        return True

    def read(self, number: int) -> Image | None:
        """The frame of that number, the last one read or a later one; None where it is there but cannot be decoded."""
        while self.next <= number:
            if not self.skip():
                raise FrameError(f"{self.path}: ends after {self.next} frames, frame {number + 1} is wanted")
        good, image = self.capture.retrieve()
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if good else None  # type: ignore[return-value]

    def close(self) -> None:
        self.capture.release()
