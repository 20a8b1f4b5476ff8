import json

import numpy as np
import pytest

from cfvgg_plugin import save_weights


def test_evaluate(run, dataset, tmp_path):
    arguments = ("evaluate", "--dataset", "otb", "--root", dataset, "--tracker", "fkcf/hog", "--tracker", "fkcf/gray")
    status, out, err = run(*arguments, "--json", tmp_path / "o.json", "--results", tmp_path / "raw")
    assert (status, err) == (0, "")
    assert "fkcf/hog" in out and "mean of 2" in out
    trackers = json.loads((tmp_path / "o.json").read_text())["trackers"]
    assert list(trackers) == ["fkcf/hog", "fkcf/gray"]
    hog = trackers["fkcf/hog"]
    assert set(hog["sequences"]) == {"One", "Two"}
    assert hog["auc"] == pytest.approx(np.mean([s["auc"] for s in hog["sequences"].values()]))
    assert hog["auc"] > 0.7 and hog["dp20"] == 1 and hog["fps"] > 0
    folders = sorted((tmp_path / "raw").iterdir())
    assert len(folders) == 2 and folders[1].name.startswith("fkcf-hog-")
    assert np.loadtxt(folders[1] / "One.txt", delimiter=",")[0] == pytest.approx((31, 41, 24, 24))
    assert json.loads((folders[1] / "manifest.json").read_text())["settings"]["padding"] == 1.5


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_backends_have_folders_of_their_own_where_they_matter(run, dataset, random_weights, tmp_path, backend):
    pytest.importorskip({"onnx": "onnxruntime"}.get(backend, backend), reason=f"the extra {backend} is not installed")
    save_weights(random_weights, tmp_path / "w.safetensors")
    start = ("evaluate", "--dataset", "otb", "--root", dataset, "--tracker", "fkcf/conv1", "--tracker", "fkcf/gray")
    scores = []
    for name in ("torch", backend):
        options = ("--backend", name, "--weights", tmp_path / "w.safetensors", "--results", tmp_path / "raw")
        assert run(*start, *options, "--json", tmp_path / "o.json")[0] == 0
        scores.append(json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/conv1"]["auc"])
    assert scores[0] == pytest.approx(scores[1], abs=0.02)
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in sorted((tmp_path / "raw").iterdir())]
    assert [m["tracker"] for m in manifests] == ["fkcf/conv1", "fkcf/conv1", "fkcf/gray"]
    assert {m["backend"] for m in manifests} == {"torch", backend, None}
    (manifest,) = (m for m in manifests if m["backend"] == backend)
    assert {"onnxruntime", "openvino"} & manifest["versions"].keys() == {
        "onnxruntime" if backend == "onnx" else backend
    }


def test_evaluate_one_sequence(run, dataset, tmp_path):
    run(
        "evaluate",
        "--dataset",
        "otb",
        "--root",
        dataset,
        "--sequences",
        "Two",
        "--tracker",
        "fkcf/gray",
        "--json",
        tmp_path / "o.json",
    )
    assert list(json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/gray"]["sequences"]) == ["Two"]


def test_evaluate_marks_a_sequence_with_a_hole_as_failed(run, dataset, tmp_path):
    (dataset / "One" / "img" / "0004.png").write_bytes(b"not an image")
    arguments = ("evaluate", "--dataset", "otb", "--root", dataset, "--tracker", "fkcf/hog")
    status, out, err = run(*arguments, "--json", tmp_path / "o.json")
    assert status == 1 and "0004.png" in err and "mean of 1" in out
    hog = json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/hog"]
    assert "0004.png" in hog["sequences"]["One"]["failed"]
    assert hog["auc"] == hog["sequences"]["Two"]["auc"]


def test_bad_input_to_evaluate(complains, dataset, tmp_path):
    start = ("evaluate", "--dataset", "otb", "--tracker", "fkcf/hog", "--root")
    assert "does not exist" in complains(*start, tmp_path / "no")
    assert "Three" in complains(*start, dataset, "--sequences", "One,Three")
    assert "does not exist" in complains(*start, dataset, "--json", tmp_path / "no" / "o.json")
    assert "otb" in complains("evaluate", "--dataset", "got", "--root", dataset, "--tracker", "fkcf/hog")
    assert "no such file" in complains(*start, dataset, "--tracker", "fkcf/conv1", "--weights", "CF_VGGM.mat")


def test_color_names_of_the_user(run, complains, dataset, tmp_path, shared):
    start = (
        "evaluate",
        "--dataset",
        "otb",
        "--root",
        dataset,
        "--tracker",
        "feco/hand_crafted",
        "--results",
        tmp_path / "raw",
    )
    (tmp_path / "table.mat").write_text("not a table")
    assert "table.mat" in complains(*start[:-2], "--color-names", tmp_path / "table.mat")
    assert run(*start)[0] == 0
    assert run(*start, "--color-names", shared("reference/tables/CNnorm.mat"))[0] == 0
    assert len(list((tmp_path / "raw").iterdir())) == 2  # other settings, another folder
