"""Scores as text for the terminal and as JSON; by attribute (paper, tables VII and VIII, figure 11), too."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.evaluation.calibration import ALLOWED, Calibration
from cfvgg_plugin.evaluation.results import NO_RESULT, Measure, TrackerResult
from cfvgg_plugin.evaluation.run import OPE, Protocol
from cfvgg_plugin.evaluation.score import NEAR, f_interval, mean_interval, standard_error
from cfvgg_plugin.system.files import write_json
from cfvgg_plugin.system.machine import processor_name
from cfvgg_plugin.video.frames import stretch

ORDER = ("IV", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OPR", "OV", "BC", "LR")
"""OTB's eleven as the paper lists them; those of other benchmarks follow by the alphabet."""


@dataclass(frozen=True)
class Report:
    """What a command tells its user."""

    text: str
    failures: Sequence[str] = ()
    """A line for everything that is missing from it."""
    warnings: Sequence[str] = ()


def format_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns aligned by spaces: the first to the left, the others to the right; a rule under the header."""
    lines = [list(header), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    text = [
        "  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]
    return "\n".join(line.rstrip() for line in [text[0], "-" * len(text[0]), *text[1:]])


def number(value: float | None, digits: int = 4) -> str:
    """A figure, or nothing."""
    return f"{value:.{digits}f}" if value is not None else ""


def _header(protocol: Protocol) -> list[str]:
    if protocol.guided:
        return ["found", *(f"within {near:g}" for near in NEAR)]
    return ["F", "precision", "recall"] if protocol.long_term else ["AUC", "DP20", "norm. prec."]


def _values(result: TrackerResult) -> NDArray[np.float64]:
    """(N, columns) figures of the scored sequences; of long-term runs at the threshold that is best for all."""
    if result.protocol.long_term and result.long_term:
        return result.long_term.by_sequence
    guided = result.protocol.guided
    rows = [[s.found, *s.within] if guided else [s.auc, s.dp20, s.norm_precision] for _, s in result.scored]
    return np.array(rows).reshape(-1, len(_header(result.protocol)))


def _means(result: TrackerResult, values: NDArray[np.float64]) -> list[str]:
    """Of every column; nothing where no sequence is scored. Long-term's F is that of the means."""
    if not len(values):
        return [""] * values.shape[1]
    means = values.mean(axis=0)
    if result.protocol.long_term and result.long_term:
        means[0] = result.long_term.f
    return [number(v) for v in means]


def _intervals(result: TrackerResult, values: NDArray[np.float64]) -> list[tuple[float, float] | None]:
    found = [mean_interval(column) for column in values.T]
    return [f_interval(result.long_term_runs), *found[1:]] if result.protocol.long_term else found


def sequence_table(result: TrackerResult) -> str:
    """A row a sequence, their mean with its 95 % interval (bootstrap of sequences); frames/s where they were timed."""
    timed = any(s.fps is not None for s in result.sequences)
    header = _header(result.protocol)
    values = _values(result)
    of_scored = iter(values)
    rows: list[tuple[str, ...]] = []
    for s in result.sequences:
        missing = NO_RESULT if s.failure == NO_RESULT else "failed"
        cells = [number(v) for v in next(of_scored)] if s.score else [missing] + [""] * (len(header) - 1)
        rows.append((s.name, *cells, *([number(s.fps, 1)] if timed else [])))
    rows.append((f"mean of {len(values)}", *_means(result, values), *([number(result.fps, 1)] if timed else [])))
    if len(values) > 1:
        intervals = np.array(_intervals(result, values))
        for name, ends in (("95 % from", intervals[:, 0]), ("95 % to", intervals[:, 1])):
            rows.append((name, *map(number, ends), *([""] if timed else [])))
    table = format_table((result.name, *header, *(["frames/s"] if timed else [])), rows)
    return "\n".join([table, *_remarks(result)])


def _remarks(result: TrackerResult) -> list[str]:
    """What the tracker itself says of its boxes, beside the truth; the standard error of guided runs."""
    lines = []
    if result.protocol.guided and (error := standard_error(result.values("found"))) is not None:
        lines.append(f"standard error of the mean, over sequences: {error:.4f}")
    if (roc := result.separation) is not None:
        lines.append(f"score against overlap above 0.3: area under ROC {roc:.3f}")
    if (told := result.calibration) is not None:
        lines.append(_trust(told))
    if (flags := result.flags) is not None and flags["absent"]:
        absent, present = flags["absent"], flags["present"]
        lines.append(
            f"lost: {flags['absent_flagged'] / absent:.1%} of {absent} frames without the target flagged, "
            f"{flags['present_flagged'] / max(present, 1):.1%} of {present} with it wrongly"
        )
    if result.protocol.long_term and (score := result.long_term) is not None:
        lines.append(f"F, precision and recall where the score is at least {score.threshold:.3f}, which is best for F")
        found = [frames for frames in result.returns if frames is not None]
        soon = f", after {np.median(found):.0f} frames in the median, {max(found)} at most" if found else ""
        lines.append(f"the target came back {len(result.returns)} times and was found {len(found)} times{soon}")
    return lines


