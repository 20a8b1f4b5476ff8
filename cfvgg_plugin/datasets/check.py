"""Whether a copy of a dataset is whole: looks at every file before hours of tracking are spent on it."""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import check_box
from cfvgg_plugin.datasets.images import decode
from cfvgg_plugin.datasets.known import Copy, choose, find_dataset, twins
from cfvgg_plugin.datasets.sequence import Frame, Place, VideoFrame, count_fault, frame_number, gap_fault, start_fault
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import reason
from cfvgg_plugin.video.frames import image_files, read_image

_SHOWN = 5
"""Files that one line names."""


@dataclass(frozen=True)
class Check:
    """What a check found."""

    ready: int
    """Sequences without a fault."""
    total: int
    """Sequences of the benchmark, of those asked for, or of the plain folder."""
    frames: int
    """Of the sequences that are ready."""
    sound: bool
    """Whether every sequence that is there, or was asked for by name, is ready."""


def check_dataset(
    name: str,
    root: Path,
    names: list[str] | None = None,
    quick: bool = False,
    say: Callable[[str], None] = print,
    follow: Callable[[list[Place]], Iterable[Place]] = iter,
) -> Check:
    """Check the sequences of a dataset below `root`, all or those of `names`; a line a finding goes to `say`.

    quick: open no image. follow: hands the sequences on one by one, and may show how far the check has come.
    Raises InputError where there is no such dataset or name; whatever is wrong with a sequence is a finding.
    """
    copy = find_dataset(name, root)
    places = choose(_expected(copy), names, copy)
    here = [place for place in places if copy.known.open or place.present]
    missing = [place.listed_name for place in places if place not in here]
    double = twins(here)
    if missing:
        say(f"missing: {len(missing)} of {len(places)} sequences: {', '.join(missing)}")
    if copy.strangers and names is None:
        say(f"left out, not of {copy.known.title}: {', '.join(copy.strangers)}")
    for line in double:
        say(line)
    ready = frames = 0
    for place in follow(here):
        findings, count = check_sequence(place, quick, not copy.known.open)
        for finding in findings:
            say(f"{place.name}: {finding}")
        if not findings:
            ready, frames = ready + 1, frames + count
    sound = ready == len(here) and not double and not (missing and names is not None)
    total = (copy.known.total if names is None else None) or len({place.listed_name for place in places})
    return Check(ready, total, frames, sound)


def _expected(copy: Copy) -> list[Place]:
    """The sequences found, and a place that is not present for each that the list has besides."""
    found = {place.listed_name for place in copy.places}
    entries = {} if copy.known.open else copy.known.entries()
    absent = [
        Place(name, copy.root / name, copy.root / name, entry=entry)
        for name, entry in entries.items()
        if name not in found
    ]
    return sorted([*copy.places, *absent], key=lambda place: place.name)


def check_sequence(place: Place, quick: bool, whole: bool) -> tuple[list[str], int]:
    """What is wrong with a sequence, a line each, and the number of its frames.

    whole: it must have as many frames as in the list.
    """
    try:
        return _check_sequence(place, quick, whole)
    except OSError as error:
        return [f"{error.filename or place.images}: {reason(error)}"], 0


def _check_sequence(place: Place, quick: bool, whole: bool) -> tuple[list[str], int]:
    try:
        images = _own_images(place)
    except InputError as error:
        return [str(error)], 0
    findings = list(filter(None, [gap_fault(images, place.numbers)]))
    frames: Sequence[Frame] = images
    boxes = None
    try:
        frames, boxes, _ = place.read()
    except InputError as error:
        findings.append(str(error))
    else:
        findings += _box_faults(place, frames, boxes, len(images), whole)
    if not quick:
        findings += _image_faults(frames, boxes)
    return findings, len(frames)


def _own_images(place: Place) -> list[Path]:
    """The images in its folder; of a folder that several sequences share, its part; none of a video."""
    if place.images.is_file():
        return []
    images = image_files(place.images)
    if not place.numbers:
        return images
    return [image for image in images if frame_number(image) in place.numbers]


def _box_faults(
    place: Place, frames: Sequence[Frame], boxes: NDArray[np.float64], images: int, whole: bool
) -> list[str]:
    """Whether frames, boxes (N, 4), images in the folder and the list differ in number; an unusable first box."""
    own = len(place.entry.frames) if place.entry else 0
    findings = [fault for fault in (count_fault(frames, boxes), start_fault(boxes)) if fault]
    if own and whole and len(boxes) != own:
        findings.append(f"{len(boxes)} boxes, the benchmark has {own}")
    elif len(boxes) != own and images - len(frames) > place.spare:
        findings.append(f"{images} images but {len(boxes)} boxes")
    return findings


def _image_faults(frames: Sequence[Frame], boxes: NDArray[np.float64] | None) -> list[str]:
    """Images that cannot be decoded or differ in size from the first; a first box that does not lie in the first."""
    try:
        sizes = dict(zip(frames, _sizes(frames), strict=True))
    except InputError as error:
        return [str(error)]
    findings = []
    if broken := [_name(frame) for frame, size in sizes.items() if size is None]:
        findings.append(f"cannot be decoded: {_some(broken)}")
    sound = {frame: size for frame, size in sizes.items() if size is not None}
    if not sound:
        return findings
    first, (width, height) = next(iter(sound.items()))
    if other := [f"{_name(frame)} {size[0]}x{size[1]}" for frame, size in sound.items() if size != (width, height)]:
        findings.append(f"of another size than {_name(first)}, {width}x{height}: {_some(other)}")
    if boxes is not None and frames[0] == first and np.isfinite(boxes[0]).all():
        try:
            check_box(boxes[0].tolist(), width, height)
        except InputError as error:
            findings.append(f"first {error}")
    return findings


def _sizes(frames: Sequence[Frame]) -> list[tuple[int, int] | None]:
    """(width, height) of every frame, or None for what is no image. Raises InputError for a video that ends early."""
    files = [frame for frame in frames if isinstance(frame, Path)]
    if len(files) < len(frames):
        return [_size(image) for image in decode(frames)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda file: _size(read_image(file)), files))


def _size(image: NDArray[np.uint8] | None) -> tuple[int, int] | None:
    return None if image is None else (image.shape[1], image.shape[0])


def _name(frame: Frame) -> str:
    """Within its sequence."""
    return f"frame {frame.number + 1}" if isinstance(frame, VideoFrame) else frame.name


def _some(names: list[str]) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
