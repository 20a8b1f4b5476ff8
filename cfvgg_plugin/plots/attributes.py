"""Scores by attribute (paper, figure 11)."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.table import attribute_means
from cfvgg_plugin.plots.style import Styles, add_legend, assign_styles, new_figure, set_title

LEAST = 3
"""Attributes below which there is no radar, only a line."""


def draw_attribute_radar(
    results: Sequence[TrackerResult],
    title: str = "AUC by attribute",
    styles: Styles | None = None,
    most: int = 6,
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
