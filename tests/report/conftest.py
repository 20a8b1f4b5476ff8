import json

import pytest

pytest.importorskip("matplotlib", reason="the extra report is not installed")
pytest.importorskip("jinja2", reason="the extra report is not installed")

from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.evaluation.raw import RawResults
from cfvgg_plugin.report.page import write_report
from tests.plots.make import make_result, make_sequences

BOLD = "<b>bold</b>"
CLOSING = "</script><script>window.hacked = 1</script>"
SEQUENCES = {"One": (24, ("IV", "OCC", "FM")), CLOSING: (12, ("OCC",))}


@pytest.fixture(scope="session")
def odd(tmp_path_factory):
    """A dataset and results with names that would break a careless page."""
    root = tmp_path_factory.mktemp("odd")
    sequences = make_sequences(root, SEQUENCES)
    results = [
        make_result("lost", sequences, "lost"),
        make_result(BOLD, sequences, "exact"),
        make_result("shifted", sequences, "shifted"),
        make_result("partial", sequences, "lost", without=CLOSING),
    ]
    return Dataset("otb2015", "OTB <2015>", root, sequences, 100), RawResults(results, [f"partial on {CLOSING}: none"])


@pytest.fixture(scope="session")
def page(odd, tmp_path_factory):
    """The report of it: a file alone in its folder."""
    dataset, found = odd
    folder = tmp_path_factory.mktemp("results")
    (folder / "bold-0123456789").mkdir()
    manifest = {
        "tracker": BOLD,
        "settings": {"name": CLOSING},
        "weights": {"sha256": "5ha256", "recipe": {}},
        "backend": "torch",
        "made_with": [{"versions": {"numpy": "1.2.3"}, "processor": "<cpu>", "threads": 1}],
    }
    (folder / "bold-0123456789" / "manifest.json").write_text(json.dumps(manifest))
    path = tmp_path_factory.mktemp("page") / "report.html"
    write_report(path, found, folder, dataset, "OTB <2015>: 2 of 100 sequence(s)", frames=6)
    return path
