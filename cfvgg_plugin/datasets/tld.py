"""Sequences in the layout of the TLD set: NAME/NAME.mpg, or images, beside NAME/gt.txt."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np

from cfvgg_plugin.datasets.boxes import read_boxes
from cfvgg_plugin.datasets.clips import video_frames
from cfvgg_plugin.datasets.entries import Entry
from cfvgg_plugin.datasets.images import VIDEO_ENDINGS
from cfvgg_plugin.datasets.places import Annotated, Place, clean_boxes, faulty
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.frames import image_files

ANNOTATIONS = ("gt.txt", "groundtruth.txt")


def find_tld(root: Path, _: Mapping[str, Entry]) -> list[Place]:
    """Every folder with boxes, in alphabetical order. Raises InputError for one that has several videos."""
    places = []
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        try:
            if file := next((folder / name for name in ANNOTATIONS if (folder / name).is_file()), None):
                images = _images(folder)
                places.append(Place(folder.name, images, file, partial(_read, images, file)))
        except OSError as error:
            places.append(faulty(folder.name, folder, folder, error))
    return places


def _images(folder: Path) -> Path:
    """The video, of which one that is named like the folder comes first; else the folder of the images."""
    videos = sorted(path for path in folder.iterdir() if path.suffix.lower() in VIDEO_ENDINGS)
    videos = [video for video in videos if video.stem == folder.name] or videos
    if len(videos) > 1:
        raise InputError(f"{folder}: {videos[0].name} and {videos[1].name}; one video is expected")
    return next(iter(videos), folder / "img" if (folder / "img").is_dir() else folder)


def _read(images: Path, annotation: Path) -> Annotated:
    """Boxes are x1,y1,x2,y2: the first and the last pixel of the target, counted from 1.

    So does the authors' code, whose width of a box is x2 - x1 + 1. NaN says that the target is not to be seen.
    """
    corners = read_boxes(annotation)
    size = corners[:, 2:] - corners[:, :2] + 1
    boxes = clean_boxes(np.hstack([corners[:, :2], size]), 1)
    frames = video_frames(images, len(boxes), annotation) if images.is_file() else image_files(images)
    return Annotated(frames, boxes, np.asarray(np.isnan(corners).all(axis=1)))
