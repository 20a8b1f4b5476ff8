"""Charts of scores: success and precision, attributes, reliability, speed, and what networks cost.

Success and precision: Wu et al., CVPR 2013 (paper, figures 7 to 10). Attributes: paper, figure 11. Reliability: DeGroot
and Fienberg 1983; Guo et al., ICML 2017, figure 1. Speed: paper, figure 1. Cost: figure 6.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.calibration import BINS
from cfvgg_plugin.evaluation.results import Curve, Measure, TrackerResult
from cfvgg_plugin.evaluation.score import DISTANCES, NORMALISED_DISTANCES, RIGHT, THRESHOLDS
from cfvgg_plugin.evaluation.table import attribute_means
from cfvgg_plugin.plots.style import Styles, add_legend, assign_styles, new_figure, set_title


def draw_success(results: Sequence[TrackerResult], title: str = "Success", styles: Styles | None = None) -> Figure:
    """Share of frames whose overlap is above a threshold, over the threshold; the legend gives the AUC.

    Each curve is the mean of its tracker's scored sequences: give results of the same ones. Trackers without a score
    are left out; InputError where none has one. The same holds for the two other plots.
    """
    return _draw(results, "success", "auc", THRESHOLDS, "overlap threshold", title, styles)


def draw_precision(results: Sequence[TrackerResult], title: str = "Precision", styles: Styles | None = None) -> Figure:
    """Share of frames whose centre is within a distance, over the distance; the legend gives it at 20 pixels."""
    figure = _draw(results, "precision", "dp20", DISTANCES, "centre distance in pixels", title, styles)
    return _mark(figure, 20)


def draw_norm_precision(
    results: Sequence[TrackerResult], title: str = "Normalised precision", styles: Styles | None = None
) -> Figure:
    """The same with the distance in target sizes; the legend gives it at a fifth."""
    label = "centre distance in target sizes"
    figure = _draw(results, "norm_curve", "norm_precision", NORMALISED_DISTANCES, label, title, styles)
    return _mark(figure, 0.2)


def _draw(
    results: Sequence[TrackerResult],
    curve: Curve,
    measure: Measure,
    thresholds: NDArray[np.float64],
    label: str,
    title: str,
    styles: Styles | None,
) -> Figure:
    styles = styles or assign_styles(result.name for result in results)
    figure = new_figure(7.2, 4.2)
    axes = figure.add_subplot()
    lines = []
    for result in results:
        score, share, style = result.mean(measure), result.curve(curve), styles[result.name]
        if score is None or share is None:
            continue
        (line,) = axes.plot(thresholds, share, color=style.colour, linestyle=style.line, linewidth=1.8)
        lines.append((score, result.name, line))
    if not lines:
        raise InputError("no tracker has a scored sequence: there is nothing to draw")
    lines.sort(key=lambda entry: -entry[0])
    labels = [f"[{score:.3f}] {name}" for score, name, _ in lines]
    add_legend(figure, [line for *_, line in lines], labels, loc="outside right upper", fontsize=9, handlelength=2.6)
    axes.set(xlim=(thresholds[0], thresholds[-1]), ylim=(0, 1), xlabel=label, ylabel="share of frames")
    axes.grid(color="#dddddd", linewidth=0.6)
    set_title(axes, title, fontsize=11)
    return figure


def _mark(figure: Figure, threshold: float) -> Figure:
    """A thin line where the trackers are ranked."""
    figure.axes[0].axvline(threshold, color="#888888", linewidth=0.8, linestyle="--", zorder=0)
    return figure


LEAST = 3
"""Attributes below which there is no radar, only a line."""


def draw_attribute_radar(
    results: Sequence[TrackerResult], title: str = "AUC by attribute", styles: Styles | None = None, most: int = 6
) -> Figure:
    """Mean AUC of every attribute, each on a spoke, the overall one last; of the `most` best trackers, as in the paper.

    A spoke's number is that of its sequences; results should be of the same sequences. Raises InputError for fewer than
    three attributes.
    """
    styles = styles or assign_styles(result.name for result in results)
    best = sorted((r for r in results if r.scored), key=lambda r: -(r.mean("auc") or 0))[:most]
    means = [attribute_means(result) for result in best]
    names = list(means[0]) if means else []
    if len(names) < LEAST:
        raise InputError(f"attributes in {len(names)} kind(s): a radar needs {LEAST}")
    spokes = [f"{name} ({means[0][name][1]})" for name in names] + [f"overall ({len(best[0].scored)})"]
    angles = 2 * np.pi * np.arange(len(spokes)) / len(spokes)
    figure = new_figure(7.2, 4.8)
    axes = figure.add_subplot(projection="polar")
    lines, labels = [], []
    for result, row in zip(best, means, strict=True):
        overall = result.mean("auc") or 0.0
        values = [row[name][0] if name in row else np.nan for name in names] + [overall]
        style = styles[result.name]
        (line,) = axes.plot(
            [*angles, angles[0]], [*values, values[0]], color=style.colour, linestyle=style.line,
            marker=style.marker, markersize=3.5, linewidth=1.6,
        )  # fmt: skip
        lines.append(line)
        labels.append(f"[{overall:.3f}] {result.name}")
    axes.set_xticks(angles, spokes, fontsize=9)
    axes.set_theta_zero_location("N")  # type: ignore[attr-defined]
    axes.set_theta_direction(-1)  # type: ignore[attr-defined]
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="x", pad=10)
    axes.tick_params(axis="y", labelsize=7, labelcolor="#555555")
    axes.grid(color="#cccccc", linewidth=0.6)
    add_legend(figure, lines, labels, loc="outside right upper", fontsize=9, handlelength=2.6)
    set_title(axes, title, fontsize=11, pad=14)
    return figure


FILLED = 0.8
"""Share of a bin's width that the bars of all trackers take."""


