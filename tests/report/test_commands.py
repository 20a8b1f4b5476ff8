"""`cfvgg plot` and `cfvgg report` on raw boxes, from the command line to the files."""

import pytest

from cfvgg_plugin.cli import cli
from cfvgg_plugin.errors import InputError
from tests.plots.make import make_sequences, write_raw


@pytest.fixture
def arguments(tmp_path):
    """Results of two trackers, the second without one sequence; and their dataset."""
    sequences = make_sequences(tmp_path / "otb", {"One": (10, ()), "Two": (8, ())})
    write_raw(tmp_path / "raw" / "exact", sequences, "exact")
    write_raw(tmp_path / "raw" / "lost", sequences[:1], "lost")
    return [str(tmp_path / "raw"), "--dataset", "otb", "--root", str(tmp_path / "otb")]


def run(*words):
    return cli.main([str(word) for word in words], standalone_mode=False)


def test_plot(arguments, tmp_path, capsys):
    assert run("plot", *arguments, "--out", tmp_path / "plots", "--format", "png") == 0
    out, err = capsys.readouterr()
    names = ["success", "precision", "norm_precision", "strip-One", "failures-lost"]  # no attributes, not timed
    assert out.splitlines() == [str(tmp_path / "plots" / f"{name}.png") for name in names]
    assert err == "cfvgg: 1 not scored: 'cfvgg score' names them\n"
    assert sorted(path.name for path in (tmp_path / "plots").iterdir()) == sorted(f"{name}.png" for name in names)


def test_plot_of_one_tracker(arguments, tmp_path, capsys):
    options = ("--tracker", "exact", "--strips", 0, "--failures", 0, "--sequences", "Two")
    assert run("plot", *arguments, "--out", tmp_path / "plots", *options) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_report(arguments, tmp_path, capsys):
    page = tmp_path / "report.html"
    assert run("report", *arguments, "--out", page, "--frames", 3) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{page}: OTB layout: 2 sequence(s), 18 frames, 2 tracker(s), ") and out.endswith(" MB\n")
    assert err == "cfvgg: 1 not scored: the page names them\n"
    text = page.read_text()
    assert "lost on Two: no result" in text and "frame" in text and text.count('class="player"') == 2


def test_first_pixel(arguments, tmp_path):
    """Boxes of these files are 1-based: read as 0-based they are all off by one."""
    for first_pixel in (0, 1):
        options = ("--tracker", "exact", "--frames", 0, "--first-pixel", first_pixel)
        run("report", *arguments, "--out", tmp_path / f"{first_pixel}.html", *options)
    assert "norm. prec. 1.0000" in (tmp_path / "1.html").read_text()
    assert (tmp_path / "1.html").read_text().count("0.9524") > (tmp_path / "0.html").read_text().count("0.9524")


def test_bad_input(arguments, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match="does not exist"):
        run("report", *arguments, "--out", tmp_path / "no" / "report.html")
    with pytest.raises(InputError, match="no tracker KCF"):
        run("report", *arguments, "--tracker", "KCF", "--out", tmp_path / "report.html")
    with pytest.raises(InputError, match="no such folder"):
        run("plot", tmp_path / "nothing", *arguments[1:], "--out", tmp_path / "plots")
    assert sorted(tmp_path.rglob("*")) == before


def test_the_published_results(shared, tmp_path, capsys):
    """The report of the shared boxes; their scores are checked elsewhere."""
    page = tmp_path / "report.html"
    root, results = shared("data/otb"), shared("reference/results")
    assert run("report", results, "--dataset", "otb2015", "--root", root, "--frames", 2, "--out", page) == 0
    assert "OTB-2015: 12 of 100 sequence(s), 2,582 frames, 12 tracker(s)" in capsys.readouterr().out
    text = page.read_text()
    assert text.count('class="player"') == 12 and text.count("image/svg+xml") == 4
    assert 'id="attributes"' in text and "authors-fDeepSTRCF" in text
