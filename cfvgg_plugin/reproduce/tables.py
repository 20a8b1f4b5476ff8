"""A table: its rows, the networks they need, and how their figures are shown."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cfvgg_plugin.datasets.images import read_frame
from cfvgg_plugin.datasets.sequence import Sequence as Video
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.run import Entrant, enter
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.architectures.vgg_m import Settings
from cfvgg_plugin.networks.network import geometry, parameter_count
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings
from cfvgg_plugin.registry import create_tracker, full_names, load_settings, split_name
from cfvgg_plugin.reproduce.benchmarks import OTB2015
from cfvgg_plugin.reproduce.paper import Figures
from cfvgg_plugin.reproduce.variants import BASELINE, Variant


@dataclass(frozen=True)
class Row:
    """One configuration of a table."""

    key: str
    """Its name in the table's JSON file."""
    paper: Figures
    tracker: str
    """`tracker/setting`; with the baseline's network its setting for uncompressed networks runs, where it has one."""
    variant: str | None
    """The network; None: the tracker needs none."""


@dataclass(frozen=True)
class Measured:
    """What running a row gave."""

    ran: str
    """`tracker/setting`, and the layer where it is not the setting's own."""
    result: TrackerResult
    auc: float | None
    """Success AUC in per cent; None where all sequences failed."""
    fps: float | None
    megabytes: float | None
    """Of the network; None without one."""


@dataclass(frozen=True)
class Table:
    """A table of the paper."""

    name: str
    """As in `cfvgg reproduce NAME`."""
    title: str
    variants: tuple[Variant, ...]
    rows: tuple[Row, ...]
    render: Callable[[Sequence[Row], Mapping[str, Mapping[str, Measured]]], str]
    """Rows and what was measured, by benchmark and key, as text."""
    notes: tuple[str, ...] = ()
    """What a reader must know about the table, a sentence each."""
    benchmarks: tuple[str, ...] = (OTB2015,)
    """Of the paper's figures, by the names of `--dataset`."""


def enter_network(tracker: str, variant: str | None, file: Path | None) -> Entrant:
    """A tracker with the network of a variant. Raises InputError where one cannot be had."""
    if file is not None and variant == BASELINE.name:
        return _enter_baseline(tracker, file)
    return enter(tracker, str(file) if file is not None else None)


def check_start(entrant: Entrant, file: Path | None, sequence: Video) -> None:
    """Start the tracker on a sequence's first frame. Raises InputError where it cannot run on its network.

    Some trackers look for their layers only then; better now than after the rows before.
    """
    image = read_frame(sequence, 0)
    if image is None:
        return  # the run tells of it
    try:
        tracker = create_tracker(entrant.name, weights=entrant.backbone, settings=entrant.settings)
        tracker.init(image, sequence.boxes[0])
    except InputError as error:
        raise InputError(f"{entrant.name} cannot start on {sequence.name}, network {file or 'none'}: {error}") from None


def _enter_baseline(tracker: str, file: Path) -> Entrant:
    """The uncompressed network: by the setting made for it, or by the same setting on a layer of the same stride."""
    special = f"{split_name(tracker)[0]}/{'teacher' if file.suffix.lower() == '.onnx' else 'vgg_m'}"
    if special in full_names():
        return enter(special, str(file))
    entrant = enter(tracker, str(file))
    settings, backbone = entrant.settings, entrant.backbone
    if not isinstance(settings, FKCFSettings) or backbone is None:
        raise InputError(f"tracker {tracker}: has no setting for an uncompressed network")
    layer, paper = settings.feature, geometry(Settings()).taps
    if (tap := getattr(layer, "tap", "")) in backbone.taps or tap not in paper:
        return entrant
    same = [other for other in backbone.taps if backbone.stride(other) == paper[tap].stride]
    if not same:
        raise InputError(f"{file}: has no layer {tap}, nor one of its stride {paper[tap].stride}")
    # the deepest, as conv2 and conv5 are the deepest of theirs
    changed = dataclasses.replace(settings, feature=dataclasses.replace(layer, tap=same[-1]))  # type: ignore[type-var]
    return dataclasses.replace(entrant, settings=changed)


def measure(entrant: Entrant, result: TrackerResult, file: Path | None) -> Measured:
    """The figures of a finished row."""
    auc = result.mean("auc")
    ran, settings = entrant.name, entrant.settings
    if isinstance(settings, FKCFSettings) and settings != load_settings(ran):
        ran += f" on {getattr(settings.feature, 'tap', '')}"
    percent = auc * 100 if auc is not None else None
    return Measured(ran, result, percent, result.fps, _megabytes(file) if file is not None else None)


def _megabytes(file: Path) -> float:
    """Size of a network: its parameters as float32; of an ONNX file, the file's."""
    if file.suffix.lower() == ".onnx":
        return file.stat().st_size / 1e6
    return parameter_count(load_weights(file).network) * 4 / 1e6


def show(value: float | None, digits: int = 1) -> str:
    """A figure, or a dash."""
    return f"{value:.{digits}f}" if value is not None else "-"


def gap(value: float | None, reference: float | None, digits: int = 1) -> str:
    """A difference with its sign, or a dash."""
    return f"{value - reference:+.{digits}f}" if value is not None and reference is not None else "-"
