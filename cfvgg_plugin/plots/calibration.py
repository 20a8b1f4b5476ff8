"""Reliability of the trackers' own scores (DeGroot and Fienberg 1983; Guo et al., ICML 2017, figure 1)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.calibration import BINS
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.score import RIGHT
from cfvgg_plugin.plots.style import Styles, add_legend, assign_styles, new_figure, set_title

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
