import json

import cv2
import pytest

needs_contrib = pytest.mark.skipif(
    not hasattr(cv2, "TrackerCSRT_create"),
    reason="OpenCV has no CSRT: pip install 'cfvgg-plugin[opencv-trackers]'",
)


def test_they_are_listed(run):
    status, out, _ = run("list")
    assert status == 0
    assert all(f"  opencv/{setting} " in out for setting in ("csrt", "default", "kcf", "nanotrack", "vittrack"))


@needs_contrib
@pytest.mark.parametrize("name", ["opencv/csrt", "opencv/kcf", "opencv"])
def test_track(name, run, frames, tmp_path):
    folder, boxes = frames
    init = ",".join(str(v) for v in boxes[0])
    status, _, err = run("track", folder, "--init", init, "--tracker", name, "--boxes", tmp_path / "boxes.txt")
    assert (status, err) == (0, "")
    assert len((tmp_path / "boxes.txt").read_text().splitlines()) == len(boxes)


@needs_contrib
def test_evaluate_beside_our_own(run, dataset, tmp_path):
    arguments = (
        "evaluate",
        "--dataset",
        "otb",
        "--root",
        dataset,
        "--tracker",
        "opencv/csrt",
        "--tracker",
        "fkcf/grey",
    )
    status, out, _ = run(*arguments, "--results", tmp_path / "raw", "--json", tmp_path / "scores.json")
    assert status == 0 and "opencv/csrt" in out and "fkcf/grey" in out
    assert json.loads((tmp_path / "scores.json").read_text())["trackers"]["opencv/csrt"]["auc"] > 0.6


def test_nanotrack_without_its_files(complains, frames):
    start = ("track", frames[0], "--init", "30,40,24,24", "--tracker", "opencv/nanotrack")
    expected = "expected a folder with two .onnx files, one with 'backbone' in its name and one with 'head'"
    assert f"NanoTrack needs --weights: {expected}" in complains(*start)
    assert expected in complains(*start, "--weights", frames[0])


def test_csrt_without_contrib(complains, frames, monkeypatch):
    monkeypatch.delattr(cv2, "TrackerCSRT_Params", raising=False)
    message = complains("track", frames[0], "--init", "30,40,24,24", "--tracker", "opencv/csrt")
    assert "pip install 'cfvgg-plugin[opencv-trackers]'" in message


@needs_contrib
def test_a_target_that_csrt_cannot_start_on(complains, frames):
    message = complains("track", frames[0], "--init", "10,10,1,1", "--tracker", "opencv/csrt")
    assert "box 10,10,1,1: OpenCV's CSRT tracker cannot start on it" in message
