"""Frames of video files for training, each decoded once: a pass through a video stores all that may be asked for.

A frame is always what its JPEG says, whether that comes from the cache or was made just now.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from functools import lru_cache
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.boxes import Boxes
from cfvgg_plugin.datasets.images import announced_frames, decode
from cfvgg_plugin.datasets.sequence import Frame, Place, VideoFrame
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.train.cache import Cache, decode_jpeg, encode_jpeg
from cfvgg_plugin.video.frames import read_image

MOST, BLOCKS = 600, 10
"""Frames that are used of one video, at most, and the runs of consecutive frames into which they fall."""
RECENT = 64 * 10**6
"""Bytes of encoded frames that a process keeps in memory."""


@lru_cache(maxsize=512)
def load_place(place: Place) -> tuple[Sequence[Frame], Boxes]:
    """Frames and boxes (N, 4), 0-based, NaN where there is none; of a long video only those that are used have boxes.

    Raises InputError.
    """
    frames, boxes, _ = place.read()
    if frames and isinstance(frames[0], VideoFrame):
        length = length_of(place.images)
        used = np.array([kept(number, length) for number in range(len(boxes))])
        boxes = np.where(used[:, None], boxes, np.nan)
    return frames, boxes


def kept(number: int, length: int) -> bool:
    """Whether a frame of a video of `length` frames is used: all of MOST, else even runs of consecutive ones."""
    return length <= MOST or number % (length / BLOCKS) < MOST // BLOCKS


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
    return decode_jpeg(content)


_recent: "OrderedDict[str, dict[int, bytes]]" = OrderedDict()
"""Encoded frames of the videos that this process decoded last."""


def _pass_through(frame: VideoFrame, group: str, cache: Cache | None) -> bytes:
    """Decode a video and store its frames; that of `frame`.

    Empty bytes, stored too, stand for a frame that cannot be decoded or never comes.
    """
    length = length_of(frame.video)
    missing = {number for number in range(length) if kept(number, length)} | {frame.number}
    held = _recent[group] = {}
    wanted = b""

    def store(number: int, content: bytes) -> None:
        if cache is not None and cache.get(group, _entry(number)) is None:
            cache.put(group, _entry(number), content)
        if sum(map(len, held.values())) + len(content) < RECENT:
            held[number] = content

    for number, image in _decoded(frame.video, length):
        content = encode_jpeg(image)
        store(number, content)
        missing.discard(number)
        wanted = content if number == frame.number else wanted
    for number in missing:
        store(number, b"")
    while len(_recent) > 1 and sum(len(c) for frames in _recent.values() for c in frames.values()) > RECENT:
        _recent.popitem(last=False)
    return wanted


def _decoded(video: Path, length: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Number and RGB image of every frame in use that can be decoded, up to the video's true end."""
    used = (VideoFrame(video, number) for number in count() if kept(number, length))
    with closing(decode(used)) as images, suppress(InputError):  # which says that the video ends, or never began
        for number, image in zip((n for n in count() if kept(n, length)), images, strict=True):
            if image is not None:
                yield number, image


def length_of(video: Path) -> int:
    """Frames that the file says it has; 0 where it says nothing or cannot be opened."""
    try:
        return announced_frames(video)
    except InputError:
        return 0


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
