import cProfile
import io
import json
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from cfvgg_plugin import save_weights
from cfvgg_plugin.benchmark import drawn, targets
from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.evaluation.raw import Choice
from cfvgg_plugin.system.machine import processor_name


def test_benchmark_network(run, tmp_path):
    status, out, _ = run("benchmark", "network", "--json", tmp_path / "n.json")
    assert status == 0 and "VGG-M" in out and "(76)" in out
    result = json.loads((tmp_path / "n.json").read_text())
    assert result["ratio"] > 2
    assert result["networks"]["CF-VGG"]["giga_multiply_adds_table2"] == pytest.approx(0.048, abs=5e-4)
    assert "torch" in result["backends"] and all(0 < ms < 1000 for ms in result["backends"].values())
    assert "by backend: torch" in out and "batches of 20: torch" in out
    assert all(0 < ms < 1000 for size in ("5", "20") for ms in result["batches"][size].values())
    assert result["networks"]["VGG-M"]["megabytes"] == pytest.approx(26.1, abs=0.1)


def test_a_report_of_this_machine(run, monkeypatch, tmp_path):
    monkeypatch.setattr(drawn, "TRACKERS", ("fkcf/hog", "fkcf/grey", "opencv/csrt"))
    monkeypatch.setattr(drawn, "ROUNDS", 1)
    monkeypatch.setattr(drawn, "FRAMES", 13)
    status, out, err = run("benchmark", "--report")
    assert (status, err) == (0, "") and out.startswith("```text\nprocessor: ") and out.endswith("```\n")
    for text in ("vector instructions: ", "cores: ", "system: ", "versions: python ", "numba ", "network (compact"):
        assert text in out
    assert "fkcf/hog" in out and "median of 1 round(s)" in out
    assert run("benchmark", "report", "--json", tmp_path / "r.json")[0] == 0
    found = json.loads((tmp_path / "r.json").read_text())
    assert found["fps"]["fkcf/hog"] > 0 and found["network_ms"]["torch"] > 0 and found["threads"] == 1
    if "opencv/csrt" in found["fps"]:
        assert found["times_csrt"]["opencv/csrt"] == 1 and found["times_csrt"]["fkcf/hog"] > 1


def test_a_report_without_csrt_says_so(run, monkeypatch):
    monkeypatch.setattr(drawn, "TRACKERS", ("fkcf/grey", "opencv/csrt"))
    monkeypatch.setattr(drawn, "_has_csrt", lambda: False)
    monkeypatch.setattr(drawn, "benchmark_backends", lambda _: {"torch": 1.0})
    out = run("benchmark", "report")[1]
    assert "CSRT is missing" in out and "torch 1.00 ms (not installed: onnx, openvino)" in out


def test_benchmark_alone_shows_its_help_and_the_report_stands_alone(run, complains):
    status, out, _ = run("benchmark")
    assert status == 2 and "--report" in out and "features" in out
    assert "leave it out beside features" in complains("benchmark", "--report", "features")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("processor : 0\nmodel name : Some CPU\nflags : x\nmodel name : Other\n", "Some CPU"),
        ("processor : 0\nBogoMIPS : 1\nHardware : BCM2835\nModel : Raspberry Pi 5 Model B\n", "Raspberry Pi 5 Model B"),
    ],
)
def test_the_name_of_a_processor(monkeypatch, content, name):
    monkeypatch.setattr("builtins.open", lambda *_, **__: io.StringIO(content))
    assert processor_name() == name


def test_benchmark_features(run):
    status, out, _ = run("benchmark", "features")
    assert status == 0 and "FHOG cell 4" in out and "CF-VGG conv5" in out


def test_benchmark_trackers(run, dataset, tmp_path):
    arguments = ("benchmark", "trackers", "--root", dataset, "--tracker", "feco", "--tracker", "fkcf/grey", "--profile")
    status, out, _ = run(*arguments, "--json", tmp_path / "t.json")
    assert status == 0 and "ms a frame" in out and "CSRT" in out
    trackers = json.loads((tmp_path / "t.json").read_text())["trackers"]
    assert {"feco", "fkcf/grey"} <= trackers.keys()
    assert all(t["fps"] > 0 and t["first_frame_ms"] > 0 for t in trackers.values())
    stages = trackers["feco"]["stages_ms"]
    assert {"sampling", "network", "FHOG", "scale filter", "detection", "training", "other"} == stages.keys()
    assert sum(stages.values()) == pytest.approx(trackers["feco"]["mean_ms"])
    assert stages["network"] > stages["scale filter"] > 0


def test_a_tracker_on_two_networks_is_timed_twice(run, dataset, random_weights, tmp_path):
    save_weights(random_weights, tmp_path / "net.safetensors")
    start = ("benchmark", "trackers", "--root", dataset, "--sequences", "Two", "--json", tmp_path / "t.json")
    own = f"fkcf/conv2={tmp_path / 'net.safetensors'}"
    assert run(*start, "--tracker", "fkcf/conv2", "--tracker", own)[0] == 0
    assert {"fkcf/conv2", "fkcf/conv2=net"} <= json.loads((tmp_path / "t.json").read_text())["trackers"].keys()


