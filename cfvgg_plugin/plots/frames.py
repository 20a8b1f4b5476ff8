"""Frames with several trackers' boxes: qualitative strips (paper, figure 12) and failure cases (figure 13)."""

from collections import abc
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.images import Image, read_frame
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import SequenceResult, TrackerResult
from cfvgg_plugin.plots.style import Style, Styles, add_legend, assign_styles, new_figure, set_title

WIDTH = 320
"""Frames are embedded no wider than this many pixels."""
TRUTH = "ground truth"
TRUTH_STYLE = Style("#ffffff", (3, 1.5), "o")
LOST = 0.1
"""An overlap that is no higher than this has lost the target, as in VOT's short-term challenge since 2020."""
COLUMNS = 6


def draw_strip(
    sequence: Sequence,
    results: abc.Sequence[TrackerResult],
    frames: abc.Sequence[int] | None = None,
    styles: Styles | None = None,
) -> Figure:
    """Frames of a sequence side by side with the trackers' boxes and the ground truth.

    frames: their indices from 0 on; by default six, evenly spread. Trackers without boxes for this sequence are left
    out. Raises InputError for an index that the sequence does not have.
    """
    count = len(sequence.frames)
    chosen = list(frames) if frames is not None else evenly(count, COLUMNS)
    if bad := [index for index in chosen if not 0 <= index < count]:
        raise InputError(f"sequence {sequence.name}: no frame {bad[0]}; it has 0 to {count - 1}")
    styles = styles or assign_styles(result.name for result in results)
    boxes = {result.name: found.boxes for result in results if (found := result.on(sequence.name)) is not None}
    figure, grid = _grid(sequence, 1, len(chosen), len(boxes))
    for axes, index in zip(grid[0], chosen, strict=True):
        _show(axes, sequence, index, boxes, styles)
        set_title(axes, f"#{index + 1}", fontsize=8, pad=2)
    figure.suptitle(sequence.name, fontsize=10, parse_math=False)
    _legend(figure, boxes, styles)
    return figure


def draw_failures(
    sequences: abc.Sequence[Sequence], result: TrackerResult, count: int = 3, styles: Styles | None = None
) -> Figure | None:
    """Where a tracker fails: its `count` worst sequences of those in which it loses the target, a row each.

    The second picture of a row is the frame at which the target is lost (`failure_frame`), the first is just before,
    the others are spread over what follows; each with its overlap. None where the target is never lost.
    """
    styles = styles or assign_styles([result.name])
    styles = {result.name: replace(styles[result.name], dashes=())}  # alone with the truth, which is dashed
    by_name = {sequence.name: sequence for sequence in sequences}
    rows = []
    for found, _ in sorted(result.scored, key=lambda entry: entry[1].auc):
        sequence = by_name.get(found.name)
        index = failure_frame(found, sequence) if sequence is not None else None
        if sequence is not None and index is not None:
            rows.append((sequence, found, index))
    rows = rows[:count]
    if not rows:
        return None
    columns = 5
    figure, grid = _grid(rows[0][0], len(rows), columns, 1)
    for line, (sequence, found, index) in zip(grid, rows, strict=True):
        overlap = overlaps(found.boxes, sequence.boxes)
        for axes, shown in zip(line, _around(index, len(sequence.frames), columns), strict=False):
            _show(axes, sequence, shown, {result.name: found.boxes}, styles)
            known = np.isfinite(sequence.boxes[shown]).all()
            set_title(axes, f"#{shown + 1}" + (f", overlap {overlap[shown]:.2f}" if known else ""), fontsize=8, pad=2)
        line[0].set_ylabel(sequence.name, fontsize=8, parse_math=False)
    _legend(figure, {result.name: None}, styles)
    return figure


def failure_frame(result: SequenceResult, sequence: Sequence, least: float = LOST) -> int | None:
    """Index of the frame at which the target is lost for good: from there on no overlap is above `least`.

    Where it is found again at last, the start of the longest stretch without it; None where it is never lost. Frames
    without an annotation belong to what surrounds them.
    """
    known = np.flatnonzero(np.isfinite(sequence.boxes).all(axis=1))
    low = np.r_[False, overlaps(result.boxes[known], sequence.boxes[known]) <= least, False]
    starts, ends = (np.flatnonzero(np.diff(low.astype(int)) == step) for step in (1, -1))
    if not len(starts):
        return None
    stretch = len(starts) - 1 if ends[-1] == len(known) else int(np.argmax(ends - starts))
    return int(known[starts[stretch]])


