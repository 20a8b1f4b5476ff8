"""A bounded folder of what is slow to make again: decoded frames, cut patches, teachers' maps; images as JPEG.

Entries lie in groups, a folder each. Any number of processes may read and write at once and be killed at any time: an
entry is written beside its place and renamed, and ends in a checksum. What is missing or damaged is made again, so
that nothing which is computed depends on what the folder holds.
"""

import contextlib
import os
import shutil
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import make_folder, partial_path, sweep

GIGABYTE = 10**9
STAMP = "used"
"""File of a group whose time says when a process last used it."""
IDLE = 3600.0
"""Seconds without use after which a group may be removed to make room."""
TOUCH = 300.0
"""Seconds after which a group in use is marked again."""


def default_folder() -> Path:
    """$CFVGG_CACHE, else the platform's folder for caches."""
    if chosen := os.environ.get("CFVGG_CACHE"):
        return Path(chosen)
    if os.environ.get("XDG_CACHE_HOME") or os.name == "posix":
        return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "cfvgg"
    return Path(click.get_app_dir("cfvgg", roaming=False)) / "cache"


@dataclass
class Cache:
    """The folder as one process sees it; copies of other processes need not know of each other."""

    folder: Path
    limit: int
    """Bytes. Each process may pass it by a sixteenth, as it looks at the folder that seldom."""
    refused: str = ""
    """Why nothing is stored any more; empty while something is."""
    _used: int = -1
    _fresh: int = 0
    """Bytes stored since the folder was measured."""
    _touched: dict[str, float] = field(default_factory=dict)

    def get(self, group: str, name: str) -> bytes | None:
        """What was stored there, unharmed; None where nothing is."""
        try:
            content = (self.folder / group / name).read_bytes()
        except OSError:
            return None
        self._touch(group)
        body = content[:-4]
        return body if len(content) >= 4 and zlib.crc32(body) == int.from_bytes(content[-4:], "big") else None

    def put(self, group: str, name: str, content: bytes) -> None:
        """Store an entry, if there is room; `refused` says why not. Raises nothing: a run goes on without a cache."""
        if self.refused or not self._room(len(content)):
            return
        path = self.folder / group / name
        temporary = partial_path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._touch(group)
            temporary.write_bytes(content + zlib.crc32(content).to_bytes(4, "big"))
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            self.refused = f"cache {self.folder}: {error.strerror or error}; what it lacks is computed each time"
            return
        self._used += len(content)
        self._fresh += len(content)

    def _room(self, size: int) -> bool:
        """Whether so many bytes fit; groups that nobody uses make room."""
        if self._used < 0 or self._used + size > self.limit or self._fresh > self.limit // 16:
            self._measure(size)
        if self._used + size > self.limit:
            self.refused = (
                f"cache {self.folder}: full ({self.limit / GIGABYTE:g} GB), what does not fit is computed each time; "
                "--cache-size allows more"
            )
        return not self.refused

    def _measure(self, size: int) -> None:
        """Count what lies in the folder, and remove groups that are idle, the longest first, until `size` fits."""
        sweep(self.folder)
        groups = {path: _size(path) for path in self.folder.iterdir() if path.is_dir()} if self.folder.is_dir() else {}
        self._used, self._fresh = sum(groups.values()), 0
        idle = {path: since for path in groups if (since := _idle(path)) > IDLE and path.name not in self._touched}
        for path in sorted(idle, key=lambda path: -idle[path]):
            if self._used + size <= self.limit:
                break
            shutil.rmtree(path, ignore_errors=True)
            self._used -= groups[path]

    def _touch(self, group: str) -> None:
        now = time.monotonic()
        if now - self._touched.get(group, -TOUCH) >= TOUCH:
            self._touched[group] = now
            with contextlib.suppress(OSError):  # it may be read-only; then nobody removes it either
                (self.folder / group / STAMP).touch()


def open_cache(folder: Path | None, gigabytes: float) -> Cache:
    """The cache in a folder, or in the default one, which is made when something is stored.

    Raises InputError where a folder that was asked for cannot be made or written.
    """
    if folder is not None and not os.access(make_folder(folder), os.W_OK):
        raise InputError(f"cache {folder}: no permission to write in it")
    return Cache(folder or default_folder(), int(gigabytes * GIGABYTE))


def _size(group: Path) -> int:
    total = 0
    with contextlib.suppress(OSError), os.scandir(group) as entries:  # another process may remove it just now
        for entry in entries:
            total += entry.stat().st_size
    return total


def _idle(group: Path) -> float:
    """Seconds since a group was used; one without mark is as old as its folder."""
    for path in (group / STAMP, group):
        try:
            return time.time() - path.stat().st_mtime
        except OSError:
            continue
    return 0.0


OPTIONS = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]


def encode_jpeg(image: NDArray[np.uint8]) -> bytes:
    """A file of an RGB image (H, W, 3)."""
    return cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), OPTIONS)[1].tobytes()


def decode_jpeg(content: bytes) -> NDArray[np.uint8] | None:
    """RGB (H, W, 3), or None for what is no image."""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    return None if image is None else cv2.cvtColor(image, cv2.COLOR_BGR2RGB)  # type: ignore[return-value]
