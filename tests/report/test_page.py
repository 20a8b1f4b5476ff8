"""The page as text; how it behaves is in test_browser.py."""

import html
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import RawResults
from cfvgg_plugin.report.page import read_facts, write_report
from tests.report.conftest import BOLD, CLOSING

VOID = {"meta", "link", "img", "input"}


class Outline(HTMLParser):
    """Checks that tags match; collects what would be loaded, and pictures without a text."""

    def __init__(self):
        super().__init__()
        self.open, self.loaded, self.without_text = [], [], []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.loaded += [values[name] for name in ("src", "href", "data") if name in values]
        if tag == "img" and not values.get("alt"):
            self.without_text.append(values)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):  # in SVG, where it ends the element
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_alone(page):
    assert [path.name for path in page.parent.iterdir()] == ["report.html"]
    text = page.read_text()
    outline = Outline()
    outline.feed(text)
    assert outline.open == [] and outline.without_text == []
    assert all(address.startswith(("data:", "#")) for address in outline.loaded)
    assert "default-src 'none'" in text and "@import" not in text and "url(" not in text
    assert BOLD not in text and CLOSING not in text
    escaped = html.escape(CLOSING)
    assert text.count("window.hacked") == text.count(escaped) > 5


def test_what_the_page_says(page):
    text = page.read_text()
    for words in ("OTB &lt;2015&gt;: 2 of 100 sequence(s)", "&lt;b&gt;bold&lt;/b&gt;", "0123456789", "5ha256"):
        assert words in text
    assert "numpy 1.2.3; &lt;cpu&gt;; 1 thread(s)" in text
    assert "without a manifest: shifted, partial, lost" in text or "without a manifest: shifted, lost, partial" in text


def test_two_runs_write_the_same(odd, tmp_path):
    dataset, found = odd
    for name in ("a.html", "b.html"):
        write_report(tmp_path / name, found, tmp_path, dataset, "x", 2)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_no_frames(odd, tmp_path):
    dataset, found = odd
    write_report(tmp_path / "r.html", found, tmp_path, dataset, "x", 0)
    text = (tmp_path / "r.html").read_text()
    assert "image/jpeg;base64,/" not in text and 'id="players"' not in text and 'id="strips"' not in text
    assert text.count("image/svg+xml") == 6 and 'id="calibration"' in text


def test_sequences_without_any_result_have_no_player(odd, tmp_path):
    dataset, found = odd
    partial = [result for result in found.trackers if result.name == "partial"]
    write_report(tmp_path / "r.html", RawResults(partial), tmp_path, dataset, "x", 2)
    assert (tmp_path / "r.html").read_text().count('class="player"') == 1


def test_nothing_is_written_where_nothing_can_be_shown(odd, tmp_path):
    dataset, found = odd
    empty = [replace(result, sequences=()) for result in found.trackers]
    with pytest.raises(InputError, match="no sequence that all have a score of"):
        write_report(tmp_path / "r.html", RawResults(empty), tmp_path, dataset, "x")
    assert not list(tmp_path.iterdir())


def test_facts_go_by_folder_where_two_have_one_name(tmp_path):
    for name in ("feco-aaaaaaaaaa", "feco-bbbbbbbbbb"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text('{"tracker": "feco", "settings": {}, "weights": null}')
    first, second, other = read_facts(tmp_path, ["feco-aaaaaaaaaa", "feco-bbbbbbbbbb", "KCF"])
    assert (first.settings_hash, second.settings_hash, other.settings_hash) == ("aaaaaaaaaa", "bbbbbbbbbb", "")
    assert first.weights == first.backend == ""
    (only,) = read_facts(tmp_path / "feco-aaaaaaaaaa", ["feco"])  # the folder of one tracker
    assert only.settings_hash == "aaaaaaaaaa"


def test_its_files_are_packed():
    tomllib = pytest.importorskip("tomllib", reason="tomllib is new in Python 3.11")
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["cfvgg_plugin.report"]
    folder = Path(__file__).parents[2] / "cfvgg_plugin" / "report"
    packed = {path.name for pattern in patterns for path in folder.glob(pattern)}
    assert packed == {path.name for path in folder.iterdir() if path.is_file() and path.suffix != ".py"}


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_without_the_extra_it_is_named(program, module):
    _, _, err = program("tests.absent", module, "report", "results").end()
    assert f"need {module}: pip install 'cfvgg-plugin[report]'" in err
