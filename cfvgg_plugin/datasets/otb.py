"""Sequences in OTB layout: NAME/img/*.jpg beside NAME/groundtruth_rect.txt (or .1.txt, .2.txt for several targets)."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from cfvgg_plugin.datasets.boxes import read_boxes
from cfvgg_plugin.datasets.entries import Entry, read_list
from cfvgg_plugin.datasets.places import Annotated, Place, clean_boxes, read_sequence
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.video.frames import image_files


def load_otb(root: Path, names: list[str] | None = None) -> list[Sequence]:
    """Sequences below `root`, all or those of `names`, in alphabetical order.

    Annotations of OTB are 1-based; the boxes returned are 0-based. Rows with NaN or without area become NaN.
    Raises InputError for a missing folder or name, and for a sequence whose annotations and frames do not match.
    """
    if not root.is_dir():
        raise InputError(f"dataset folder {root}: does not exist")
    found = {place.name: place for place in find_otb(root, read_list("otb"))}
    if not found:
        raise InputError(
            f"dataset folder {root}: no sequence in OTB layout (NAME/img/*.jpg and NAME/groundtruth_rect.txt)"
        )
    if missing := [name for name in names or [] if name not in found]:
        raise InputError(f"no sequence {', '.join(missing)} in {root}; there are {', '.join(found)}")
    return [read_sequence(found[name]) for name in sorted(names or found)]


def find_otb(root: Path, entries: Mapping[str, Entry]) -> list[Place]:
    """Every target that has boxes, in alphabetical order of the files."""
    places = []
    for file in sorted(root.glob("*/groundtruth_rect*.txt")):
        if file.stem != "groundtruth_rect" and file.is_file() and not file.read_bytes().strip():
            continue  # OTB's Human4 has an empty file for a target that is not annotated
        name = file.parent.name + file.stem.removeprefix("groundtruth_rect")  # 'David', 'Jogging.1'
        entry = entries.get(_listed_name(name))
        images = file.parent / "img"
        places.append(Place(name, images, file, partial(_read, images, file, entry), entry))
    return places


def _listed_name(name: str) -> str:
    """The name in OTB's list, also of a folder for one target alone: 'Jogging-1', 'Human4'."""
    return "Human4.2" if name == "Human4" else re.sub(r"-(\d)$", r".\1", name)


def _read(images: Path, annotation: Path, entry: Entry | None) -> Annotated:
    """The annotated frames: OTB has videos that begin before their first box or go on after the last."""
    boxes = clean_boxes(read_boxes(annotation), 1)
    frames = image_files(images)
    if entry and len(frames) > len(boxes):
        frames = [f for f in frames if not f.stem.isdecimal() or int(f.stem) >= entry.frames.start]
    return Annotated(frames[: len(boxes)], boxes)
