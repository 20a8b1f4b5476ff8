from xml.etree import ElementTree

import pytest

from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.plots.charts import REAL_TIME, draw_complexity, draw_speed
from cfvgg_plugin.plots.gallery import comparable, file_name, title, write_plots
from cfvgg_plugin.plots.style import save_figure
from tests.plots.make import make_result


@pytest.fixture
def dataset(sequences, tmp_path):
    return Dataset("otb2015", "OTB-2015", tmp_path, sequences, 100)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_every_picture_is_written_and_is_the_same_again(dataset, results, tmp_path, kind):
    first, second = (list(write_plots(results, dataset, tmp_path / n, kind, 1, 1)) for n in ("a", "b"))
    names = ["success", "precision", "norm_precision", "reliability", "attributes", "speed", "strip-One"]
    names.append("failures-lost")
    assert [path.name for path in first] == [f"{name}.{kind}" for name in names]
    assert sorted(first) == sorted((tmp_path / "a").iterdir())
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
        if kind == "svg":
            ElementTree.fromstring(one.read_bytes())  # noqa: S314 (our own file)
        else:
            assert one.read_bytes().startswith(b"\x89PNG")


def test_names_that_are_no_file_names(dataset, tmp_path):
    results = [make_result(name, dataset.sequences, "lost") for name in ("feco/a", "feco:a", "../../up")]
    written = list(write_plots(results, dataset, tmp_path / "out", "png", 0, 1))
    names = [path.name for path in written if path.name.startswith("failures")]
    assert names == ["failures-feco-a.png", "failures-feco-a-2.png", "failures-..-..-up.png"]
    assert all(path.parent == tmp_path / "out" and path.is_file() for path in written)
    assert file_name("<b>") == "b" and file_name("/") == "unnamed"


def test_other_endings_are_refused(results, tmp_path):
    with pytest.raises(InputError, match=r"\.svg or \.png"):
        save_figure(draw_speed([("a", 1, 1)]), tmp_path / "speed.pdf")
    assert not list(tmp_path.iterdir())


def test_only_sequences_that_all_have_are_compared(sequences, results, dataset):
    partial = make_result("partial", sequences, "exact", without="One")
    found = comparable([*results, partial])
    assert [result.name for result in found] == ["exact", "partial", "shifted", "lost"]
    assert all([s.name for s in result.sequences] == ["Two", "Three"] for result in found)
    assert title(dataset, found) == "OTB-2015, 2 of 100 sequence(s)"
    other = make_result("other", sequences[:1], "exact")
    with pytest.raises(InputError, match="partial, other"):
        comparable([partial.only(["Two"]), other])
    with pytest.raises(InputError, match="none of the trackers"):
        comparable([])


def test_speed():
    axes = draw_speed([("slow", 5.0, 0.6), ("fast", 500.0, 0.5)]).axes[0]
    assert axes.get_xscale() == "log"
    assert [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in axes.lines] == [(5, 0.6), (500, 0.5)]
    band = axes.patches[0].get_path().transformed(axes.patches[0].get_patch_transform()).get_extents()
    assert (band.x0, band.x1) == REAL_TIME
    low, high = axes.get_xlim()
    assert low < 5 and high > 500
    with pytest.raises(InputError, match="timed"):
        draw_speed([])


def test_complexity():
    axes = draw_complexity([("big", 3e9), ("small", 4e7)]).axes[0]
    assert [bar.get_width() for bar in axes.patches] == [3, 0.04]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["big", "small"]


def test_without_matplotlib_the_extra_is_named(program):
    _, _, err = program("tests.absent", "matplotlib", "plot", "results", "--out", "out").end()
    assert "cfvgg: plots need matplotlib: pip install 'cfvgg-plugin[report]'" in err
