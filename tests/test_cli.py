"""The command line end to end, in this process; real processes only where signals are at stake."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin import cli, save_weights
from cfvgg_plugin.boxes import overlaps
from tests.conftest import moving_blob


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `cfvgg ARGS`; returns exit status, stdout, stderr."""

    def call(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cfvgg", *map(str, args)])
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


@pytest.fixture
def complains(run, tmp_path):
    """Run `cfvgg ARGS` and check that it refuses in one clear line, with status 2, and writes nothing."""

    def call(*args: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        status, out, err = run(*args)
        assert status == 2
        assert out == ""
        assert err.startswith("cfvgg: ") and err.count("\n") == 1 and "Traceback" not in err
        assert sorted(tmp_path.rglob("*")) == before
        return err

    return call


@pytest.fixture
def frames(tmp_path) -> tuple[Path, np.ndarray]:
    folder = tmp_path / "frames"
    folder.mkdir()
    images, boxes = moving_blob(12)
    for number, image in enumerate(images, 1):
        cv2.imwrite(str(folder / f"{number}.png"), image[:, :, ::-1])  # natural order: 2 before 10
    return folder, boxes


@pytest.fixture
def video(tmp_path) -> Path:
    path = tmp_path / "video.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 120))
    for image in moving_blob(20)[0]:
        writer.write(image[:, :, ::-1])
    writer.release()
    return path


INIT = ("--init", "30,40,24,24", "--tracker", "fkcf/hog")


def read_boxes(path: Path) -> np.ndarray:
    return np.loadtxt(path, delimiter=",")


def test_track_a_folder(run, frames, tmp_path):
    folder, truth = frames
    status, out, err = run("track", folder, *INIT, "--boxes", tmp_path / "b.txt")
    assert (status, err) == (0, "")
    assert out.startswith("12 frames, ") and "frames/s, mean" in out and out.count("\n") == 1
    boxes = read_boxes(tmp_path / "b.txt")
    assert boxes.shape == (12, 4)
    assert overlaps(boxes, truth).min() > 0.6


def test_track_a_video_to_csv_and_video(run, video, tmp_path):
    status, out, _ = run("track", video, *INIT, "--boxes", tmp_path / "b.csv", "--video", tmp_path / "out.mp4")
    assert status == 0 and out.startswith("20 frames")
    rows = list(csv.DictReader((tmp_path / "b.csv").read_text().splitlines()))
    assert list(rows[0]) == ["frame", "x", "y", "w", "h", "score", "lost", "milliseconds"]
    assert [int(r["frame"]) for r in rows] == list(range(20))
    assert all(float(r["milliseconds"]) > 0 and 0 <= float(r["score"]) <= 1 and r["lost"] in "01" for r in rows)
    written = cv2.VideoCapture(str(tmp_path / "out.mp4"))
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) == 20
    good, image = written.read()
    written.release()
    assert good and image.shape == (120, 160, 3)


def test_an_undecodable_frame_keeps_the_last_box_as_lost(run, frames, tmp_path):
    folder, truth = frames
    (folder / "5.png").write_bytes(b"not an image")
    (folder / "6.png").write_bytes(b"")
    status, out, err = run("track", folder, *INIT, "--boxes", tmp_path / "b.csv")
    assert status == 0 and out.startswith("12 frames") and out.rstrip().endswith("2 lost")
    assert err.count("warning") == 2 and "5.png" in err and "6.png" in err
    rows = list(csv.DictReader((tmp_path / "b.csv").read_text().splitlines()))
    assert [(r["score"], r["lost"]) for r in rows[4:6]] == [("0.0000", "1")] * 2
    assert rows[4]["x"] == rows[3]["x"]
    assert overlaps([float(rows[-1][k]) for k in "xywh"], truth[-1])[0] > 0.6


def test_strict_stops_at_an_undecodable_frame_and_keeps_what_was_tracked(run, frames, tmp_path):
    folder, _ = frames
    (folder / "5.png").write_bytes(b"not an image")
    status, out, err = run("track", folder, *INIT, "--boxes", tmp_path / "b.txt", "--strict")
    assert status == 1 and out.startswith("4 frames") and "5.png" in err
    assert len(read_boxes(tmp_path / "b.txt")) == 4


def test_a_frame_of_another_size_ends_the_run_and_keeps_what_was_tracked(run, frames, tmp_path):
    folder, _ = frames
    cv2.imwrite(str(folder / "7.png"), np.zeros((50, 50, 3), np.uint8))
    status, out, err = run("track", folder, *INIT, "--boxes", tmp_path / "b.txt")
    assert status == 1 and out.startswith("6 frames") and "50x50 pixels in a stream of 160x120" in err
    assert len(read_boxes(tmp_path / "b.txt")) == 6


def test_a_video_that_ends_early_keeps_what_was_tracked(run, video, tmp_path):
    content = video.read_bytes()
    video.write_bytes(content[: len(content) * 2 // 3])
    status, out, _ = run("track", video, *INIT, "--boxes", tmp_path / "b.txt")
    assert status == 0
    tracked = int(out.split()[0])
    assert 5 < tracked < 20
    assert len(read_boxes(tmp_path / "b.txt")) == tracked


def test_bad_input_to_track(complains, frames, tmp_path):
    folder, _ = frames
    (tmp_path / "empty").mkdir()
    text = tmp_path / "weights.txt"
    text.write_text("these are not weights")
    boxes = ("--boxes", tmp_path / "b.txt", "--video", tmp_path / "v.mp4")

    def track(source: object = folder, box: str = "30,40,24,24", *rest: object) -> str:
        return complains("track", source, "--init", box, *boxes, *(rest or ("--tracker", "fkcf/gray")))

    assert "width and height" in track(folder, "30,40,0,24")
    assert "finite" in track(folder, "nan,40,10,24")
    assert "outside the frame of 160x120" in track(folder, "300,40,10,24")
    assert "four numbers" in track(folder, "30,40,24")
    assert "no images" in track(tmp_path / "empty")
    assert "no such file" in track(tmp_path / "missing.mp4")
    assert "cannot open it as a video" in track(text)
    assert "did you mean fkcf/hog?" in track(folder, "30,40,24,24", "--tracker", "fkcf/hgo")
    assert "not a weight file" in track(folder, "30,40,24,24", "--tracker", "fkcf/conv2", "--weights", text)
    assert "where" not in track(folder, "30,40,24,24", "--tracker", "fkcf/conv2", "--weights", tmp_path / "no.mat")
    assert "CF_VGGM.mat" in track(folder, "30,40,24,24", "--tracker", "fkcf/conv2")
    assert "threads 0" in track(folder, "30,40,24,24", "--tracker", "fkcf/gray", "--threads", "0")
    assert "does not exist" in complains("track", folder, *INIT, "--boxes", tmp_path / "no" / "b.txt")
    assert ".txt or .csv" in complains("track", folder, *INIT, "--boxes", tmp_path / "b.json")
    assert ".mp4 or .avi" in complains(
        "track", folder, *INIT, "--boxes", tmp_path / "b.txt", "--video", tmp_path / "v.gif"
    )
    (folder / "1.png").write_bytes(b"not an image")
    assert "first frame cannot be decoded" in track()


def test_without_a_display(complains, frames, monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "--init" in complains("track", frames[0], "--tracker", "fkcf/hog")
    assert "no display" in complains("track", frames[0], *INIT, "--display")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_was_tracked(tmp_path, number):
    path = tmp_path / "long.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 120))
    images, _ = moving_blob(50)
    for _ in range(120):
        for image in images:
            writer.write(image)
    writer.release()
    command = [sys.executable, "-m", "cfvgg_plugin", "track", path, "--init", "30,40,24,24", "--tracker", "fkcf/hog"]
    process = subprocess.Popen(
        [*command, "--boxes", tmp_path / "b.txt"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    while process.poll() is None and not list(tmp_path.glob(".b.*.partial.txt")):
        time.sleep(0.01)
    time.sleep(1)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "interrupted" in err and "Traceback" not in err
    assert len(read_boxes(tmp_path / "b.txt")) == int(out.split()[0]) > 1
    assert not list(tmp_path.glob(".*partial*"))


@pytest.fixture
def dataset(tmp_path) -> Path:
    root = tmp_path / "otb"
    for name, count in (("One", 10), ("Two", 6)):
        (root / name / "img").mkdir(parents=True)
        images, boxes = moving_blob(count)
        for number, image in enumerate(images, 1):
            cv2.imwrite(str(root / name / "img" / f"{number:04d}.png"), image[:, :, ::-1])
        np.savetxt(root / name / "groundtruth_rect.txt", boxes + [1, 1, 0, 0], fmt="%d", delimiter="\t")
    return root


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
    assert read_boxes(folders[1] / "One.txt")[0] == pytest.approx((31, 41, 24, 24))
    assert json.loads((folders[1] / "manifest.json").read_text())["settings"]["padding"] == 1.5


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
    assert "CF_VGGM.mat" in complains(*start, dataset, "--tracker", "fkcf/conv1")


def test_list_and_weights(run, complains, random_weights, tmp_path):
    status, out, _ = run("list")
    assert status == 0 and "fkcf/conv2" in out and "none installed" in out
    save_weights(random_weights, tmp_path / "Mine.safetensors")
    assert "weight name" in complains("weights", "import", tmp_path / "Mine.safetensors", "--name", "a/b")
    status, out, _ = run("weights", "import", tmp_path / "Mine.safetensors")
    assert status == 0 and "stored as" in out and "--weights mine" in out
    assert "mine" in run("list")[1] and "mine" in run("weights", "list")[1]
    status, out, _ = run("weights", "info", "mine")
    assert status == 0 and "103,760 parameters" in out and "conv5 (64)" in out and random_weights.sha256 in out
    assert "no such file" in complains("weights", "info", "yours")


def test_benchmark_network(run, tmp_path):
    status, out, _ = run("benchmark", "network", "--json", tmp_path / "n.json")
    assert status == 0 and "VGG-M" in out and "(76)" in out
    result = json.loads((tmp_path / "n.json").read_text())
    assert result["ratio"] > 2
    assert result["networks"]["CF-VGG"]["giga_multiply_adds_table2"] == pytest.approx(0.048, abs=5e-4)
    assert result["networks"]["VGG-M"]["megabytes"] == pytest.approx(26.1, abs=0.1)


def test_benchmark_features(run):
    status, out, _ = run("benchmark", "features")
    assert status == 0 and "FHOG cell 4" in out and "CF-VGG conv5" in out


def test_benchmark_trackers(run, dataset, tmp_path):
    arguments = ("benchmark", "trackers", "--root", dataset, "--tracker", "feco", "--tracker", "fkcf/gray", "--profile")
    status, out, _ = run(*arguments, "--json", tmp_path / "t.json")
    assert status == 0 and "ms a frame" in out and "CSRT" in out
    trackers = json.loads((tmp_path / "t.json").read_text())["trackers"]
    assert {"feco", "fkcf/gray"} <= trackers.keys()
    assert all(t["fps"] > 0 and t["first_frame_ms"] > 0 for t in trackers.values())
    stages = trackers["feco"]["stages_ms"]
    assert {"sampling", "network", "FHOG", "scale filter", "detection", "training", "other"} == stages.keys()
    assert sum(stages.values()) == pytest.approx(trackers["feco"]["mean_ms"])
    assert stages["network"] > stages["scale filter"] > 0


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


def test_a_network_without_the_taps_is_refused(complains, frames, shared):
    teacher = shared("teachers/resnet18.onnx")
    pytest.importorskip("onnxruntime")
    message = complains("track", frames[0], "--init", "30,40,24,24", "--tracker", "feco", "--weights", teacher)
    assert "conv5" in message and "layer3" in message


def test_the_default_tracker_needs_no_weights(run, frames, random_weights, tmp_path):
    out = tmp_path / "b.txt"
    assert run("track", frames[0], "--init", "30,40,24,24", "--boxes", out)[0] == 0
    assert len(read_boxes(out)) == 12


def test_help_and_misspelt_commands(run, complains):
    assert run("--help")[0] == 0
    status, out, _ = run()
    assert status == 2 and "track" in out
    assert "tarck" in complains("tarck")
    assert "--colour" in complains("list", "--colour")


def test_demo(run, tmp_path):
    status, out, _ = run("demo", "--out", tmp_path / "demo")
    assert status == 0 and out.startswith("feco/hand_crafted") and "frames/s" in out
    assert float(out.split("mean overlap ")[1].split(",")[0]) > 0.8
    for name in ("demo.mp4", "demo.csv", "overlap.png", "frames.png"):
        assert (tmp_path / "demo" / name).stat().st_size > 1000


@pytest.mark.parametrize("name", ["David"])
def test_the_whole_of_a_real_video(run, shared, tmp_path, name):
    weights = shared("reference/cf_vgg/CF_VGGM.mat")
    source = shared(f"data/otb/{name}/img")
    status, out, _ = run(
        "track",
        source,
        "--init",
        "128,79,64,78",
        "--tracker",
        "fkcf/conv2",
        "--weights",
        weights,
        "--boxes",
        tmp_path / "d.txt",
    )
    assert status == 0 and out.startswith("471 frames")
    assert len((tmp_path / "d.txt").read_text().splitlines()) == 471