def test_no_stage_is_counted_twice(run, dataset, tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'cfvgg-plugin[onnx]'")
    start = ("benchmark", "trackers", "--root", dataset, "--tracker", "fkcf/conv2", "--profile", "--json")
    assert run(*start, tmp_path / "t.json", "--backend", "onnx", "--backend", "torch")[0] == 0
    trackers = json.loads((tmp_path / "t.json").read_text())["trackers"]
    for backend in ("onnx", "torch"):
        stages = trackers[f"fkcf/conv2 {backend}"]["stages_ms"]
        assert stages["network"] > 0 and stages["other"] > 0


def test_stage_within_a_stage_counts_once():
    from cfvgg_plugin.benchmark.trackers import _stages
    from cfvgg_plugin.filters.localisation import locate

    spectrum = torch.fft.rfft2(torch.rand(200, 200))
    locate(spectrum, 200)  # compiles
    profile = cProfile.Profile()
    start = time.perf_counter()
    profile.enable()
    for _ in range(50):
        locate(spectrum, 200)  # a function of detection that calls another one
    profile.disable()
    stages = _stages(profile, time.perf_counter() - start, 1.0)
    assert 0 < stages["detection"] < 1 and stages["other"] > 0


def test_targets_of_several_sizes_are_timed(run, tmp_path, monkeypatch):
    monkeypatch.setattr(drawn, "FRAMES", 4)
    arguments = ("benchmark", "trackers", "--target-sizes", "30,900", "--tracker", "fkcf/hog", "--tracker", "fkcf/grey")
    status, out, _ = run(*arguments, "--json", tmp_path / "s.json")
    assert status == 0 and "900 px" in out and "1920x1080" in out
    result = json.loads((tmp_path / "s.json").read_text())
    assert result["target_sizes"] == [30, 900] and result["trackers"].keys() == {"fkcf/hog", "fkcf/grey"}
    assert all(result["trackers"]["fkcf/hog"][size]["mean_ms"] > 0 for size in ("30", "900"))


@pytest.mark.parametrize(
    ("text", "message"), [("30,big", "whole numbers"), ("", "whole numbers"), ("7", "8 to 1080"), ("60,1081", "1081")]
)
def test_sizes_that_cannot_be_drawn_are_refused(run, text, message):
    status, _, error = run("benchmark", "trackers", "--target-sizes", text)
    assert status == 2 and message in error and error.count("\n") == 1


def test_sizes_and_sequences_exclude_each_other(run, dataset):
    status, _, error = run("benchmark", "trackers", "--target-sizes", "60", "--root", dataset)
    assert status == 2 and "leave --root" in error


@pytest.mark.parametrize("side", [8, 30, 1080])
def test_the_drawn_target_stays_in_the_frame_and_fills_its_box(side):
    ground, target = np.zeros((1080, 1920, 3), np.uint8), np.full((side, side, 3), 200, np.uint8)
    for number in range(0, drawn.FRAMES, 5):
        frame, box = drawn.show(ground, target, side, number)
        x, y, w, h = (int(v) for v in box)
        assert x >= 0 and y >= 0 and w == h and abs(w - side) <= 0.05 * side + 1
        assert (frame[y : y + h, x : x + w] == 200).all() and int(frame[:, :, 0].astype(bool).sum()) == w * h


def test_several_targets_are_timed(run, dataset, tmp_path):
    arguments = ("benchmark", "targets", "--targets", "1,3", "--root", dataset, "--threads", "2")
    status, out, _ = run(*arguments, "--tracker", "fkcf/hog", "--tracker", "fkcf/grey", "--json", tmp_path / "t.json")
    assert status == 0 and "times one" in out and "2 thread(s)" in out and "networks by" not in out
    result = json.loads((tmp_path / "t.json").read_text())
    assert result["threads"] == 2 and result["trackers"].keys() == {"fkcf/hog", "fkcf/grey"}
    three = result["trackers"]["fkcf/hog"]["3"]
    assert three["lone_ms"] > 0 and three["multi_ms"] > 0 and three["times_one"] > 0
    assert three["apart"] == 0


def test_sequences_of_several_sizes_are_timed_one_after_the_other(monkeypatch):
    rng = np.random.default_rng(0)
    films = [(list(rng.integers(0, 256, (3, side, side, 3), np.uint8)), (20.0, 20.0, 20.0, 20.0)) for side in (80, 96)]
    monkeypatch.setattr(targets, "videos", lambda root, sequences: films)
    speeds = targets.benchmark_targets([Choice("fkcf/grey", None, "fkcf/grey")], [2], Path(), None)
    assert speeds["fkcf/grey"][2].apart == 0


def test_drawn_targets_have_places_of_their_own():
    for image, boxes in targets.drawn()[::10]:
        assert len(boxes) == targets.MOST
        for box in boxes:
            assert box.x >= 0 and box.y >= 0 and box.x + box.w <= image.shape[1] and box.y + box.h <= image.shape[0]
            assert (overlaps(boxes, [box] * len(boxes)) > 0).sum() == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--targets", "1,many"), "whole numbers"),
        (("--targets", "0"), "1 to 40"),
        (("--targets", "41"), "1 to 40"),
        (("--threads", "0"), "threads 0"),
        (("--sequences", "A"), "--root"),
    ],
)
def test_targets_that_cannot_be_timed_are_refused(complains, arguments, message):
    assert message in complains("benchmark", "targets", *arguments)
