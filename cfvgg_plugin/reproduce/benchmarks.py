"""The paper's benchmarks, and how much of them is at hand."""

from collections.abc import Sequence
from typing import Any

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.errors import InputError

OTB2015 = "otb2015"
PLAIN = "otb"
"""A folder in OTB layout, of whatever sequences; it stands in for OTB-2015."""


def stands_for(dataset: str) -> str:
    """The benchmark whose figures a dataset is shown beside."""
    return OTB2015 if dataset == PLAIN else dataset


def title_of(benchmark: str) -> str:
    """As in papers."""
    return DATASETS[benchmark].title


def benchmark_of(dataset: str, benchmarks: Sequence[str]) -> str:
    """Which of a table's benchmarks a dataset is shown beside: its own, else the first one."""
    return stands_for(dataset) if stands_for(dataset) in benchmarks else benchmarks[0]


def check_several(benchmarks: Sequence[str], names: Sequence[str]) -> None:
    """Raise InputError for a dataset that is none of the table's, and for two of one benchmark."""
    columns = [stands_for(name) for name in names]
    for name, column in zip(names, columns, strict=True):
        if column not in benchmarks:
            raise InputError(f"--dataset {name}: the paper's figures are of {', '.join(benchmarks)}")
        if columns.count(column) > 1:
            raise InputError(f"--dataset: {title_of(column)} is given twice")


def coverage_notes(dataset: Dataset, benchmark: str) -> list[str]:
    """On how much ours rests, and what that means for the differences to the paper's figures, of `benchmark`."""
    names, whole = [s.name for s in dataset.sequences], DATASETS[benchmark]
    frames = f"{sum(len(s.frames) for s in dataset.sequences):,} frames"
    listed = ", ".join(names) if len(names) <= 12 else f"{names[0]} to {names[-1]}"
    if dataset.name == benchmark:
        first = f"ours: {len(names)} of {whole.title}'s {whole.total} sequences, {frames} ({listed})"
    else:
        where = "at hand" if dataset.name == PLAIN else f"of {dataset.title}"
        paper = f"the paper: the {whole.total} of {whole.title}"
        first = f"ours: {len(names)} sequence(s) {where}, {frames} ({listed}); {paper}"
    if dataset.name == benchmark and len(names) == whole.total:
        return [first]
    return [
        first,
        f"NOT COMPARABLE with the paper: its figures are of all of {whole.title}, and other sequences are harder or"
        " easier; a difference says something only between rows on the same sequences",
    ]


def missing_note(benchmark: str) -> str:
    """What is said of a benchmark that is not given."""
    return f"{title_of(benchmark)}: not at hand, so only the paper's figures (--dataset {benchmark} --root DIR)"


def describe_datasets(datasets: Sequence[Dataset]) -> dict[str, Any]:
    """The datasets by name, for a JSON file."""
    return {
        d.name: {"root": str(d.root), "sequences": [s.name for s in d.sequences], "total": d.total} for d in datasets
    }
