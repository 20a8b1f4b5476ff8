"""What a table or figure of the paper is, what the user asked for, what was measured, and the lines that show it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.evaluation.pool import Plan
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import ORDER, attribute_means, format_table
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.network import parameter_count
from cfvgg_plugin.reproduce.paper import OTB2015, Figures

RAW = "raw results"
PLAIN = "otb"
"""A folder in OTB layout, of whatever sequences; it stands in for OTB-2015."""
NOTHING = Dataset("", "", Path(), ())


@dataclass(frozen=True)
class Variant:
    """A network of a table."""

    name: str
    """As in --weights NAME=FILE."""
    trained: bool = True
    """Whether a recipe can make it; else it is only run where its weights are given."""
    loss: str | None = None
    """Instead of the recipe's."""
    ratio: int | None = None
    """Compression ratio, which sets the width; None: the recipe's width, or any of a given file."""
    installed: bool = False
    """Whether the package's CF-VGG stands in for it where there is neither a file nor a recipe."""


BASELINE = Variant("baseline", trained=False)
"""The uncompressed network."""
STUDENT = Variant("student", installed=True)
"""The compressed one."""


@dataclass(frozen=True)
class PaperRow:
    """A tracker, or a configuration of one."""

    name: str
    """The tracker's in the paper, or the row's in the JSON file."""
    tracker: str | None
    """`tracker/setting` that runs for it; with the baseline's network its setting for uncompressed networks, where it
    has one. None: nothing does."""
    network: str
    """Name of the variant that it runs on; empty: it needs none."""
    paper: Figures | None = None


@dataclass(frozen=True)
class Request:
    """What the user asked for; the options of the command."""

    datasets: tuple[tuple[str, Path], ...]
    """Names and folders of the datasets at hand; without any, only the paper's figures are shown."""
    sequences: list[str] | None
    weights: tuple[str, ...]
    out: Path
    workers: int
    """Sequences that are run at the same time; of a table of networks, processes that load training pairs."""
    threads: int
    trackers: tuple[str, ...] = ()
    """`tracker/setting` of those to run; empty: the table's own."""
    results: Path | None = None
    timing: bool = False
    ending: str = "svg"
    """Of the pictures' files."""
    recipe: str | None = None
    """By which variants without weights are trained; None: they are left out."""
    data: Path | None = None
    epochs: int | None = None
    """Of every variant; None: the recipe's. Likewise the seed."""
    seed: int | None = None
    device: str = "cpu"
    """Where variants are trained; the trackers run on the processor."""


@dataclass(frozen=True)
class Measured:
    """One tracker's result on a dataset."""

    row: str
    """The tracker's name in the paper, its own where the paper has none of it; or the row's."""
    ran: str
    """`tracker/setting`, with the layer where it is not the setting's own; or RAW."""
    result: TrackerResult
    file: Path | None = None
    """Of the network."""

    @property
    def ours(self) -> bool:
        """Whether it was run here."""
        return self.ran != RAW

    @property
    def label(self) -> str:
        """For a line of a table."""
        return self.ran if self.ours else f"{self.result.name}, {RAW}"

    @cached_property
    def auc(self) -> float | None:
        """Success AUC in per cent, as the paper gives it; None where all sequences failed."""
        auc = self.result.mean("auc")
        return 100 * auc if auc is not None else None

    @cached_property
    def megabytes(self) -> float | None:
        """Size of the network: its parameters as float32; of an ONNX file, the file's."""
        if self.file is None:
            return None
        if self.file.suffix.lower() == ".onnx":
            return self.file.stat().st_size / 1e6
        return parameter_count(load_weights(self.file).network) * 4 / 1e6


@dataclass(frozen=True)
class Measurements:
    """All trackers on one dataset."""

    dataset: Dataset = NOTHING
    benchmark: str = ""
    """Whose figures it is shown beside."""
    trackers: tuple[Measured, ...] = ()
    left_out: tuple[str, ...] = ()
    """Sequences at hand that some tracker has no score of."""
    failures: tuple[str, ...] = ()
    """A line for every missing score."""

    def of(self, row: str) -> list[Measured]:
        """The trackers of a row, ours first."""
        return [measured for measured in self.trackers if measured.row == row]

    def first(self, row: str) -> Measured:
        """Of a table that runs one a row; without figures where it did not run."""
        return next(iter(self.of(row)), Measured(row, "", TrackerResult("", ())))

    @property
    def results(self) -> list[TrackerResult]:
        """All results, for a drawing."""
        return [measured.result for measured in self.trackers]

    @property
    def scored(self) -> int:
        """Sequences that every tracker has a score of."""
        return len(self.dataset.sequences) - len(self.left_out)


