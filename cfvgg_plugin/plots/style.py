"""What all pictures share: a tracker's colour, dash and marker, legends that show names as they are, and files."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import write_bytes

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


FORMATS = ("svg", "png")
DPI = 150
_NO_TRACES: dict[str, dict[str, Any]] = {"svg": {"Date": None}, "png": {"Software": None}}


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a figure to an .svg or .png file, whole or not at all; two runs write the same bytes. Returns `path`.

    Raises InputError for another ending and for a place that cannot be written.
    """
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise InputError(f"{path}: plots are written as .{' or .'.join(FORMATS)}")
    write_bytes(path, figure_bytes(figure, kind))
    return path


def figure_bytes(figure: Figure, kind: str, dpi: int = DPI) -> bytes:
    """A figure as "svg", "png" or "jpg"."""
    options = {"pil_kwargs": {"quality": 80, "optimize": True}} if kind == "jpg" else {"metadata": _NO_TRACES[kind]}
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "cfvgg"}):
        figure.savefig(buffer, format=kind, dpi=dpi, **options)
    return buffer.getvalue()
