import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.score import DISTANCES, NORMALISED_DISTANCES, THRESHOLDS
from cfvgg_plugin.plots.charts import draw_norm_precision, draw_precision, draw_reliability, draw_success
from cfvgg_plugin.plots.style import assign_styles
from tests.plots.make import make_result


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize(
    ("draw", "curve", "thresholds"),
    [
        (draw_success, "success", THRESHOLDS),
        (draw_precision, "precision", DISTANCES),
        (draw_norm_precision, "norm_curve", NORMALISED_DISTANCES),
    ],
)
def test_the_lines_are_the_results_curves(results, draw, curve, thresholds):
    lines = draw(results, "Title").axes[0].lines[: len(results)]
    for line, result in zip(lines, results, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), thresholds)
        np.testing.assert_array_equal(line.get_ydata(), result.curve(curve))


def test_the_legend_is_sorted_by_the_score_on_the_plot(results):
    exact, shifted, lost = (next(r for r in results if r.name == name) for name in ("exact", "shifted", "lost"))
    expected = [f"[{result.mean('auc'):.3f}] {result.name}" for result in (exact, shifted, lost)]
    assert legend(draw_success(results, "t")) == expected
    assert legend(draw_precision(results, "t"))[-1] == f"[{lost.mean('dp20'):.3f}] lost"
    assert legend(draw_norm_precision(results, "t"))[-1] == f"[{lost.mean('norm_precision'):.3f}] lost"


def test_names_are_drawn_as_they_are(sequences):
    names = ["a$b$", "_hidden", "x^2"]
    figure = draw_success([make_result(name, sequences, "exact") for name in names], "Cost: $5$")
    assert sorted(label.split(" ", 1)[1] for label in legend(figure)) == sorted(names)
    assert not any(text.get_parse_math() for text in [*figure.legends[0].get_texts(), figure.axes[0].title])


def test_trackers_without_a_score_are_left_out(results):
    empty = TrackerResult("empty", ())
    assert len(legend(draw_success([*results, empty], "t"))) == 3
    with pytest.raises(InputError, match="nothing to draw"):
        draw_success([empty], "t")


def test_styles_are_told_apart():
    names = [f"tracker{number}" for number in range(28)]
    styles = assign_styles(names)
    assert len({(style.colour, style.dashes) for style in styles.values()}) == 28
    assert len(assign_styles([*names, "one more"])) == 29  # then they repeat


def test_a_tracker_looks_the_same_in_every_plot(results):
    styles = assign_styles(result.name for result in results)
    one, other = draw_success(results, "t", styles), draw_success(results[1:], "t", styles)
    assert one.axes[0].lines[1].get_color() == other.axes[0].lines[0].get_color() == styles[results[1].name].colour


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