@dataclass(frozen=True)
class PaperTable:
    """A table or figure of the paper: what runs for it, and how it is shown.

    With `variants`, its rows are networks: each of them may be trained, runs alone, is timed, and keeps all its
    sequences. Without, its rows are the paper's trackers: ours run on the student, other people's raw results stand
    beside them, and only the sequences that all have a score of count.
    """

    name: str
    """As in `cfvgg reproduce NAME`."""
    title: str
    rows: tuple[PaperRow, ...]
    show: Callable[..., str]
    """The paper's figures, ours and the differences as text; called with the Measurements of every dataset."""
    benchmarks: tuple[str, ...] = (OTB2015,)
    """Of the paper's figures, by the names of `--dataset`."""
    variants: tuple[Variant, ...] = ()
    notes: tuple[str, ...] = ()
    """What a reader must know, a sentence each."""
    paper: Mapping[str, Any] = field(default_factory=dict)
    """The paper's figures for the JSON file, where the rows have none."""
    draw: Callable[[Measurements], Iterable[tuple[str, Any]]] | None = None
    """(ending of the file's name, matplotlib Figure) of every picture; None: there is none to draw."""
    only: tuple[str, ...] | None = None
    """The sequences that the paper shows; None: all."""

    def plan(self, request: Request) -> Plan:
        """How its trackers are run. Raises InputError for timing with several workers."""
        if self.variants:
            return Plan(threads=request.threads, timing=True)
        return Plan(request.workers, request.threads, timing=request.timing)


Values = Sequence[float | None]
"""A figure a column; None where there is none."""


def show(value: float | None, digits: int = 1) -> str:
    """A figure, or a dash."""
    return f"{value:.{digits}f}" if value is not None else "-"


def gap(value: float | None, reference: float | None, digits: int = 1) -> str:
    """A difference with its sign, or a dash."""
    return f"{value - reference:+.{digits}f}" if value is not None and reference is not None else "-"


def block(
    row: str, printed: Values | None, here: Sequence[tuple[str, Values]], digits: Sequence[int]
) -> list[tuple[str, ...]]:
    """The lines of one tracker.

    printed: the paper's figures; None where it has none. here: where figures of ours come from, and the figures.
    digits: decimals of every column.
    """
    if printed is None:
        return [(source, *_cells(values, digits)) for source, values in here]
    lines = [(f"{row}: paper", *_cells(printed, digits))]
    for source, values in here:
        gaps = (gap(value, reference, d) for value, reference, d in zip(values, printed, digits, strict=True))
        lines += [(f"  {source}", *_cells(values, digits)), ("    - paper's", *gaps)]
    return lines


def _cells(values: Values, digits: Sequence[int]) -> list[str]:
    return [show(value, d) for value, d in zip(values, digits, strict=True)]


def _all_rows(found: Measurements, rows: Sequence[str]) -> list[str]:
    """Those rows, then the trackers at hand that are none of them, the best first."""
    others = sorted((m for m in found.trackers if m.row not in rows), key=lambda m: -(m.auc or 0))
    return list(dict.fromkeys([*rows, *(m.row for m in others)]))


def auc_table(
    found: Measurements, rows: Sequence[str], printed: Mapping[str, float], speeds: Mapping[str, float] | None = None
) -> str:
    """A line a tracker: AUC in the paper and here, the difference, DP at 20 pixels; with `speeds`, frames/s of both.

    printed, speeds: the paper's AUC in per cent and frames/s by row.
    """
    header = ("tracker", "paper: AUC", "here: AUC", "- paper's", "DP20", "paper: frames/s", "here")
    lines = []
    for row in _all_rows(found, rows):
        paper, speed = printed.get(row), f"{(speeds or {})[row]:g}" if row in (speeds or {}) else "-"
        if not found.of(row):
            lines.append((row, show(paper), "-", "-", "-", speed, "-"))
        for m in found.of(row):
            dp20 = m.result.mean("dp20")
            label = m.label if m.label.startswith(row) else f"{row}: {m.label}"
            ours = (show(m.auc), gap(m.auc, paper), show(100 * dp20 if dp20 is not None else None))
            lines.append((label, show(paper), *ours, speed, show(m.result.fps)))
    width = 5 if speeds is None else 7
    return format_table(header[:width], [line[:width] for line in lines])


def attribute_table(found: Measurements, printed: Mapping[str, Values], pairs: Sequence[tuple[str, str]] = ()) -> str:
    """AUC by attribute of OTB: lines of every tracker, then of the differences between the trackers of each pair."""
    digits, lines = (1,) * (len(ORDER) + 1), []
    if found.trackers:
        counts = {name: count for name, (_, count) in attribute_means(found.results[0]).items()}
        lines.append((f"sequences here, of {found.scored}", *(str(counts.get(a, 0)) for a in ORDER), str(found.scored)))
    for row in _all_rows(found, list(printed)):
        lines += block(row, printed.get(row), [(m.label, by_attribute(m.result)) for m in found.of(row)], digits)
    for small, big in pairs:
        here = [
            (f"{a.label} - {b.label}", _minus(by_attribute(a.result), by_attribute(b.result)))
            for a in found.of(small) for b in found.of(big)
        ]  # fmt: skip
        lines += block(f"{small} - {big}", _minus(printed[small], printed[big]), here, digits)
    return format_table(("success AUC (%)", *ORDER, "overall"), lines)


def by_attribute(result: TrackerResult) -> list[float | None]:
    """AUC in per cent of every attribute of OTB and overall; None where no sequence has the attribute."""
    means = attribute_means(result)
    values = [*(means[name][0] if name in means else None for name in ORDER), result.mean("auc")]
    return [100 * value if value is not None else None for value in values]


def _minus(first: Values, second: Values) -> list[float | None]:
    return [a - b if a is not None and b is not None else None for a, b in zip(first, second, strict=True)]
