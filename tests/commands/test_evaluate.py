import json
import os
import signal
import time

import numpy as np
import pytest

from cfvgg_plugin import save_weights
from tests.conftest import wait_until


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    """The default folder for results is in the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def start(dataset):
    return ("evaluate", "--dataset", "otb", "--root", dataset)


def folders(results):
    return sorted(path for path in (results / "otb").iterdir() if path.is_dir())


def test_evaluate(run, start, tmp_path):
    status, out, err = run(
        *start, "--tracker", "fkcf/hog", "--tracker", "fkcf/grey", "--json", "o.json", "--results", tmp_path / "raw"
    )
    assert (status, err) == (0, "")
    assert "fkcf/hog" in out and "mean of 2" in out
    trackers = json.loads((tmp_path / "o.json").read_text())["trackers"]
    assert list(trackers) == ["fkcf/hog", "fkcf/grey"]
    hog = trackers["fkcf/hog"]
    assert set(hog["sequences"]) == {"One", "Two"}
    assert hog["auc"] == pytest.approx(np.mean([s["auc"] for s in hog["sequences"].values()]))
    assert hog["auc"] > 0.7 and hog["dp20"] == 1 and hog["fps"] is None
    grey, hog = folders(tmp_path / "raw")
    assert hog.name.startswith("fkcf-hog-") and grey.name.startswith("fkcf-grey-")
    assert np.loadtxt(hog / "One.txt", delimiter=",")[0] == pytest.approx((31, 41, 24, 24))
    manifest = json.loads((hog / "manifest.json").read_text())
    assert manifest["settings"]["padding"] == 1.5 and manifest["made_with"][0]["threads"] == 1


def test_speed_is_measured_where_asked(run, start, tmp_path):
    status, out, _ = run(*start, "--tracker", "fkcf/grey", "--timing", "--json", "o.json")
    assert status == 0 and "frames/s" in out
    assert json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/grey"]["fps"] > 0
    assert (tmp_path / "cfvgg-results" / "otb").is_dir()


@pytest.mark.usefixtures("forked_workers")
def test_a_tracker_on_two_networks(run, start, complains, random_weights, tmp_path):
    (tmp_path / "mine").mkdir()
    save_weights(random_weights, tmp_path / "mine" / "net.safetensors")
    arguments = ("--tracker", "fkcf/conv2", "--tracker", "fkcf/conv2=mine/net.safetensors", "--workers", "2")
    status, out, err = run(*start, *arguments, "--json", "o.json")
    assert (status, err) == (0, "") and "fkcf/conv2=net " in out
    trackers = json.loads((tmp_path / "o.json").read_text())["trackers"]
    assert list(trackers) == ["fkcf/conv2", "fkcf/conv2=net"]
    assert len(folders(tmp_path / "cfvgg-results")) == 2
    asked = ("--tracker", "fkcf/conv2=mine/net.safetensors", "--tracker", "fkcf/conv2")
    status, out, _ = run("compare", "cfvgg-results", *asked)
    assert status == 0 and "fkcf/conv2=net - fkcf/conv2 " in out
    assert "fkcf/grey runs no network" in complains(*start, "--tracker", "fkcf/grey=mine/net.safetensors")
    assert "no such file" in complains(*start, "--tracker", "fkcf/conv2=nowhere.mat")


def finished(results):
    """Files of boxes below `results`; their temporary neighbours begin with a dot, which `*` would match."""
    return list(results.glob("otb*/*/[!.]*.txt"))


def wait_for_boxes(process, results):
    """Until the first sequence is done."""
    wait_until(lambda: finished(results), process)
    assert finished(results)


def test_a_killed_evaluation_goes_on_and_leaves_the_same_bytes(run, program, shared, tmp_path):
    arguments = ["evaluate", "--dataset", "otb", "--root", str(shared("data/otb")), "--sequences", "Crossing,Deer"]
    arguments += ["--protocol", "tre", "--starts", "2", "--tracker", "fkcf/hog", "--tracker", "fkcf/grey", "--results"]
    assert run(*arguments, "whole")[0] == 0
    process = program("cfvgg_plugin", *arguments, "killed", "--workers", "2")
    wait_for_boxes(process, tmp_path / "killed")
    process.kill()  # the workers are left to notice it
    process.end()
    assert len(finished(tmp_path / "killed")) < 8
    assert run(*arguments, "killed")[0] == 0
    whole, killed = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*.txt")} for f in map(
        tmp_path.joinpath, ("whole", "killed")))  # fmt: skip
    assert len(whole) == 24 and whole == killed
    deadline = time.monotonic() + 30
    while (group := alive(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not group


def alive(group: int) -> bool:
    """Whether a process of that group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_an_interrupted_evaluation_keeps_what_was_done(program, start, tmp_path):
    process = program("cfvgg_plugin", *start, "--tracker", "fkcf/hog", "--tracker", "feco", "--workers", "2")
    wait_for_boxes(process, tmp_path / "cfvgg-results")
    process.send_signal(signal.SIGTERM)
    status, _, err = process.end(60)
    assert status in {0, 130} and "Traceback" not in err  # 0: it was done by then
    assert finished(tmp_path / "cfvgg-results")


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_backends_have_folders_of_their_own_where_they_matter(run, start, random_weights, tmp_path, backend):
    pytest.importorskip({"onnx": "onnxruntime"}.get(backend, backend), reason=f"the extra {backend} is not installed")
    save_weights(random_weights, tmp_path / "w.safetensors")
    scores = []
    for name in ("torch", backend):
        options = ("--tracker", "fkcf/conv1", "--tracker", "fkcf/grey", "--backend", name)
        assert run(*start, *options, "--weights", "w.safetensors", "--results", "raw", "--json", "o.json")[0] == 0
        scores.append(json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/conv1"]["auc"])
    assert scores[0] == pytest.approx(scores[1], abs=0.02)
    manifests = [json.loads((folder / "manifest.json").read_text()) for folder in folders(tmp_path / "raw")]
    assert [m["tracker"] for m in manifests] == ["fkcf/conv1", "fkcf/conv1", "fkcf/grey"]
    assert {m["backend"] for m in manifests} == {"torch", backend, None}
    (manifest,) = (m for m in manifests if m["backend"] == backend)
    assert {"onnxruntime", "openvino"} & manifest["made_with"][0]["versions"].keys() == {
        "onnxruntime" if backend == "onnx" else backend
    }


def test_tre_and_sre_tell_their_runs_and_intervals(run, start, tmp_path):
    tracker = (*start, "--tracker", "fkcf/grey", "--tracker", "fkcf/hog")
    for options, runs in ((("tre", "--starts", "3"), 6), (("sre",), 24)):
        status, out, err = run(*tracker, "--protocol", *options, "--json", "o.json")
        assert (status, err) == (0, "") and f"{options[0]} by {runs} runs" in out and "95 % from" in out
        found = json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/grey"]
        low, high = found["auc_interval"]
        assert low <= found["auc"] <= high and found["runs"] == runs
        one = found["sequences"]["One"]
        assert one["runs"] == runs // 2 == len(one["auc_of_runs"]) and one["auc_interval"][0] <= one["auc"]
    results = tmp_path / "cfvgg-results"
    assert sorted(path.name for path in results.iterdir()) == ["otb-sre", "otb-tre3"]
    assert run("score", results / "otb-sre")[0] == 0
    assert "verdict: " in run("compare", results / "otb-tre3")[1]


def test_guided_runs_are_scored_compared_and_not_drawn(run, complains, start, tmp_path):
    tracker = (*start, "--tracker", "fkcf/grey", "--tracker", "fkcf/hog")
    status, out, _ = run(*tracker, "--protocol", "guided", "--json", "o.json")
    assert status == 0 and "within 0.15" in out and "standard error of the mean" in out
    found = json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/grey"]
    assert found["found"] == pytest.approx(sum(found[f"within_{near}"] for near in (0.15, 0.3, 0.5)) / 3)
    assert found["found_standard_error"] >= 0
    assert "found" in run("compare", "cfvgg-results")[1]
    assert "guided runs have no boxes" in complains("plot", "cfvgg-results", "--out", "p")
    assert "found alone" in complains("compare", "cfvgg-results", "--measure", "auc")
    pytest.importorskip("cv2.legacy", reason="opencv-contrib-python is not installed")
    assert "cannot be guided" in complains(*start, "--tracker", "opencv/csrt", "--protocol", "guided")


def test_bad_protocols(run, complains, start, dataset, tmp_path):
    tracker = (*start, "--tracker", "fkcf/grey")
    assert "sequence Two has only 6 frames" in complains(*tracker, "--protocol", "tre", "--starts", "9")
    assert "belongs to --protocol tre" in complains(*tracker, "--starts", "5")
    assert "at least 1" in complains(*tracker, "--protocol", "tre", "--starts", "0")
    run(*tracker, "--tracker", "fkcf/hog")
    run(*tracker, "--tracker", "fkcf/hog", "--protocol", "tre")
    folder = tmp_path / "cfvgg-results"
    assert "give one of its folders: otb, otb-tre" in complains("compare", folder)
    assert "protocols ope and tre" in complains("compare", folder / "otb", folder / "otb-tre")
    boxes = dataset / "One" / "groundtruth_rect.txt"
    first, *others = boxes.read_text().splitlines()
    boxes.write_text("\n".join([first, *["NaN,NaN,NaN,NaN"] * len(others)]))
    assert "no box but the first" in complains(*tracker, "--protocol", "guided")


def test_evaluate_one_sequence(run, start, tmp_path):
    run(*start, "--sequences", "Two", "--tracker", "fkcf/grey", "--json", "o.json")
    assert list(json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/grey"]["sequences"]) == ["Two"]


def test_two_datasets(run, dataset, start, tmp_path):
    status, *_ = run(*start, "--dataset", "folder", "--root", dataset, "--tracker", "fkcf/grey", "--json", "o.json")
    assert status == 0
    found = json.loads((tmp_path / "o.json").read_text())["datasets"]
    assert found.keys() == {"otb", "folder"}
    assert found["otb"]["trackers"]["fkcf/grey"]["auc"] == found["folder"]["trackers"]["fkcf/grey"]["auc"]


def test_evaluate_marks_a_sequence_with_a_hole_as_failed(run, start, dataset, tmp_path):
    (dataset / "One" / "img" / "0004.png").write_bytes(b"not an image")
    status, out, err = run(*start, "--tracker", "fkcf/hog", "--json", "o.json")
    assert status == 1 and "0004.png" in err and "mean of 1" in out
    hog = json.loads((tmp_path / "o.json").read_text())["trackers"]["fkcf/hog"]
    assert "0004.png" in hog["sequences"]["One"]["failed"]
    assert hog["auc"] == hog["sequences"]["Two"]["auc"]


def test_bad_input_to_evaluate(complains, start, dataset, tmp_path):
    fkcf = ("--tracker", "fkcf/hog")
    assert "does not exist" in complains("evaluate", "--dataset", "otb", "--root", tmp_path / "no", *fkcf)
    assert "Three" in complains(*start, *fkcf, "--sequences", "One,Three")
    assert "does not exist" in complains(*start, *fkcf, "--json", tmp_path / "no" / "o.json")
    assert "otb" in complains("evaluate", "--dataset", "got", "--root", dataset, *fkcf)
    assert "no such file" in complains(*start, *fkcf, "--tracker", "fkcf/conv1", "--weights", "CF_VGGM.mat")
    assert "its folder" in complains(*start, *fkcf, "--dataset", "folder")
    assert "twice" in complains(*start, *start[1:], *fkcf)
    assert "one --dataset" in complains(*start, "--dataset", "folder", "--root", dataset, *fkcf, "--sequences", "One")
    assert "workers 0" in complains(*start, *fkcf, "--workers", "0")
    assert "alone" in complains(*start, *fkcf, "--workers", "2", "--timing")


def test_color_names_of_the_user(run, complains, start, tmp_path, shared):
    hand_crafted = (*start, "--tracker", "feco/hand_crafted")
    (tmp_path / "table.mat").write_text("not a table")
    assert "table.mat" in complains(*hand_crafted, "--color-names", "table.mat")
    assert run(*hand_crafted)[0] == 0
    assert run(*hand_crafted, "--color-names", shared("reference/tables/CNnorm.mat"))[0] == 0
    assert len(folders(tmp_path / "cfvgg-results")) == 2  # other settings, another folder
