"""The page: its players, where the results come from, and everything that it shows, put into its template."""

import json
from base64 import b64encode
from collections import abc
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, StrictUndefined
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cfvgg_plugin import __version__
from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.sequence import Dataset, Sequence
from cfvgg_plugin.evaluation.raw import RawResults, name_folders
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.store import Manifest, describe_folder
from cfvgg_plugin.plots.frames import TRUTH, TRUTH_STYLE, evenly, shrink
from cfvgg_plugin.plots.gallery import comparable, failures, overview, strips, title
from cfvgg_plugin.plots.style import Styles, assign_styles, figure_bytes
from cfvgg_plugin.report import tables
from cfvgg_plugin.system.files import write_text

QUALITY = 72
"""Of the frames' JPEG."""
FRAMES = 60
"""Frames of each sequence, where nothing else is asked."""
IN_ALL = 2400
"""Frames of all sequences together then: some 30 MB."""


@dataclass(frozen=True)
class Player:
    """One sequence."""

    name: str
    attributes: str
    first: str
    """The first picture, as a data URI."""
    data: dict[str, Any]
    """JSON values for the script: frames (indices), total, size, images (base64 JPEG), truth, boxes, overlap."""


def frames_each(sequences: int) -> int:
    """Frames a sequence by default: 60, and fewer from 41 sequences on, so that the page stays small enough to open."""
    return max(8, min(FRAMES, IN_ALL // max(sequences, 1)))


def make_player(sequence: Sequence, results: abc.Sequence[TrackerResult], count: int) -> Player | None:
    """At most `count` frames, evenly spread, with all trackers' boxes; None where no frame can be decoded.

    `boxes` and `overlap` have an entry a tracker, in the order of `results`: null where it has no result here, else a
    value a frame. Frames that cannot be decoded are left out.
    """
    shown, images, size = [], [], (0, 0)
    chosen = evenly(len(sequence.frames), count)
    for index, image in zip(chosen, read_frames(sequence, chosen), strict=True):
        if image is not None:
            small, size = shrink(image)
            shown.append(index)
            images.append(_jpeg(small))
    if not shown:
        return None
    boxes: list[Any] = []
    overlap: list[Any] = []
    for result in results:
        run = result.on(sequence.name)
        boxes.append(_rows(run.boxes[shown]) if run else None)
        overlap.append(_overlaps(run.boxes[shown], sequence.boxes[shown]) if run else None)
    data = {
        "frames": shown,
        "total": len(sequence.frames),
        "size": size,
        "images": images,
        "truth": _rows(sequence.boxes[shown]),
        "boxes": boxes,
        "overlap": overlap,
    }
    return Player(sequence.name, " ".join(sequence.attributes), f"data:image/jpeg;base64,{images[0]}", data)


def _jpeg(image: NDArray[np.uint8]) -> str:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return b64encode(data.tobytes()).decode()


def _rows(boxes: NDArray[np.float64]) -> list[list[float] | None]:
    """Boxes to a tenth of a pixel; null for one with NaN."""
    return [[round(float(v), 1) for v in box] if np.isfinite(box).all() else None for box in boxes]


def _overlaps(boxes: NDArray[np.float64], truth: NDArray[np.float64]) -> list[float | None]:
    values = overlaps(boxes, truth)
    return [round(float(v), 3) if np.isfinite(box).all() else None for v, box in zip(values, truth, strict=True)]


@dataclass(frozen=True)
class Facts:
    """Of one tracker; without a manifest, of other people's results, only the name."""

    tracker: str
    settings_hash: str = ""
    """Of its settings, weights and backend, as in the folder's name."""
    weights: str = ""
    """SHA-256."""
    backend: str = ""
    machines: tuple[str, ...] = ()
    """Versions, processor and threads of every machine that made some of the results."""
    settings: str = ""
    """All of them, as JSON."""


def read_facts(folder: Path, trackers: Iterable[str]) -> list[Facts]:
    """Facts of the trackers whose results are in `folder` or below it; names as `read_results` gives them.

    Raises InputError for a manifest that is none.
    """
    folders = [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    manifests = {path: manifest for path in folders if (manifest := describe_folder(path)) is not None}
    by_name = {manifest.tracker: path for path, manifest in manifests.items()}
    by_name |= {name: path for path, name in name_folders(manifests).items()}
    by_name |= {path.name: path for path in manifests}
    facts = []
    for name in trackers:
        path = by_name.get(name)
        facts.append(_facts_of(name, path, manifests[path]) if path is not None else Facts(name))
    return facts


def _facts_of(name: str, folder: Path, manifest: Manifest) -> Facts:
    machines = []
    for entry in manifest.made_with:
        versions = ", ".join(f"{package} {version}" for package, version in entry.versions.items())
        threads = f"{entry.threads} thread(s)" if entry.threads else None
        machines.append("; ".join(filter(None, (versions, entry.processor, threads))))
    return Facts(
        name,
        settings_hash=folder.name.rpartition("-")[2],
        weights=manifest.weights.sha256 if manifest.weights else "",
        backend=manifest.backend or "",
        machines=tuple(machines),
        settings=json.dumps(manifest.settings, indent=2),
    )


STRIPS = 6
FAILURES = 3
CHECKED = 5
"""Trackers whose boxes the players show at first: more hide each other."""


@dataclass(frozen=True)
class Picture:
    """An image as a data URI; the text says what is on it."""

    text: str
    uri: str


def write_report(
    path: Path, found: RawResults, folder: Path, dataset: Dataset, heading: str, frames: int | None = None
) -> None:
    """Write results as one HTML file that needs no other file and no network, whole or not at all.

    found: the results of `folder`. heading: how much of the dataset is at hand. frames: at most so many of every scored
    sequence in its player; by default 60, fewer of many sequences; 0 leaves out all frames: players, strips and failure
    cases. Raises InputError where the trackers share no scored sequence, or the file cannot be written.
    """
    best = comparable(found.trackers)
    order = [r.name for r in best] + [r.name for r in found.trackers if not r.scored]
    everything = sorted(found.trackers, key=lambda result: order.index(result.name))
    styles = assign_styles(order)
    scored = {s.name for result in everything for s, _ in result.scored}
    pictured = [s for s in dataset.sequences if s.name in scored]
    frames = frames_each(len(pictured)) if frames is None else frames
    pictured = pictured if frames else []
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    page = environment.from_string(_resource("report.html")).render(
        title=f"{dataset.title}: tracking results",
        heading=heading,
        version=__version__,
        shared=len(best[0].scored),
        trackers=[{"name": name, "color": styles[name].colour, "dashes": styles[name].dashes} for name in order],
        truth={"name": TRUTH, "color": TRUTH_STYLE.colour, "dashes": TRUTH_STYLE.dashes},
        checked=CHECKED,
        summary=tables.summary(best, everything),
        plots=list(_plots(best, title(dataset, best), styles)),
        calibration=tables.calibration(best),
        attributes=tables.by_attribute(best),
        sequences=tables.by_sequence(dataset.sequences, everything),
        comparisons=tables.comparisons(everything),
        facts=read_facts(folder, order),
        skipped=found.skipped,
        strips=[
            Picture(f"{name}: frames with boxes of the best trackers", _jpeg_uri(figure))
            for name, figure in strips(pictured, best, STRIPS, styles)
        ],
        failures=[
            Picture(f"Failure cases of {name}", _jpeg_uri(figure))
            for name, figure in failures(pictured, everything, FAILURES, styles)
        ],
        players=[p for s in pictured if (p := make_player(s, everything, frames)) is not None],
        css=_resource("report.css"),
        script=_resource("report.js"),
    )
    write_text(path, page)


def _resource(name: str) -> str:
    return files("cfvgg_plugin.report").joinpath(name).read_text(encoding="utf-8")


def _plots(results: abc.Sequence[TrackerResult], title: str, styles: Styles) -> Iterator[Picture]:
    for name, figure in overview(results, title, styles):
        scores = ", ".join(f"{result.name} {result.mean('auc'):.3f}" for result in results)
        if name == "reliability":
            errors = {result.name: found.error for result in results if (found := result.calibration)}
            scores = ", ".join(f"{tracker} {error.value:.3f}" for tracker, error in errors.items())
        text = f"Plot of {name.replace('_', ' ')}; {'ECE' if name == 'reliability' else 'AUC'}: {scores}"
        yield Picture(text, f"data:image/svg+xml;base64,{b64encode(figure_bytes(figure, 'svg')).decode()}")


def _jpeg_uri(figure: Figure) -> str:
    return f"data:image/jpeg;base64,{b64encode(figure_bytes(figure, 'jpg', dpi=130)).decode()}"