def _trust(told: Calibration) -> str:
    """How far the score and `lost` can be believed, with 95 % intervals."""
    lines = [f"score as the probability of an overlap above 0.3: expected calibration error {told.error.text()}"]
    right, could = told.frames - told.wrong, told.wrong_at_allowed.text(percent=True)
    if told.wrong and right:
        said = [figure.text(percent=True) for figure in (told.wrong_flagged, told.right_flagged)]
        if all(said):
            lines.append(f"lost: {said[0]} of {told.wrong} wrong boxes flagged, {said[1]} of {right} right ones")
        lines.append(
            f"a threshold of the score at {100 * ALLOWED:g} % of the right boxes would flag {could} of the wrong"
        )
    return "\n".join(lines)


def summary_table(results: Sequence[TrackerResult]) -> str:
    """A row a tracker, the best first, on the sequences all have a score of; its first figure with the interval."""
    names = common(results)
    header = _header(results[0].protocol)
    rows = []
    told = any(result.calibration for result in results)
    for result in ranked(results, names):
        values = _values(result)
        means = _means(result, values)
        ends = _intervals(result, values[:, :1])[0] if len(values) > 1 else None
        interval = f"{ends[0]:.3f}-{ends[1]:.3f}" if ends else ""
        error = [number(found.error.value if (found := result.calibration) else None)] if told else []
        rows.append(
            (result.name, means[0], interval, *means[1:], number(result.separation), *error, number(result.fps, 1))
        )
    header = [header[0], "95 %", *header[1:], "score ROC", *(["ECE"] if told else []), "frames/s"]
    table = format_table((f"mean of {len(names)}", *header), rows)
    if any(len(result.scored) > len(names) for result in results):
        table += "\nonly the sequences that every tracker has a score of"
    return table


def ranked(results: Sequence[TrackerResult], names: Iterable[str]) -> list[TrackerResult]:
    """The trackers on some sequences only, the best first, by the protocol's measure."""
    chosen = set(names)
    return sorted((r.only(chosen) for r in results), key=lambda r: -(r.mean(r.main) or 0))


def common(results: Sequence[TrackerResult]) -> list[str]:
    """Names of the sequences that every tracker has a score of, in order."""
    scored = [{s.name for s, _ in result.scored} for result in results]
    return [s.name for s in results[0].sequences if all(s.name in names for names in scored)] if results else []


def attribute_means(result: TrackerResult, measure: Measure | None = None) -> dict[str, tuple[float, int]]:
    """Mean score of the sequences that have an attribute, and how many of them are scored; by attribute, in order.

    measure: that of the protocol where none is named. Attributes without a scored sequence are left out.
    """
    values: dict[str, list[float]] = {}
    for sequence, score in result.scored:
        for attribute in sequence.attributes:
            values.setdefault(attribute, []).append(getattr(score, measure or result.main))
    return {name: (float(np.mean(values[name])), len(values[name])) for name in in_order(values)}


def in_order(attributes: Iterable[str]) -> list[str]:
    """The attributes as tables list them."""
    return sorted(attributes, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))


def attribute_table(results: Sequence[TrackerResult]) -> str:
    """A row a tracker, the best first; a column an attribute with its number of sequences; last the mean of all.

    Only sequences that all trackers have a score of count. Empty where none of them has an attribute.
    """
    names = common(results)
    shared = ranked(results, names)
    means = [attribute_means(result) for result in shared]
    if not means or not means[0]:
        return ""
    measure = shared[0].main
    header = [measure, *(f"{name} ({count})" for name, (_, count) in means[0].items()), f"overall ({len(names)})"]
    rows = [
        [result.name, *(f"{value:.3f}" for value, _ in row.values()), number(result.mean(measure), 3)]
        for result, row in zip(shared, means, strict=True)
    ]
    return format_table(header, rows)


def coverage(dataset: Dataset, protocol: Protocol = OPE) -> str:
    """How much of the benchmark is at hand, and how it is run."""
    have = len(dataset.sequences)
    whole = f" of {dataset.total}" if dataset.total is not None else ""
    text = f"{dataset.title}: {have}{whole} sequence(s), {sum(len(s.frames) for s in dataset.sequences):,} frames"
    runs = sum(len(protocol.runs(sequence)) for sequence in dataset.sequences)
    return text if protocol == OPE else f"{text}; {protocol.kind} by {runs} runs"


def stretched(dataset: Dataset) -> str:
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


def write_scores(file: Path, done: dict[str, list[TrackerResult]]) -> None:
    """JSON: {"trackers": ...} of one dataset, {"datasets": {NAME: {"trackers": ...}}} of several."""

    def figures(result: TrackerResult) -> dict[str, Any]:
        means = attribute_means(result)
        return result.summary() | {"attributes": {name: {"auc": m, "sequences": n} for name, (m, n) in means.items()}}

    by_dataset = {name: {"trackers": {r.name: figures(r) for r in found}} for name, found in done.items()}
    content = next(iter(by_dataset.values())) if len(by_dataset) == 1 else {"datasets": by_dataset}
    write_json(file, {**content, "processor": processor_name()})
