"""Files of the VOT toolkit with the right syntax and the wrong shape."""

import json
from pathlib import Path

import pytest

from cfvgg_plugin import cli
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.vot import doctor, scores, workspace
from cfvgg_plugin.system.documents import read_yaml
from tests.layouts import make_vot

pytest.importorskip("yaml")


@pytest.fixture
def ws(tmp_path):
    make_vot(tmp_path / "data")
    workspace.create_workspace(tmp_path / "ws", "vot2016", tmp_path / "data", None, ["fkcf/hog"], None)
    return tmp_path / "ws"


@pytest.mark.parametrize(
    "text",
    [
        "3", "- a", "null", "registry: 3", "registry: {a: 1}", "registry: [1]", "sequences: 3", "sequences: [a]",
        "stack: 2016", "stack: {a: 1}", "a: &x [*x]\nregistry: *x", "[" * 5000, "{a: 1", "stack: 2016-13-45",
    ],
)  # fmt: skip
def test_settings_of_a_workspace(ws, text):
    (ws / "config.yaml").write_text(text)
    for function in (doctor.examine, workspace.read_config):
        with pytest.raises(InputError, match="config.yaml") as caught:
            function(ws)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "3", "- a", "experiments: 3", "experiments: [a]", "experiments: {a: 3}", "experiments: {a: {analyses: 3}}",
        "experiments: {a: {analyses: [3]}}", "dataset: 3",
        "experiments: {a: {analyses: [{type: supervised_eao_score, low: x}]}}",
        "experiments: {a: {analyses: [{type: supervised_eao_score, high: .nan}]}}",
    ],
)  # fmt: skip
def test_stacks(ws, text):
    (ws / "vot2016.yaml").write_text(text)
    with pytest.raises(InputError, match="vot2016.yaml"):
        doctor.examine(ws)


def test_the_toolkits_own_stacks_are_read():
    vot = pytest.importorskip("importlib.util").find_spec("vot")
    if vot is None or not vot.submodule_search_locations:
        pytest.skip("the toolkit is not here")
    files = sorted(Path(vot.submodule_search_locations[0], "stack").rglob("*.yaml"))
    assert files and all(read_yaml(file, workspace.Stack) is not None for file in files)


ANALYSIS = {
    "results": {
        "baseline": {"parameters": {"analyses": [{"type": "x.EAOScore"}]}, "results": [[[0.3]]]},
    },
    "trackers": {"a": {}},
    "sequences": {"s": {}},
}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ((), 3), ((), []), (("results",), 3), (("results", "baseline"), 3), (("results", "baseline", "results"), 3),
        (("results", "baseline", "results"), []), (("results", "baseline", "results"), [[["x"]]]),
        (("results", "baseline", "results"), [[3]]), (("results", "baseline", "parameters"), []),
        (("results", "baseline", "parameters"), {"analyses": [3]}), (("trackers",), ["a"]), (("trackers", "a"), 3),
        (("sequences",), 3),
    ],
)  # fmt: skip
def test_analyses(ws, place, value):
    content = json.loads(json.dumps(ANALYSIS))
    inner = content
    for name in place[:-1]:
        inner = inner[name]
    if place:
        inner[place[-1]] = value
    (ws / "analysis").mkdir()
    file = ws / "analysis" / "A.json"
    file.write_text(json.dumps(content if place else value))
    with pytest.raises(InputError, match="is no analysis of the toolkit"):
        scores.scores_table(ws)
    file.write_text(json.dumps(ANALYSIS).replace("0.3", "NaN"))
    assert "nan" in scores.scores_table(ws)


def test_a_sequence_of_one_frame_is_refused_with_a_remedy(tmp_path):
    make_vot(tmp_path)
    truth = tmp_path / "bag" / "groundtruth.txt"
    truth.write_text(truth.read_text().splitlines()[0] + "\n")
    with pytest.raises(InputError, match="bag: one frame alone.*name the others with --names"):
        workspace.create_workspace(tmp_path / "ws", "local", tmp_path, None, None, None)
    assert not (tmp_path / "ws").exists() and not list(tmp_path.glob(".ws*"))


@pytest.mark.parametrize("option", ["--names", "--trackers"])
def test_options_that_name_nothing(monkeypatch, capsys, tmp_path, option):
    make_vot(tmp_path / "data")
    arguments = ["vot", "init", "ws", "--stack", "local", "--sequences", str(tmp_path / "data"), option, " , "]
    monkeypatch.setattr("sys.argv", ["cfvgg", *arguments])
    monkeypatch.setattr("signal.signal", lambda *_: None)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2 and option in capsys.readouterr().err
