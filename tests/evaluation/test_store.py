"""What stands beside results, in the wrong shape, and results whose dataset has moved."""

import json
import shutil

import msgspec
import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.evaluate import evaluate
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.run import load_tracker
from cfvgg_plugin.evaluation.store import Manifest, describe_folder, open_results
from cfvgg_plugin.report.page import read_facts
from tests.layouts import make_otb

SHAPES = [
    "[]", "3", "null", "{}", '{"tracker": 3}', '{"tracker": "x", "weights": []}', "[" * 100_000, "{",
    '{"tracker": "x", "weights": {"file": 3}}', '{"tracker": "x", "made_with": 3}', '{"tracker": "x", "settings": []}',
    '{"tracker": "x", "made_with": [{"threads": 0}]}', '{"tracker": "x", "made_with": [{"threads": NaN}]}',
    '{"tracker": "x", "settings": {"rate": NaN}}', '{"tracker": "x", "made_with": [{"versions": {"numpy": 1}}]}',
]  # fmt: skip


@pytest.mark.parametrize("text", SHAPES)
def test_manifests(sequences, tmp_path, text):
    folder = tmp_path / "raw" / "mine"
    folder.mkdir(parents=True)
    np.savetxt(folder / "One.txt", sequences[0].boxes + [1, 1, 0, 0], delimiter=",")
    (folder / "manifest.json").write_text(text)
    for read in (lambda: read_results(tmp_path / "raw", sequences), lambda: read_facts(tmp_path / "raw", ["mine"])):
        with pytest.raises(InputError, match=r"manifest.json: is no manifest") as caught:
            read()
        assert "\n" not in str(caught.value)


def test_a_manifest_is_read_as_it_was_written_and_a_damaged_one_stops_an_evaluation(sequences, tmp_path):
    loaded = load_tracker("fkcf/grey")
    evaluate([loaded], sequences[:1], tmp_path)
    (folder,) = tmp_path.glob("fkcf*")
    text = (folder / "manifest.json").read_text()
    manifest = describe_folder(folder)
    assert manifest is not None and manifest.tracker == "fkcf/grey" and manifest.weights is None
    assert msgspec.to_builtins(manifest.made_with[0]) == json.loads(text)["made_with"][0]
    content = json.loads(text)
    content["made_with"][0]["processor"] = "another"
    (folder / "manifest.json").write_text(json.dumps(content))
    evaluate([loaded], sequences[:1], tmp_path)
    after = json.loads((folder / "manifest.json").read_text())["made_with"]
    assert [machine["processor"] for machine in after] == ["another", json.loads(text)["made_with"][0]["processor"]]
    (folder / "manifest.json").write_text("[]")
    with pytest.raises(InputError, match="is no manifest"):
        evaluate([loaded], sequences[:1], tmp_path)


@pytest.mark.parametrize("seconds", ["nan", "-1", "inf", "x"])
def test_times_that_are_none_are_not_shown(sequences, tmp_path, seconds):
    loaded = load_tracker("fkcf/grey")
    evaluate([loaded], sequences[:1], tmp_path)
    (folder,) = tmp_path.glob("fkcf*")
    (folder / "seconds").mkdir()
    (folder / "seconds" / "One.txt").write_text(f"{seconds}\n" * 9)
    (result,) = read_results(tmp_path, sequences[:1]).trackers
    assert result.fps is None and result.mean("auc") is not None


@pytest.mark.parametrize(
    "text",
    ["[]", "3", "{}", '{"dataset": 3, "root": "x"}', '{"dataset": "otb", "root": []}', "[" * 100_000, "{",
     '{"dataset": "otb", "root": "x", "protocol": 3}', '{"dataset": "otb", "root": "x", "protocol": {"kind": 3}}',
     '{"dataset": "otb", "root": "x", "protocol": {"kind": "tre", "starts": 0}}',
     '{"dataset": "otb", "root": "x", "protocol": {"kind": "tre", "starts": true}}',
     '{"dataset": "otb", "root": "x", "protocol": {"kind": "new"}}'],
)  # fmt: skip
def test_notes_of_datasets(tmp_path, text):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(InputError, match="dataset.json.*give --dataset and --root|protocol"):
        open_results(tmp_path, None, None)


def test_results_whose_dataset_has_moved_say_what_to_give(tmp_path):
    make_otb(tmp_path / "otb")
    results = tmp_path / "raw"
    results.mkdir()
    note = {"dataset": "otb", "root": str(tmp_path / "otb"), "protocol": {"kind": "ope", "starts": None}}
    (results / "dataset.json").write_text(json.dumps(note))
    assert len(open_results(results, None, None)[1].sequences) == 1
    shutil.move(tmp_path / "otb", tmp_path / "elsewhere")
    with pytest.raises(InputError, match="otb was in .*otb, which does not exist any more; give --dataset and --root"):
        open_results(results, None, None)
    assert len(open_results(results, None, tmp_path / "elsewhere")[1].sequences) == 1


def test_manifests_are_frozen():
    with pytest.raises(AttributeError):
        Manifest("x").tracker = "y"  # type: ignore[misc]