def evenly(frames: int, count: int) -> list[int]:
    """At most `count` indices, evenly spread from the first to the last of `frames`."""
    return [int(index) for index in np.unique(np.linspace(0, frames - 1, min(count, frames)).round())]


def read_small(sequence: Sequence, index: int, width: int = WIDTH) -> tuple[Image, tuple[int, int]] | None:
    """A frame as RGB, no wider than `width`, and its true size (w, h); None where it cannot be decoded."""
    image = read_frame(sequence, index)
    return None if image is None else shrink(image, width)


def shrink(image: Image, width: int = WIDTH) -> tuple[Image, tuple[int, int]]:
    """An image no wider than `width`, and its true size (w, h)."""
    h, w = image.shape[:2]
    if w > width:
        image = cv2.resize(image, (width, max(1, round(h * width / w))), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    return image, (w, h)


def _around(index: int, frames: int, columns: int) -> list[int]:
    """The frame before a failure by a hundredth of the sequence, the failure, and what follows."""
    before = max(0, index - max(3, frames // 100))
    after = np.linspace(index, frames - 1, columns - 1).round().astype(int)
    return list(dict.fromkeys([before, *map(int, after)]))


def _grid(sequence: Sequence, rows: int, columns: int, trackers: int) -> tuple[Figure, NDArray[Any]]:
    """Figure and empty axes (rows, columns); as high as frames of `sequence` and the legend need."""
    first = read_small(sequence, 0)
    aspect = first[1][1] / first[1][0] if first is not None else 0.75
    width = 2.1
    lines = -(-(trackers + 1) // _in_line(width * columns))
    figure = new_figure(width * columns, (width * aspect + 0.25) * rows + 0.4 + 0.17 * lines)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set(xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set_visible(False)
    return figure, grid


def _show(axes: Any, sequence: Sequence, index: int, boxes: Mapping[str, NDArray[np.float64]], styles: Styles) -> None:
    """One frame with its boxes; box edges are pixel edges, so a box of 0, 0, 1, 1 surrounds the first pixel."""
    found = read_small(sequence, index)
    if found is None:
        axes.text(0.5, 0.5, "cannot be decoded", transform=axes.transAxes, ha="center", va="center", fontsize=8)
        return
    image, (w, h) = found
    axes.imshow(image, extent=(0, w, h, 0))
    for name, all_boxes in boxes.items():
        _box(axes, all_boxes[index], styles[name], 1.3, "#ffffff")
    _box(axes, sequence.boxes[index], TRUTH_STYLE, 0.8, "#000000")


def _box(axes: Any, box: NDArray[np.float64], style: Style, width: float, casing: str) -> None:
    """A rectangle; its casing of the opposite lightness shows it on every ground."""
    if not np.isfinite(box).all():
        return
    x, y, w, h = box
    patch = Rectangle((x, y), w, h, fill=False, edgecolor=style.colour, linestyle=style.line, linewidth=width)
    patch.set_path_effects([withStroke(linewidth=width + 0.9, foreground=casing, alpha=0.75)])
    axes.add_patch(patch)


def _in_line(width: float) -> int:
    """Trackers in a line of a legend of so many inches."""
    return max(1, int(width / 1.8))


def _legend(figure: Figure, names: Mapping[str, Any], styles: Styles) -> None:
    handles = [Line2D([], [], color=styles[name].colour, linestyle=styles[name].line, linewidth=2) for name in names]
    truth = Line2D([], [], color=TRUTH_STYLE.colour, linestyle=TRUTH_STYLE.line, linewidth=2)
    truth.set_path_effects([withStroke(linewidth=3.4, foreground="#000000")])
    columns = _in_line(figure.get_figwidth())
    place = {"loc": "outside lower center", "ncols": columns, "fontsize": 8, "handlelength": 2.6}
    add_legend(figure, [truth, *handles], [TRUTH, *names], **place)
