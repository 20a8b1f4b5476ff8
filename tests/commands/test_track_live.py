"""`cfvgg track --realtime`."""

import csv
import re
import signal
import sys
import time

import cv2
import numpy as np
import pytest

from cfvgg_plugin.tracker import Tracker
from cfvgg_plugin.video import outputs
from tests.conftest import wait_until
from tests.video.test_live import Capture

INIT = ("--init", "30,40,24,24", "--tracker", "fkcf/hog", "--realtime")
LINE = re.compile(r"(\d+) frames, .*?(\d+) skipped, latency p50 ([\d.]+) ms, p95 ([\d.]+) ms")


@pytest.fixture
def slow(monkeypatch):
    """Every tracker takes 0.1 s longer for a frame."""
    update = Tracker.update

    def late(self, image):
        time.sleep(0.1)
        return update(self, image)

    monkeypatch.setattr(Tracker, "update", late)


def rows(path):
    return list(csv.DictReader(path.read_text().splitlines()))


def test_a_fast_tracker_skips_nothing(run, video, tmp_path):
    run("track", video, *INIT[:-1])  # compiles
    for _ in range(3):  # a busy machine may stop this process for longer than a frame
        status, out, err = run("track", video, *INIT, "--boxes", tmp_path / "b.csv")
        assert (status, err) == (0, "")
        frames, skipped, median, late = LINE.match(out).groups()
        if skipped == "0":
            break
    assert (frames, skipped) == ("20", "0") and 0 < float(median) <= float(late)
    assert [int(row["frame"]) for row in rows(tmp_path / "b.csv")] == list(range(20))


def test_a_slow_tracker_skips_and_says_so(run, slow, video, tmp_path):
    status, out, _ = run("track", video, *INIT, "--boxes", tmp_path / "b.csv", "--video", tmp_path / "o.avi")
    frames, skipped, median, _ = LINE.match(out).groups()
    found = rows(tmp_path / "b.csv")
    numbers = [int(row["frame"]) for row in found]
    assert status == 0 and int(frames) == len(found) < 15 and int(frames) + int(skipped) == 20
    assert numbers[-1] == 19 and sum(np.diff(numbers) - 1) == int(skipped) and float(median) >= 100
    np.testing.assert_allclose([float(row["time"]) for row in found], np.array(numbers) / 25, atol=2e-3)
    written = cv2.VideoCapture(str(tmp_path / "o.avi"))
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) == 20  # it keeps the time
    written.release()


def test_as_a_file_nothing_is_skipped_however_slow(run, slow, video):
    status, out, _ = run("track", video, *INIT[:-1], "--end", "8")
    assert status == 0 and out.startswith("8 frames") and "skipped" not in out


def test_a_camera_that_is_lost_is_told_and_its_boxes_stay(run, monkeypatch, tmp_path):
    monkeypatch.setattr("cfvgg_plugin.video.live.BACKOFF", 0.02)
    image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), np.uint8)
    monkeypatch.setattr(Capture, "retrieve", lambda _: (True, image))
    captures = iter([Capture(20), Capture(10), *[Capture(0, "refuses")] * 2])
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: next(captures))
    status, out, err = run("track", "0", *INIT, "--boxes", tmp_path / "b.csv", "--reconnect", "2")
    assert status == 1 and "latency" in out
    assert "connecting again" in err and "connected again at attempt 1 of 2" in err
    assert "cannot open this camera (2 attempt(s)" in err
    found = rows(tmp_path / "b.csv")
    assert len(found) == int(out.split()[0]) and int(found[-1]["frame"]) == 29
    assert 0 < float(found[-1]["time"]) < 60


def test_a_cut_off_video_is_told(run, video):
    content = video.read_bytes()
    video.write_bytes(content[: len(content) * 2 // 3])
    status, _, err = run("track", video, *INIT)
    assert status == 0 and "ends after" in err


def test_the_window_ends_it(run, slow, video, tmp_path, monkeypatch):
    monkeypatch.setattr(outputs, "has_display", lambda: True)
    for name in ("imshow", "destroyAllWindows"):
        monkeypatch.setattr(cv2, name, lambda *_: None)
    for key, visible in ((ord("q"), 1), (-1, 0)):
        monkeypatch.setattr(cv2, "waitKey", lambda _, key=key: key)
        monkeypatch.setattr(cv2, "getWindowProperty", lambda *_, visible=visible: visible)
        status, out, err = run("track", video, *INIT, "--display", "--boxes", tmp_path / "b.txt")
        assert status == 0 and "closed by the user" in err and int(out.split()[0]) <= 2
        assert len((tmp_path / "b.txt").read_text().splitlines()) == int(out.split()[0])


def test_bad_options(complains, video):
    assert "belongs to --realtime" in complains("track", video, *INIT[:-1], "--reconnect", "2")
    assert "--reconnect -1" in complains("track", video, *INIT, "--reconnect", "-1")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT/SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_what_was_tracked(program, tmp_path, video, number):
    images = tmp_path / "images"
    images.mkdir()
    for count in range(500):
        (images / f"{count}.png").write_bytes(cv2.imencode(".png", np.full((120, 160, 3), count % 255, np.uint8))[1])
    process = program("cfvgg_plugin", "track", images, *INIT, "--boxes", tmp_path / "b.csv")
    wait_until(lambda: list(tmp_path.glob(".b.*.partial.csv")), process)
    time.sleep(0.5)
    process.send_signal(number)
    status, out, err = process.end(20)
    assert status == 130 and "interrupted" in err and "Traceback" not in err, err
    assert len(rows(tmp_path / "b.csv")) == int(out.split()[0]) >= 1
    assert not list(tmp_path.glob(".*partial*"))
