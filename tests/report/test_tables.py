import pytest

from cfvgg_plugin.evaluation.compare import compare
from cfvgg_plugin.plots.gallery import comparable
from cfvgg_plugin.report import tables
from cfvgg_plugin.report.page import frames_each, make_player
from tests.plots.make import make_result, make_sequences


@pytest.fixture(scope="module")
def sequences(tmp_path_factory):
    return make_sequences(tmp_path_factory.mktemp("tables"))


@pytest.fixture
def results(sequences):
    names = {"lost": "", "exact": "", "shifted": "Two"}
    return [make_result(name, sequences, name, without) for name, without in names.items()]


def texts(table):
    return [[cell.text for cell in row] for row in table.rows]


def test_summary(results):
    best = comparable(results)
    table = tables.summary(best, results)
    exact = best[0]
    assert texts(table)[0] == [
        "exact", f"{exact.mean('auc'):.4f}", "1.0000", "1.0000", "", f"{exact.calibration.error.value:.4f}",
        f"{exact.fps:.1f}", "3 of 3",
    ]  # fmt: skip
    assert [row[0].text for row in table.rows] == ["exact", "shifted", "lost"]
    assert table.rows[1][-1].text == "2 of 3"
    assert [row[1].mark for row in table.rows] == ["best", "second", ""]


def test_a_tracker_without_scores_stays_in_the_summary(results, sequences):
    nothing = make_result("nothing", sequences[:1], "exact", without="One")
    table = tables.summary(comparable([*results, nothing]), [*results, nothing])
    assert texts(table)[-1] == ["nothing", "", "", "", "", "", "", "0 of 1"]


def test_calibration(results):
    table = tables.calibration(results)
    lost = results[0].calibration
    assert [row[0].text for row in table.rows] == ["lost", "exact", "shifted"]
    assert [cell.text for cell in table.rows[0][1:4]] == [str(lost.frames), str(lost.wrong), lost.error.text()]
    assert table.rows[0][3].value == lost.error.value
    assert all(cell.mark == "" for cell in [row[5] for row in tables.summary(comparable(results), results).rows])


def test_of_two_only_the_better_is_marked(results):
    table = tables.summary(comparable(results[:2]), results[:2])
    assert [row[1].mark for row in table.rows] == ["best", ""]
    assert table.rows[0][2].mark == "best"
    same = [results[1], make_result("twin", (), "exact")]
    assert tables.summary(comparable(same), same).rows[0][1].mark == ""


def test_attributes(results):
    best = comparable(results)
    table = tables.by_attribute(best)
    assert table.header == ["tracker", "IV (1)", "OCC (1)", "ZZ (1)", "overall (2)"]
    one = next(score.auc for s, score in best[2].scored if s.name == "One")
    assert texts(table)[2] == ["lost", *[f"{one:.4f}"] * 3, f"{best[2].mean('auc'):.4f}"]
    assert tables.by_attribute([result.only(["Three"]) for result in best]) is None


def test_sequences(results, sequences):
    table = tables.by_sequence(sequences, results)
    assert table.header == ["sequence", "frames", "attributes", "lost", "exact", "shifted"]
    assert [row[0].text for row in table.rows] == ["One", "Two", "Three"]
    two = table.rows[1]
    assert (two[1].text, two[2].text) == ("12", "OCC FM")
    assert two[5].text == "not scored" and two[5].note == "no result" and two[5].value is None
    assert two[4].mark == "best" and "DP20 1.0000" in two[4].note
    assert table.footer[1].text == "44" and table.footer[4].text == f"{results[1].mean('auc'):.4f}"


def test_comparisons(results):
    table = tables.comparisons(results)
    pairs = [(row[0].text, row[1].text) for row in table.rows]
    assert pairs == [("exact", "lost"), ("shifted", "lost"), ("exact", "shifted")]  # the better one first
    found = compare(results[1], results[0])
    assert [cell.text for cell in table.rows[0][2:8]] == [
        f"{found.mean:+.4f}", f"{found.low:+.4f}", f"{found.high:+.4f}", *map(str, found.wins),
    ]  # fmt: skip
    assert table.rows[1][8].note.endswith("left out: Two") and table.rows[1][8].text == "cannot tell"
    apart = [results[0].only(["One"]), results[1].only(["Two"])]
    assert tables.comparisons(apart).rows == []


def test_players(results, sequences, tmp_path):
    player = make_player(sequences[1], results, 4)
    data = player.data
    assert data["frames"] == [0, 4, 7, 11] and data["total"] == 12 and data["size"] == (160, 120)
    assert len(data["images"]) == 4 and player.first.endswith(data["images"][0])
    assert data["boxes"][2] is None and data["overlap"][2] is None  # the one without a result
    assert data["boxes"][1] == data["truth"] == [list(box) for box in sequences[1].boxes[data["frames"]]]
    assert data["overlap"][0] == [1, 0, 0, 0] and data["overlap"][1] == [1, 1, 1, 1]


def test_fewer_frames_of_many_sequences():
    assert (frames_each(1), frames_each(12), frames_each(100), frames_each(10_000)) == (60, 60, 24, 8)
