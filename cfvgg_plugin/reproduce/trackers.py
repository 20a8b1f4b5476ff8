"""Which tracker of ours, and which folder of raw results, is which tracker of the paper; and the network it runs on."""

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from cfvgg_plugin.datasets.images import read_frame
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.run import LoadedTracker, load_tracker
from cfvgg_plugin.networks.architectures.vgg_m import Settings
from cfvgg_plugin.networks.network import geometry
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings
from cfvgg_plugin.registry import create_tracker, full_names, load_settings, split_name
from cfvgg_plugin.reproduce.paper import NAMES
from cfvgg_plugin.reproduce.table import BASELINE, STUDENT, PaperRow, PaperTable

OURS = {
    "fECO": "feco/adaptive", "fDeepSTRCF": "fdeepstrcf/adaptive", "ECO": "feco/vgg_m", "DeepSTRCF": "fdeepstrcf/vgg_m",
    "ECOhc": "feco/hand_crafted", "STRCF": "fdeepstrcf/hand_crafted", "KCF": "fkcf/hog",
}  # fmt: skip
"""What runs for a tracker of the paper; its own fECO and fDeepSTRCF adapt to the first frame."""
UNCOMPRESSED = ("ECO", "DeepSTRCF")
"""Those that run on the baseline's network."""
_ROWS = {name: row for row, name in OURS.items()} | {
    "feco/cf_vgg": "fECO", "feco/default": "fECO", "feco/vot": "fECO", "feco/teacher": "ECO",
    "fdeepstrcf/cf_vgg": "fDeepSTRCF", "fdeepstrcf/default": "fDeepSTRCF", "fdeepstrcf/vot": "fDeepSTRCF",
    "fdeepstrcf/teacher": "DeepSTRCF", "feco/hand_crafted_vot": "ECOhc",
}  # fmt: skip


def paper_rows(names: Iterable[str]) -> tuple[PaperRow, ...]:
    """A row for each of the paper's trackers."""
    return tuple(_row(name, OURS.get(name)) for name in names)


def _row(name: str, tracker: str | None) -> PaperRow:
    return PaperRow(name, tracker, (BASELINE if name in UNCOMPRESSED else STUDENT).name)


def row_of(name: str) -> str:
    """The paper's name of one of our trackers, given as `tracker/setting`; else the same name."""
    return _ROWS.get(name, name)


def row_of_folder(name: str) -> str:
    """The paper's name of other people's tracker: 'ECO-HC' is ECOhc, 'authors-fECO' fECO; else the folder's name."""
    plain = _plain(name.casefold().removeprefix("authors-"))
    return next((row for row in NAMES if _plain(row) == plain), row_of(name))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.casefold())


def choose_rows(table: PaperTable, trackers: Iterable[str], files: Mapping[str, Path | None]) -> list[PaperRow]:
    """The rows that can run on the networks of `files`, by variant; where `trackers` are named, one for each of these.

    Raises InputError for an unknown tracker, and for a named one whose network is not there.
    """
    names = dict.fromkeys("/".join(split_name(name)) for name in trackers)
    if not names:
        known = full_names()
        return [row for row in table.rows if row.tracker in known and row.network in ("", *files)]
    rows = [_row(row_of(name), name) for name in names]
    for row in rows:
        if row.network not in files:
            raise InputError(f"tracker {row.tracker}: runs on an uncompressed network; give --weights baseline=FILE")
    return rows


def load_row(row: PaperRow, file: Path | None, label: str = "") -> LoadedTracker:
    """A row's tracker with its network. Raises InputError where one cannot be had."""
    tracker = row.tracker or ""
    if file is not None and row.network == BASELINE.name:
        return _on_baseline(tracker, file, label)
    return load_tracker(tracker, str(file) if file is not None else None, label=label)


def _on_baseline(tracker: str, file: Path, label: str) -> LoadedTracker:
    """The uncompressed network: by the setting made for it, or by the same setting on a layer of the same stride."""
    special = f"{split_name(tracker)[0]}/{'teacher' if file.suffix.lower() == '.onnx' else 'vgg_m'}"
    if special in full_names():
        return load_tracker(special, str(file), label=label)
    run = load_tracker(tracker, str(file), label=label)
    settings, backbone = run.settings, run.backbone
    if not isinstance(settings, FKCFSettings) or backbone is None:
        raise InputError(f"tracker {tracker}: has no setting for an uncompressed network")
    layer, paper = settings.feature, geometry(Settings()).taps
    if (tap := getattr(layer, "tap", "")) in backbone.taps or tap not in paper:
        return run
    same = [other for other in backbone.taps if backbone.stride(other) == paper[tap].stride]
    if not same:
        raise InputError(f"{file}: has no layer {tap}, nor one of its stride {paper[tap].stride}")
    # the deepest, as conv2 and conv5 are the deepest of theirs
    changed = dataclasses.replace(settings, feature=dataclasses.replace(layer, tap=same[-1]))  # type: ignore[type-var]
    return dataclasses.replace(run, settings=changed)


def ran_as(run: LoadedTracker) -> str:
    """`tracker/setting`, and the layer where it is not the setting's own."""
    if not isinstance(run.settings, FKCFSettings) or run.settings == load_settings(run.name):
        return run.name
    return f"{run.name} on {getattr(run.settings.feature, 'tap', '')}"


def try_start(run: LoadedTracker, file: Path | None, sequence: Sequence) -> None:
    """Start the tracker on a sequence's first frame. Raises InputError where it cannot run on its network.

    Some trackers look for their layers only then; better now than after the rows before.
    """
    image = read_frame(sequence, 0)
    if image is None:
        return  # the run tells of it
    try:
        create_tracker(run.name, weights=run.backbone, settings=run.settings).init(image, sequence.boxes[0])
    except InputError as error:
        raise InputError(f"{run.name} cannot start on {sequence.name}, network {file or 'none'}: {error}") from None
