"""ILSVRC-2015 VID: Annotations/VID/SPLIT/.../SNIPPET/*.xml beside Data/VID/SPLIT/.../SNIPPET/*.JPEG."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.datasets.boxes import MOST
from cfvgg_plugin.datasets.entries import Entry
from cfvgg_plugin.datasets.places import Annotated, Place, clean_boxes, faulty, from_first_box
from cfvgg_plugin.errors import InputError


def find_vid(root: Path, _: Mapping[str, Entry]) -> list[Place]:
    """Every track of every snippet; all annotations are read."""
    places = []
    for folder in snippets(root):
        try:
            found = [read_objects(file) for file in annotations(folder)]
        except InputError as error:
            places.append(faulty(folder.name, folder, folder, error))
            continue
        for track in sorted({track for objects in found for track in objects}):
            read = partial(_read, folder, [objects.get(track) for objects in found])
            places.append(Place(f"{folder.name}.{track}", image_of(folder), folder, read, spare=MOST))
    return places


def _read(folder: Path, boxes: list[Box | None]) -> Annotated:
    """From the first frame with a box to the last."""
    last = max(number for number, box in enumerate(boxes, 1) if box)
    rows = clean_boxes([box or [np.nan] * 4 for box in boxes[:last]], 0)
    return from_first_box([image_of(file) for file in annotations(folder)[:last]], rows)


def snippets(root: Path) -> list[Path]:
    """Folders of annotations."""
    return sorted({xml.parent for xml in (root / "Annotations" / "VID").rglob("000000.xml")})


@lru_cache(maxsize=512)
def annotations(folder: Path) -> list[Path]:
    """A file for every frame of a snippet, in order."""
    return sorted(folder.glob("*.xml"))


def read_objects(file: Path) -> dict[str, Box]:
    """Boxes by track of one annotated frame (corners, inclusive, 0-based). Raises InputError."""
    found = {}
    try:
        for node in ET.parse(file).iter("object"):  # noqa: S314 (the user's own dataset; expat limits expansion)
            corners = [float(node.findtext(f"bndbox/{name}") or "nan") for name in ("xmin", "ymin", "xmax", "ymax")]
            x, y, right, bottom = corners
            if right > x and bottom > y:
                found[node.findtext("trackid") or "0"] = Box(x, y, right - x + 1, bottom - y + 1)
    except (ET.ParseError, OSError, ValueError) as error:
        raise InputError(f"annotation {file}: cannot be read ({error})") from None
    return found


def image_of(annotation: Path) -> Path:
    """The image of an annotated frame, or the folder of a snippet's."""
    parts = list(annotation.parts)
    parts[len(parts) - 1 - parts[::-1].index("Annotations")] = "Data"
    path = Path(*parts)
    return path.with_suffix(".JPEG") if path.suffix == ".xml" else path
