import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.plots.charts import draw_reliability


def test_the_lines_and_bars_are_the_bins(results):
    figure = draw_reliability(results)
    axes, below = figure.axes
    ordered = sorted(results, key=lambda result: result.calibration.error.value)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == [f"[{r.calibration.error.value:.3f}] {r.name}" for r in ordered]
    diagonal, *lines = axes.lines
    assert list(diagonal.get_xdata()) == list(diagonal.get_ydata()) == [0, 1]
    for line, result in zip(lines, ordered, strict=True):
        bins = [part for part in result.calibration.bins if part.frames]
        assert list(line.get_xdata()) == [part.score for part in bins]
        assert list(line.get_ydata()) == [part.right for part in bins]
    heights = np.array([bar.get_height() for bar in below.patches]).reshape(len(ordered), -1)
    np.testing.assert_allclose(heights.sum(axis=1), 1)


def test_without_scores_there_is_none(results):
    assert len(draw_reliability([*results, TrackerResult("empty", ())]).axes[0].lines) == 4
    with pytest.raises(InputError, match="no reliability"):
        draw_reliability([TrackerResult("empty", ())])
