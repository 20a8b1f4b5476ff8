"""Trackers on one benchmark, ours and other people's: what tables VII and VIII and most figures are made of."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.evaluate import Plan, evaluate
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.run import Entrant
from cfvgg_plugin.evaluation.store import open_dataset_folder
from cfvgg_plugin.evaluation.table import common
from cfvgg_plugin.registry import split_name
from cfvgg_plugin.reproduce.paper import NAMES
from cfvgg_plugin.reproduce.tables import enter_network
from cfvgg_plugin.reproduce.variants import BASELINE, STUDENT, given_files

OURS = {
    "fECO": "feco/adaptive",
    "fDeepSTRCF": "fdeepstrcf/adaptive",
    "ECO": "feco/vgg_m",
    "DeepSTRCF": "fdeepstrcf/vgg_m",
    "ECOhc": "feco/hand_crafted",
    "STRCF": "fdeepstrcf/hand_crafted",
    "KCF": "fkcf/hog",
}
"""What runs for a tracker of the paper; its own fECO and fDeepSTRCF adapt to the first frame."""
UNCOMPRESSED = ("ECO", "DeepSTRCF")
"""Those that run on the baseline's network."""
_ROWS = {name: row for row, name in OURS.items()} | {
    "feco/cf_vgg": "fECO",
    "feco/default": "fECO",
    "fdeepstrcf/cf_vgg": "fDeepSTRCF",
    "fdeepstrcf/default": "fDeepSTRCF",
    "feco/teacher": "ECO",
    "fdeepstrcf/teacher": "DeepSTRCF",
    "feco/vot": "fECO",
    "fdeepstrcf/vot": "fDeepSTRCF",
    "feco/hand_crafted_vot": "ECOhc",
}
RAW = "raw results"


@dataclass(frozen=True)
class FieldJob:
    """What the user asked for."""

    dataset: str
    """As in --dataset."""
    root: Path | None
    """Its folder; None: it is not at hand, so that only the paper's figures are shown."""
    sequences: list[str] | None
    """Only these; None: all."""
    trackers: tuple[str, ...]
    """`tracker/setting` of those to run; empty: the table's own."""
    weights: tuple[str, ...]
    """student=FILE, baseline=FILE."""
    results: Path | None
    """Other people's raw results, a folder for each tracker."""
    out: Path
    """Boxes and figures are written here."""
    workers: int
    """Sequences that are run at the same time."""
    threads: int
    timing: bool
    """Whether frames/s are measured."""

    @property
    def networks(self) -> dict[str, Path]:
        """Files by variant. Raises InputError for an unknown variant and for a file that is missing."""
        return given_files((BASELINE, STUDENT), self.weights)

    @property
    def plan(self) -> Plan:
        """How trackers are run. Raises InputError for timing with several workers."""
        return Plan(self.workers, self.threads, timing=self.timing)


@dataclass(frozen=True)
class Entry:
    """A tracker's result, and whose."""

    row: str
    """The tracker's name in the paper; its own where the paper has none of the name."""
    source: str
    """`tracker/setting` that ran, or RAW."""
    result: TrackerResult

    @property
    def ours(self) -> bool:
        """Whether it was run here."""
        return self.source != RAW

    @property
    def label(self) -> str:
        """For a line of a table."""
        return self.source if self.ours else f"{self.result.name}, {RAW}"


@dataclass(frozen=True)
class Field:
    """All trackers on the sequences that each of them has a score of."""

    dataset: Dataset
    entries: tuple[Entry, ...]
    left_out: tuple[str, ...]
    """Sequences at hand that some tracker has no score of."""
    failures: tuple[str, ...]
    """A line for every missing score."""
    networks: Mapping[str, Path]
    """Files that the user gave, by variant."""

    def of(self, row: str) -> list[Entry]:
        """The entries of a tracker of the paper, ours first."""
        return [entry for entry in self.entries if entry.row == row]

    @property
    def results(self) -> list[TrackerResult]:
        """All results, for a drawing."""
        return [entry.result for entry in self.entries]

    @property
    def scored(self) -> int:
        """Sequences that every tracker has a score of."""
        return len(self.dataset.sequences) - len(self.left_out)


def open_benchmark(job: FieldJob, only: Sequence[str] | None = None) -> Dataset | None:
    """The dataset, or those of its sequences that are among `only`; None where it is not at hand.

    Raises InputError for a folder without sequences, for a name in --sequences that it lacks, and for options that
    say what to do with sequences where there are none.
    """
    if job.root is None:
        if job.trackers or job.sequences is not None or job.results is not None:
            raise InputError("--tracker, --sequences and --results are for sequences: give their folder by --root")
        return None
    dataset = load_dataset(job.dataset, job.root, job.sequences)
    if only is None:
        return dataset
    chosen = tuple(sequence for sequence in dataset.sequences if sequence.name in only)
    return Dataset(dataset.name, dataset.title, dataset.root, chosen, dataset.total)


def prepare(rows: Sequence[str], dataset: Dataset, job: FieldJob) -> tuple[list[Entrant], list[TrackerResult]]:
    """Our trackers of `rows`, or those that the job names, and other people's results, scored.

    A tracker on the uncompressed network is only run where that network is given. Raises InputError, before anything
    runs, for trackers, networks and results that cannot be used.
    """
    files = job.networks
    names = ["/".join(split_name(name)) for name in job.trackers]
    if not names:
        names = [OURS[row] for row in rows if row in OURS and (row not in UNCOMPRESSED or BASELINE.name in files)]
    entrants = []
    for name in dict.fromkeys(names):
        variant = BASELINE.name if row_of(name) in UNCOMPRESSED else STUDENT.name
        if variant == BASELINE.name and variant not in files:
            raise InputError(f"tracker {name}: runs on an uncompressed network; give --weights {variant}=FILE")
        entrants.append(enter_network(name, variant, files.get(variant)))
    theirs = read_results(job.results, dataset.sequences).trackers if job.results is not None else []
    return entrants, theirs


def run_field(dataset: Dataset, entrants: Sequence[Entrant], theirs: Sequence[TrackerResult], job: FieldJob) -> Field:
    """Run our trackers, put the others' results beside them, and keep the sequences that all have a score of.

    Boxes go to OUT/boxes/DATASET; what is there already is not run again. Raises InputError where they cannot be
    written.
    """
    plan = job.plan
    folder = open_dataset_folder(job.out / "boxes", dataset)
    frames = sum(len(s.frames) for s in dataset.sequences) * len(entrants)
    with tqdm(total=frames, unit="frame", desc=dataset.title, disable=None) as progress:
        ours = evaluate(entrants, dataset.sequences, folder, plan, progress.update)
    results = [*ours, *theirs]
    names = common(results)
    entries = [Entry(row_of(result.name), result.name, result.only(names)) for result in ours]
    entries += [Entry(row_of_folder(result.name), RAW, result.only(names)) for result in theirs]
    return Field(
        dataset,
        tuple(entries),
        tuple(s.name for s in dataset.sequences if results and s.name not in names),
        tuple(line for result in results for line in result.failures),
        job.networks,
    )


def row_of(name: str) -> str:
    """The paper's name of one of our trackers, given as `tracker/setting`; else the same name."""
    return _ROWS.get(name, name)


def row_of_folder(name: str) -> str:
    """The paper's name of other people's tracker: 'ECO-HC' is ECOhc, 'authors-fECO' fECO; else the folder's name."""
    plain = _plain(name.casefold().removeprefix("authors-"))
    return next((row for row in NAMES if _plain(row) == plain), row_of(name))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9+]", "", name.casefold())
