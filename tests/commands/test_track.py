import csv
import signal
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin import create_tracker
from cfvgg_plugin.boxes import overlaps
from tests.conftest import moving_blob, wait_until

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
    assert list(rows[0]) == ["frame", "x", "y", "w", "h", "score", "lost", "milliseconds", "time"]
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
        return complains("track", source, "--init", box, *boxes, *(rest or ("--tracker", "fkcf/grey")))

    assert "width and height" in track(folder, "30,40,0,24")
    assert "finite" in track(folder, "nan,40,10,24")
    assert "outside the frame of 160x120" in track(folder, "300,40,10,24")
    assert "four numbers" in track(folder, "30,40,24")
    assert "no images" in track(tmp_path / "empty")
    (tmp_path / "empty" / "img").mkdir()
    assert "are in its folder img" in track(tmp_path / "empty")
    assert "no such file" in track(tmp_path / "missing.mp4")
    assert "cannot open it as a video" in track(text)
    assert "did you mean fkcf/hog?" in track(folder, "30,40,24,24", "--tracker", "fkcf/hgo")
    assert "not a weight file" in track(folder, "30,40,24,24", "--tracker", "fkcf/conv2", "--weights", text)
    assert "where" not in track(folder, "30,40,24,24", "--tracker", "fkcf/conv2", "--weights", tmp_path / "no.mat")
    assert "threads 0" in track(folder, "30,40,24,24", "--tracker", "fkcf/grey", "--threads", "0")
    assert "core(s), and at most" in track(folder, "30,40,24,24", "--tracker", "fkcf/grey", "--threads", "5000")
    assert "does not exist" in complains("track", folder, *INIT, "--boxes", tmp_path / "no" / "b.txt")
    assert ".txt or .csv" in complains("track", folder, *INIT, "--boxes", tmp_path / "b.json")
    assert ".mp4 or .avi" in complains(
        "track", folder, *INIT, "--boxes", tmp_path / "b.txt", "--video", tmp_path / "v.gif"
    )
    (folder / "1.png").write_bytes(b"not an image")
    assert "first frame cannot be decoded" in track()


def test_what_is_no_video(complains, frames, tmp_path):
    """FFmpeg would draw a text as a picture, and a path of nothing is the current folder."""
    (tmp_path / "boxes.TXT").write_text("1,2,3,4\n" * 5)
    assert "cannot open it as a video: it is a text file" in complains("track", tmp_path / "boxes.TXT", *INIT)
    assert "a video, a folder of images, a camera's number or a stream's URL" in complains("track", "", *INIT)


def test_without_a_display(complains, frames, monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert "--init" in complains("track", frames[0], "--tracker", "fkcf/hog")
    assert "no display" in complains("track", frames[0], *INIT, "--display")


def warm_up(name, images):
    tracker = create_tracker(name)
    tracker.init(images[0], (30, 40, 24, 24))
    tracker.update(images[1])


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT/SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_was_tracked(program, tmp_path, number):
    path = tmp_path / "long.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 120))
    images, _ = moving_blob(50)
    for _ in range(120):
        for image in images:
            writer.write(image)
    writer.release()
    warm_up("fdeepstrcf/hand_crafted", images[:2])  # compiling would take the second that is waited below
    # a slow tracker: the signal must come long before the end, however busy the machine is
    given = ("--init", "30,40,24,24", "--tracker", "fdeepstrcf/hand_crafted", "--boxes", tmp_path / "b.txt")
    process = program("cfvgg_plugin", "track", path, *given)
    wait_until(lambda: list(tmp_path.glob(".b.*.partial.txt")), process)
    time.sleep(1)
    process.send_signal(number)
    status, out, err = process.end(20)
    assert status == 130, err
    assert "interrupted" in err and "Traceback" not in err
    assert len(read_boxes(tmp_path / "b.txt")) == int(out.split()[0]) > 1
    assert not list(tmp_path.glob(".*partial*"))


def test_a_network_without_the_taps_is_refused(complains, frames, shared):
    teacher = shared("teachers/resnet18.onnx")
    pytest.importorskip("onnxruntime")
    message = complains("track", frames[0], "--init", "30,40,24,24", "--tracker", "feco", "--weights", teacher)
    assert "conv5" in message and "layer3" in message


def test_the_default_tracker_needs_no_weights(run, frames, random_weights, tmp_path):
    out = tmp_path / "b.txt"
    assert run("track", frames[0], "--init", "30,40,24,24", "--boxes", out)[0] == 0
    assert len(read_boxes(out)) == 12


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
