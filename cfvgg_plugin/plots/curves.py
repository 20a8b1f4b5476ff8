"""Success and precision plots (Wu et al., CVPR 2013; paper, figures 7 to 10)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import Curve, Measure, TrackerResult
from cfvgg_plugin.evaluation.score import DISTANCES, NORMALISED_DISTANCES, THRESHOLDS
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
