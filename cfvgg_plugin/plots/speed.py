"""Speed against accuracy (paper, figure 1) and what networks cost (figure 6)."""

from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.plots.style import Styles, add_legend, assign_styles, new_figure, set_title

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


def draw_complexity(networks: Sequence[tuple[str, float]], title: str = "Cost of the network") -> Figure:
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
    set_title(axes, title, fontsize=11)
    return figure
