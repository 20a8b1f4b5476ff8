"""Figures as files and as bytes, the same bytes at every run."""

import io
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import write_bytes

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
