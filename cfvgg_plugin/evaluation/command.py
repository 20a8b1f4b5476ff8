"""The jobs of `cfvgg evaluate`, `cfvgg score` and `cfvgg compare`: check everything, work, show."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from tqdm import tqdm

from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.documents import Count, Document, read_json
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.attributes import attribute_means, attribute_table
from cfvgg_plugin.evaluation.evaluate import Plan, evaluate
from cfvgg_plugin.evaluation.protocols import OPE, Protocol, read_protocol
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.run import LoadedTracker, check_start
from cfvgg_plugin.evaluation.store import open_dataset_folder
from cfvgg_plugin.evaluation.table import sequence_table, summary_table
from cfvgg_plugin.files import JSON, check_writable, exists, write_json
from cfvgg_plugin.frames import stretch
from cfvgg_plugin.threads import processor_name


class NotedProtocol(Document, frozen=True):
    """As `Protocol.note` writes it."""

    kind: str
    starts: Count | None = None


class Noted(Document, frozen=True):
    """What `evaluate` notes of a dataset beside the results."""

    dataset: str
    root: str
    protocol: NotedProtocol | None = None


@dataclass(frozen=True)
class EvaluationReport:
    """What a command tells its user."""

    text: str
    failures: list[str]
    """A line for every result that is missing from the means."""


def run_evaluation(
    datasets: Sequence[Dataset],
    trackers: Sequence[LoadedTracker],
    results: Path,
    plan: Plan,
    json_file: Path | None,
    protocol: Protocol = OPE,
) -> EvaluationReport:
    """Evaluate trackers on datasets by a protocol; what `results` holds already is not run again.

    Raises InputError before anything runs for files and folders that cannot be written, for trackers that cannot be
    run, and for datasets that the protocol does not suit.
    """
    frames = sum(len(run.frames) for d in datasets for sequence in d.sequences for run in protocol.runs(sequence))
    if json_file is not None:
        check_writable(json_file, JSON)
    for tracker in trackers:
        check_start(tracker, protocol.guided)
    folders = {dataset.name: open_dataset_folder(results, dataset, protocol) for dataset in datasets}
    done: dict[str, list[TrackerResult]] = {}
    with tqdm(total=frames * len(trackers), unit="frame", disable=None, smoothing=0.05) as progress:
        for dataset in datasets:
            progress.set_description(dataset.title)
            folder = folders[dataset.name]
            done[dataset.name] = evaluate(trackers, dataset.sequences, folder, plan, progress.update, protocol)
    if json_file is not None:
        _write(json_file, done)
    text = [f"{coverage(dataset, protocol)}{_stretched(dataset)}\n\n{show(done[dataset.name])}" for dataset in datasets]
    failures = [line for found in done.values() for result in found for line in result.failures]
    return EvaluationReport("\n\n\n".join(text), failures)


def score_folder(
    folder: Path, dataset: Dataset, protocol: Protocol, first_pixel: int, json_file: Path | None
) -> EvaluationReport:
    """Score raw results, ours or other people's. Raises InputError for a folder that holds none of this dataset."""
    if json_file is not None:
        check_writable(json_file, JSON)
    found = read_results(folder, dataset.sequences, first_pixel, protocol=protocol)
    if json_file is not None:
        _write(json_file, {dataset.name: found.trackers})
    text = f"{coverage(dataset, protocol)}\n\n{show(found.trackers)}"
    return EvaluationReport(text, found.skipped)


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


def coverage(dataset: Dataset, protocol: Protocol = OPE) -> str:
    """How much of the benchmark is at hand, and how it is run."""
    have = len(dataset.sequences)
    whole = f" of {dataset.total}" if dataset.total is not None else ""
    text = f"{dataset.title}: {have}{whole} sequence(s), {sum(len(s.frames) for s in dataset.sequences):,} frames"
    runs = sum(len(protocol.runs(sequence)) for sequence in dataset.sequences)
    return text if protocol == OPE else f"{text}; {protocol.kind} by {runs} runs"


def _stretched(dataset: Dataset) -> str:
    """A line on sequences of images of more than 8 bits, if there are any."""
    firsts = (sequence.frames[0] for sequence in dataset.sequences)
    count = sum(stretch(frame) is not None for frame in firsts if isinstance(frame, Path))
    text = "images of more than 8 bits, of which the range of each folder's first becomes all 256 levels"
    return f"\n{count} sequence(s) have {text}" if count else ""


def show(results: Sequence[TrackerResult]) -> str:
    """A table for each tracker, one of all where there are several, and one by attribute where sequences have any."""
    parts = [sequence_table(result) for result in results]
    if len(results) > 1:
        parts.append(summary_table(results))
    parts.append(attribute_table(results))
    return "\n\n".join(filter(None, parts))


def _figures(result: TrackerResult) -> dict[str, Any]:
    attributes = {name: {"auc": mean, "sequences": count} for name, (mean, count) in attribute_means(result).items()}
    return result.summary() | {"attributes": attributes}


def _write(file: Path, done: dict[str, list[TrackerResult]]) -> None:
    """JSON: {"trackers": ...} of one dataset, {"datasets": {NAME: {"trackers": ...}}} of several."""
    by_dataset = {name: {"trackers": {r.name: _figures(r) for r in found}} for name, found in done.items()}
    content = next(iter(by_dataset.values())) if len(by_dataset) == 1 else {"datasets": by_dataset}
    write_json(file, {**content, "processor": processor_name()})
