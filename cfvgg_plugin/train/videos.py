"""Frames of video files, each decoded once: a pass through a video stores all of them that may be asked for.

Frames are counted as they come, which is how `cfvgg track` numbers them; seeking counts otherwise in many files. A
frame is always what its JPEG (quality 95, full colour) says, whether that comes from the cache or was made just now.
"""

import hashlib
import json
import os
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.frames import read_image
from cfvgg_plugin.train.cache import Cache

VIDEO_ENDINGS = {".mp4", ".m4v", ".avi", ".mkv", ".mov", ".webm", ".mpg", ".mpeg"}
MOST, BLOCKS = 600, 10
"""Frames that are used of one video, at most, and the runs of consecutive frames into which they fall."""
RECENT = 64 * 10**6
"""Bytes of encoded frames that a process keeps in memory."""


@dataclass(frozen=True)
class VideoFrame:
    """A frame of a video file."""

    video: Path
    number: int
    """0 for the first."""

    def __str__(self) -> str:
        """As messages name it, counted from 1 as those of `cfvgg track` do."""
        return f"{self.video}, frame {self.number + 1}"


Frame = Path | VideoFrame
"""Where a picture is: an image file, or a frame of a video."""


@lru_cache(maxsize=4096)
def announced_frames(video: Path) -> int:
    """Frames that the file says it has; 0 where it says nothing or cannot be opened."""
    capture = _open(video)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) if capture.isOpened() else 0
    capture.release()
    return max(count, 0)


def count_frames(video: Path) -> int:
    """Frames that come out of the file."""
    capture, count = _open(video), 0
    while capture.grab():
        count += 1
    capture.release()
    return count


def kept(number: int, count: int) -> bool:
    """Whether a frame of a video of `count` frames is used: all of MOST, else even runs of consecutive ones."""
    return count <= MOST or number % (count / BLOCKS) < MOST // BLOCKS


def read_frame(frame: Frame, cache: Cache | None = None) -> NDArray[np.uint8] | None:
    """RGB (H, W, 3) uint8, or None where it is missing or cannot be decoded."""
    if isinstance(frame, Path):
        return read_image(frame)
    group = _group(frame.video)
    content = _recent.get(group, {}).get(frame.number)
    if content is None and cache is not None:
        content = cache.get(group, _entry(frame.number))
    if content is None:
        content = _pass_through(frame, group, cache)
    if not content:
        return None
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]


_recent: "OrderedDict[str, dict[int, bytes]]" = OrderedDict()
"""Encoded frames of the videos that this process decoded last."""


def _pass_through(frame: VideoFrame, group: str, cache: Cache | None) -> bytes:
    """Decode a video and store its frames; that of `frame`.

    Empty bytes, stored too, stand for a frame that cannot be decoded or never comes.
    """
    count = announced_frames(frame.video)
    missing = {number for number in range(count) if kept(number, count)} | {frame.number}
    held = _recent[group] = {}
    wanted = b""

    def store(number: int, content: bytes) -> None:
        if cache is not None and cache.get(group, _entry(number)) is None:
            cache.put(group, _entry(number), content)
        if sum(map(len, held.values())) + len(content) < RECENT:
            held[number] = content

    for number, image in _decoded(frame.video, count):
        content = _encode(image)
        store(number, content)
        missing.discard(number)
        wanted = content if number == frame.number else wanted
    for number in missing:
        store(number, b"")
    while len(_recent) > 1 and sum(len(c) for frames in _recent.values() for c in frames.values()) > RECENT:
        _recent.popitem(last=False)
    return wanted


def _decoded(video: Path, count: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Number and BGR image of every frame in use that can be decoded."""
    capture, number = _open(video), 0
    while capture.grab():
        if kept(number, count):
            good, image = capture.retrieve()
            if good:
                yield number, image  # type: ignore[misc]
        number += 1
    capture.release()


def _encode(image: NDArray[np.uint8]) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
    return cv2.imencode(".jpg", image, options)[1].tobytes()


def _open(video: Path) -> cv2.VideoCapture:
    """The video, opened or not; what is damaged is told in a line of our own, so OpenCV and FFmpeg are silent."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        # one thread: what FFmpeg makes up for damaged parts depends on how they are shared out
        return cv2.VideoCapture(str(video), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    finally:
        cv2.utils.logging.setLogLevel(level)


def _entry(number: int) -> str:
    return f"{number:06d}.jpg"


@lru_cache(maxsize=4096)
def _group(video: Path) -> str:
    """Changes with the file, and with the library that decodes it."""
    try:
        state = video.stat()
        facts = [str(video.resolve()), state.st_size, state.st_mtime_ns, cv2.__version__]
    except OSError:
        facts = [str(video)]
    return f"frames-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:20]}"
