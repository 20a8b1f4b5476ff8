"""Raw results on disk: a folder for every tracker, named by the hash of its settings, network and code.

FOLDER/NAME.txt         a box a frame, x,y,w,h, 1-based as in OTB; the first is the given one
FOLDER/confidence/NAME.txt  the tracker's own score of every frame
FOLDER/lost/NAME.txt        1 for every frame in which it said that the target is lost, else 0
FOLDER/seconds/NAME.txt     the time of every update, where it was measured (`--timing`)
FOLDER/manifest.json    tracker, settings, network, and what it was run with

NAME is a sequence, or one run of it where the protocol has several: Crossing@24 starts at frame 24 (counted from 0).
The boxes are written last: a sequence with a file of boxes is done. They do not depend on the number of workers, on
interruptions or on the time of day, so a run that was resumed leaves the same bytes as one that was not.
"""

import importlib
import platform
from pathlib import Path
from typing import Any

import cv2
import msgspec
import numpy as np
import torch
from numpy.typing import NDArray

from cfvgg_plugin import __version__
from cfvgg_plugin.datasets.boxes import read_boxes
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.datasets.sequence import Dataset, Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.code import code_hash, modules_of
from cfvgg_plugin.evaluation.run import OPE, LoadedTracker, Protocol, SequenceRun, read_protocol
from cfvgg_plugin.plugins import plugin_code
from cfvgg_plugin.registry import find_plugin, load_settings, split_name
from cfvgg_plugin.settings import settings_dict, settings_hash
from cfvgg_plugin.system.documents import Count, Document, read_json
from cfvgg_plugin.system.files import exists, make_folder, read_text, replacing, sweep, write_json
from cfvgg_plugin.system.machine import processor_name

FIRST_PIXEL = np.array([1.0, 1.0, 0.0, 0.0])
"""What the files add to 0-based boxes."""


class Machine(Document, frozen=True):
    """What some of the results were made with."""

    versions: dict[str, str] = msgspec.field(default_factory=dict)
    processor: str | None = None
    threads: Count | None = None


class ManifestNetwork(Document, frozen=True):
    """The network of a tracker's results."""

    file: str | None = None
    """As the user named it, if he did."""
    sha256: str = ""
    recipe: dict[str, Any] = msgspec.field(default_factory=dict)


class NotedProtocol(Document, frozen=True):
    """As `Protocol.note` writes it."""

    kind: str
    starts: Count | None = None


class Noted(Document, frozen=True):
    """What `evaluate` notes of a dataset beside the results."""

    dataset: str
    root: str
    protocol: NotedProtocol | None = None


class Manifest(Document, frozen=True):
    """What a tracker's folder says of its results."""

    tracker: str
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    weights: ManifestNetwork | None = None
    changes: str | None = None
    """The stem of the file that changed the settings, if one did."""
    backend: str | None = None
    made_with: tuple[Machine, ...] = ()


def open_dataset_folder(results: Path, dataset: Dataset, protocol: Protocol = OPE) -> Path:
    """The folder for all trackers' results on a dataset by a protocol, with a note of both."""
    folder = make_folder(results / (dataset.name if protocol == OPE else f"{dataset.name}-{protocol.name}"))
    sweep(folder)
    note = {"dataset": dataset.name, "root": str(dataset.root.resolve()), "protocol": protocol.note()}
    write_json(folder / "dataset.json", note)
    return folder


def open_results(
    folder: Path, name: str | None, root: Path | None, names: list[str] | None = None
) -> tuple[Path, Dataset, Protocol]:
    """The folder of a dataset's results, the dataset and the protocol: as named, or as `cfvgg evaluate` noted there.

    `folder` may also be the one above, where it holds the results of one dataset, or of the one named.
    Raises InputError where the dataset is not known or not there.
    """
    if not folder.is_dir():
        raise InputError(f"results {folder}: no such folder")
    inner = sorted(path.parent for path in folder.glob("*/dataset.json"))
    if name is not None and folder / name in inner:
        folder = folder / name
    elif len(inner) == 1:
        folder = inner[0]
    elif inner:
        names_there = ", ".join(path.name for path in inner)
        raise InputError(f"results {folder}: of several datasets or protocols; give one of its folders: {names_there}")
    note, protocol = folder / "dataset.json", OPE
    if note.is_file():
        try:
            noted = read_json(note, Noted, "note of a dataset")
            protocol = read_protocol(msgspec.to_builtins(noted.protocol) if noted.protocol else None)
        except InputError as error:
            raise InputError(f"{error}; it cannot be read: remove it, and give --dataset and --root") from None
        if root is None and not exists(Path(noted.root)):
            raise InputError(
                f"results {folder}: their dataset {name or noted.dataset} was in {noted.root}, which does not exist "
                "any more; give --dataset and --root"
            )
        name, root = name or noted.dataset, root or Path(noted.root)
    if name is None or root is None:
        raise InputError(f"results {folder}: does not say of which dataset; give --dataset and --root")
    return folder, load_dataset(name, root, names), protocol


