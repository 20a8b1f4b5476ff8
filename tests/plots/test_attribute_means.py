import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import attribute_means, attribute_table
from cfvgg_plugin.plots.charts import draw_attribute_radar
from tests.plots.make import make_result


@pytest.fixture
def aucs(results):
    return {result.name: {s.name: score.auc for s, score in result.scored} for result in results}


def test_means_by_hand(results, aucs):
    lost = next(result for result in results if result.name == "lost")
    auc = aucs["lost"]
    assert auc["One"] != auc["Two"]
    assert attribute_means(lost) == {
        "IV": (auc["One"], 1),
        "OCC": (pytest.approx((auc["One"] + auc["Two"]) / 2), 2),
        "FM": (auc["Two"], 1),
        "ZZ": (auc["One"], 1),
    }
    assert list(attribute_means(lost)) == ["IV", "OCC", "FM", "ZZ"]  # the paper's order, then the rest
    dp20 = {s.name: score.dp20 for s, score in lost.scored}
    assert attribute_means(lost, "dp20")["FM"] == (dp20["Two"], 1)


def test_only_scored_sequences_count(sequences):
    partial = make_result("partial", sequences, "lost", without="Two")
    assert {name: count for name, (_, count) in attribute_means(partial).items()} == {"IV": 1, "OCC": 1, "ZZ": 1}


def test_the_table(results, aucs):
    lines = attribute_table(results).splitlines()
    assert lines[0].split() == ["auc", "IV", "(1)", "OCC", "(2)", "FM", "(1)", "ZZ", "(1)", "overall", "(3)"]
    assert [line.split()[0] for line in lines[2:]] == ["exact", "shifted", "lost"]
    assert lines[4].split()[1] == f"{aucs['lost']['One']:.3f}"
    assert lines[4].split()[-1] == f"{np.mean(list(aucs['lost'].values())):.3f}"


def test_the_table_is_of_sequences_that_all_have(sequences, results):
    partial = make_result("partial", sequences, "lost", without="Two")
    header = attribute_table([*results, partial]).splitlines()[0]
    assert "OCC (1)" in header and "FM" not in header and "overall (2)" in header


def test_no_attributes_no_table(sequences):
    plain = make_result("plain", sequences, "exact").only(["Three"])
    assert attribute_table([plain]) == ""
    assert attribute_table([]) == ""
    with pytest.raises(InputError, match="needs 3"):
        draw_attribute_radar([plain])


def test_the_radar_shows_the_means_and_the_overall_one(results):
    axes = draw_attribute_radar(results).axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == [
        "IV (1)", "OCC (2)", "FM (1)", "ZZ (1)", "overall (3)",
    ]  # fmt: skip
    lost = next(result for result in results if result.name == "lost")
    means = [value for value, _ in attribute_means(lost).values()]
    drawn = axes.lines[-1].get_ydata()  # the worst comes last
    np.testing.assert_allclose(drawn, [*means, lost.mean("auc"), means[0]])


def test_the_radar_shows_only_the_best(results):
    figure = draw_attribute_radar(results, most=2)
    assert [text.get_text().split()[-1] for text in figure.legends[0].get_texts()] == ["exact", "shifted"]