def draw_reliability(
    results: Sequence[TrackerResult], title: str = "Reliability of the score", styles: Styles | None = None
) -> Figure:
    """Share of boxes with an overlap above 0.3 over their mean score, a line a tracker; bars of the frames in each bin.

    On the diagonal a score is a probability, below it the tracker is too confident. The legend is sorted by the
    expected calibration error, the least first. Trackers without scores are left out; InputError where all are.
    """
    styles = styles or assign_styles(result.name for result in results)
    told = [(result.name, found) for result in results if (found := result.calibration) is not None]
    if not told:
        raise InputError("no tracker states a score: there is no reliability to draw")
    told.sort(key=lambda entry: entry[1].error.value or 0)
    figure = new_figure(7.2, 5.0)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    axes.plot((0, 1), (0, 1), color="#888888", linewidth=0.8, linestyle="--", zorder=0)
    lines, width = [], FILLED / BINS / len(told)
    for number, (name, found) in enumerate(told):
        style, bins = styles[name], [part for part in found.bins if part.frames]
        (line,) = axes.plot(
            [part.score for part in bins], [part.right for part in bins], color=style.colour, linestyle=style.line,
            marker=style.marker, markersize=4.5, linewidth=1.6, clip_on=False,
        )  # fmt: skip
        lines.append(line)
        left = (np.arange(BINS) + (1 - FILLED) / 2) / BINS + number * width
        share = np.array([part.frames for part in found.bins]) / found.frames
        below.bar(left, share, width, align="edge", color=style.colour, linewidth=0)
    axes.set(xlim=(0, 1), ylim=(0, 1), ylabel=f"share with an overlap above {RIGHT:g}")
    below.set(xlabel="score of the tracker", ylabel="frames", xticks=np.arange(BINS + 1) / BINS)
    below.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    for each in (axes, below):
        each.grid(color="#dddddd", linewidth=0.6)
        each.set_axisbelow(True)
    labels = [f"[{found.error.value:.3f}] {name}" for name, found in told]
    add_legend(
        figure, lines, labels, loc="outside right upper", fontsize=9, handlelength=2.6, title="calibration error"
    )
    set_title(axes, title, fontsize=11)
    return figure


REAL_TIME = (25.0, 30.0)
"""Frames a second that cameras deliver."""


def draw_speed(
    points: Sequence[tuple[str, float, float]], title: str = "Speed and accuracy", styles: Styles | None = None
) -> Figure:
    """Trackers by speed and accuracy. points: (name, frames per second, AUC). Raises InputError for none."""
    if not points:
        raise InputError("no tracker was timed on all its sequences: there is no speed to draw")
    styles = styles or assign_styles(name for name, *_ in points)
    figure = new_figure(7.2, 4.2)
    axes = figure.add_subplot()
    axes.axvspan(*REAL_TIME, color="#bbbbbb", alpha=0.7, linewidth=0, zorder=0)
    axes.text(
        REAL_TIME[1], 0.02, " real time", transform=axes.get_xaxis_transform(), ha="left", va="bottom",
        fontsize=8, color="#555555",
    )  # fmt: skip
    marks = []
    for name, fps, auc in sorted(points, key=lambda point: -point[2]):
        style = styles[name]
        (mark,) = axes.plot(
            fps, auc, linestyle="none", marker=style.marker, markersize=9, color=style.colour,
            markeredgecolor="white", markeredgewidth=0.8,
        )  # fmt: skip
        marks.append((mark, f"[{auc:.3f}, {fps:.{0 if fps >= 10 else 1}f} fps] {name}"))
    axes.set_xscale("log")
    speeds = [fps for _, fps, _ in points]
    axes.set_xlim(min(*speeds, REAL_TIME[0]) / 2, max(*speeds, REAL_TIME[1]) * 2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.margins(y=0.15)
    axes.grid(color="#dddddd", linewidth=0.6, which="both")
    axes.set(xlabel="frames a second (logarithmic)", ylabel="AUC")
    set_title(axes, title, fontsize=11)
    add_legend(figure, *map(list, zip(*marks, strict=True)), loc="outside right upper", fontsize=9)
    return figure


def draw_complexity(networks: Sequence[tuple[str, float]]) -> Figure:
    """Bars of multiply-adds. networks: (name, multiply-adds of the convolutions for one sample, equation 12)."""
    figure = new_figure(7.2, 0.9 + 0.45 * len(networks))
    axes = figure.add_subplot()
    names, costs = [name for name, _ in networks], [cost / 1e9 for _, cost in networks]
    bars = axes.barh(range(len(names)), costs, height=0.6, color="#0072b2")
    axes.bar_label(bars, [f"{cost:.3g}" for cost in costs], padding=3, fontsize=9)
    axes.set_yticks(range(len(names)), names, fontsize=9, parse_math=False)
    axes.invert_yaxis()
    axes.margins(x=0.1)
    axes.set_xlabel("multiply-adds of the convolutions, in thousands of millions")
    set_title(axes, "Cost of the network", fontsize=11)
    return figure