def check_apart(out: Path, dataset: Dataset) -> None:
    """Raise InputError for a folder of pictures that holds frames of the dataset."""
    frames = (sequence.frames[0] for sequence in dataset.sequences)
    inputs = {(frame if isinstance(frame, Path) else frame.video).parent.resolve() for frame in frames}
    if out.resolve() in inputs:
        raise InputError(f"{out}: holds frames of the dataset; give another folder for the pictures")


def open_folder(results: Path, tracker: LoadedTracker, threads: int = 1) -> Path:
    """The tracker's folder below `results`, with its manifest."""
    tracker_name, backbone = split_name(tracker.name), tracker.backbone
    folder = make_folder(results / "-".join((*tracker_name, tracker_hash(tracker))))
    file = folder / "manifest.json"
    machine = {"versions": _versions(tracker), "processor": processor_name(), "threads": threads}
    found = describe_folder(folder)
    before = found.made_with if found is not None else ()
    if msgspec.convert(machine, Machine) in before:
        return folder
    changes = tracker.changes
    if changes and tracker.settings == load_settings(tracker.name):  # a file may only repeat them
        changes = None
    manifest = {
        "tracker": "/".join(tracker_name),
        "settings": settings_dict(tracker.settings),
        **({"changes": changes.stem} if changes else {}),
        "weights": {"file": tracker.weights, "sha256": backbone.sha256, "recipe": dict(backbone.recipe)}
        if backbone
        else None,
        "backend": backbone.backend if backbone else None,
        "boxes": "x,y,w,h, 1-based as in OTB; the first is the given one",
        "made_with": [*(msgspec.to_builtins(other) for other in before), machine],
    }
    write_json(file, manifest)
    return folder


def tracker_hash(tracker: LoadedTracker) -> str:
    """Ten hexadecimal digits that change with any setting, the weights, a backend other than torch, and the code.

    The code is what the tracker imports of this package, and all of another package that it is of.
    Backends differ in the last digits alone, but over a sequence that can grow into other boxes. A tracker without a
    network has the same results under all of them.
    """
    backbone = tracker.backbone
    network = "" if backbone is None else backbone.sha256
    if backbone is not None and backbone.backend != "torch":
        network += f" {backbone.backend}"
    plugin = find_plugin(tracker.name)
    own = f" {plugin_code(plugin)}" if plugin else ""
    return settings_hash(tracker.settings, f"{network} {code_hash(modules_of(tracker.name, tracker.settings))}{own}")


def _versions(tracker: LoadedTracker) -> dict[str, str]:
    backbone, plugin = tracker.backbone, find_plugin(tracker.name)
    versions = {
        "cfvgg_plugin": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
    }
    if plugin is not None:
        versions[plugin.package] = plugin.version
    runtime = {"onnx": "onnxruntime", "openvino": "openvino"}.get(backbone.backend) if backbone else None
    return versions | ({runtime: str(importlib.import_module(runtime).__version__)} if runtime else {})


def save_run(folder: Path, sequence: Sequence, run: SequenceRun) -> None:
    """Keep a run; every file whole or not at all. Raises InputError where the disk is full."""
    for kind, values, form in (
        ("confidence", run.scores, "%.6f"),
        ("lost", run.lost, "%d"),
        ("seconds", run.seconds, "%.6f"),
    ):
        if values is not None:
            _write(make_folder(folder / kind) / f"{sequence.name}.txt", values[:, None], form)
    _write(folder / f"{sequence.name}.txt", run.boxes + FIRST_PIXEL, "%.4f")


def load_run(folder: Path, sequence: Sequence) -> SequenceRun | None:
    """A run that was kept; None where there is none, or one of other frames or another first box."""
    file = folder / f"{sequence.name}.txt"
    if not file.is_file():
        return None
    try:
        rows = read_boxes(file) - FIRST_PIXEL
        scores, lost, seconds = (_numbers(folder / kind / file.name) for kind in ("confidence", "lost", "seconds"))
    except (InputError, ValueError):
        return None  # damaged: it is run again
    frames = len(sequence.frames)
    if len(rows) != frames or not np.allclose(rows[0], sequence.given, atol=1e-3) or not np.isfinite(rows).all():
        return None
    if scores is None or lost is None or not len(scores) == len(lost) == frames:
        return None
    if not np.isfinite(scores).all():
        return None
    sound = seconds is not None and len(seconds) == frames - 1 and bool((np.isfinite(seconds) & (seconds >= 0)).all())
    seconds = seconds if sound else None
    return SequenceRun(rows, scores, seconds, lost > 0)


def describe_folder(folder: Path) -> Manifest | None:
    """The manifest of a tracker's folder; None where it has none, as other people's results. Raises InputError."""
    file = folder / "manifest.json"
    return read_json(file, Manifest, "manifest") if exists(file) else None


def _write(path: Path, values: NDArray[Any], form: str) -> None:
    with replacing(path) as temporary:
        np.savetxt(temporary, values, fmt=form, delimiter=",")


def _numbers(path: Path) -> NDArray[np.float64] | None:
    """(N,) a number a line; None where there is no such file."""
    return np.array([float(line) for line in read_text(path).split()]) if path.is_file() else None
