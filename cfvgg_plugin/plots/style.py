"""What all pictures share: a tracker's colour, dash and marker, and legends that show names as they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
"""Okabe and Ito's colours, less yellow, which is too pale on white: told apart by people of every colour vision."""
DASHES: tuple[tuple[float, ...], ...] = ((), (5, 2), (1.5, 1.5), (6, 2, 1.5, 2))
"""Lengths on and off, in line widths; none is a solid line."""
MARKERS = ("o", "s", "^", "D")


@dataclass(frozen=True)
class Style:
    """How a tracker looks in every picture."""

    colour: str
    dashes: tuple[float, ...]
    marker: str

    @property
    def line(self) -> tuple[float, tuple[float, ...]] | Literal["-"]:
        """The dashes as matplotlib takes them."""
        return (0, self.dashes) if self.dashes else "-"


Styles = Mapping[str, Style]


def assign_styles(names: Iterable[str]) -> dict[str, Style]:
    """A style a tracker: colours in turn, then the same colours with other dashes. 28 names have 28 looks."""
    styles = {}
    for number, name in enumerate(dict.fromkeys(names)):
        cycle = number // len(COLOURS) % len(DASHES)
        styles[name] = Style(COLOURS[number % len(COLOURS)], DASHES[cycle], MARKERS[cycle])
    return styles


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, that no global state of matplotlib knows of."""
    return Figure(figsize=(width, height), layout="constrained")


def add_legend(owner: Any, handles: Sequence[Line2D], labels: Sequence[str], **place: Any) -> None:
    """Legend of axes or a figure; labels are shown letter by letter, also those with `$` or a leading underscore."""
    legend = owner.legend(handles, [str(number) for number in range(len(labels))], frameon=False, **place)
    for text, label in zip(legend.get_texts(), labels, strict=True):
        text.set_parse_math(False)
        text.set_text(label)


def set_title(axes: Any, title: str, **look: Any) -> None:
    """Title of axes, letter by letter."""
    axes.set_title(title, **look).set_parse_math(False)
