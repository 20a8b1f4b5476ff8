"""`--start`, `--end` and `--every` of `cfvgg track`, and what the .csv says of frames and times."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.boxes import read_tracks
from cfvgg_plugin.video.sources import open_source
from cfvgg_plugin.video.span import parse_span
from tests.conftest import moving_blob
from tests.layouts import write_video

TRACKER = ("--tracker", "fkcf/hog")
CODECS = {"avi": "MJPG", "mp4": "mp4v", "mkv": "MJPG"}


@pytest.fixture(params=[*CODECS, "folder"])
def source(request, frames, tmp_path) -> Path:
    """20 frames at 25 frames/s."""
    images, _ = moving_blob(20)
    if request.param == "folder":
        for number, image in enumerate(images, 1):
            cv2.imwrite(str(frames[0] / f"{number}.png"), image[:, :, ::-1])
        return frames[0]
    path = tmp_path / f"v.{request.param}"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*CODECS[request.param]), 25, (160, 120))
    for image in images:
        writer.write(image[:, :, ::-1])
    writer.release()
    return path


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def init(frame: int) -> tuple[str, str]:
    return "--init", ",".join(f"{v:g}" for v in moving_blob(20)[1][frame])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), range(20)),
        (("--start", "4"), range(4, 20)),
        (("--end", "7"), range(7)),
        (("--start", "3", "--end", "20", "--every", "4"), range(3, 20, 4)),
        (("--start", "0.16s", "--end", "0.4s"), range(4, 10)),
        (("--start", "2", "--end", "0.4s", "--every", "3"), range(2, 10, 3)),
    ],
)
def test_parts_of_a_source(run, source, tmp_path, options, expected):
    out = tmp_path / "b.csv"
    status, said, err = run("track", source, *init(expected[0]), *TRACKER, *options, "--boxes", out)
    assert (status, err) == (0, "") and said.startswith(f"{len(expected)} frames")
    found = rows(out)
    assert [int(row["frame"]) for row in found] == list(expected)
    np.testing.assert_allclose([float(row["time"]) for row in found], np.array(expected) / 25, atol=2e-3)
    truth = moving_blob(20)[1][list(expected)]
    read = read_tracks(out).boxes[""]  # the reader of annotations knows which frames were left out
    assert np.flatnonzero(np.isfinite(read[:, 0])).tolist() == list(expected)
    assert overlaps([[float(row[k]) for k in "xywh"] for row in found], truth).min() > 0.5


def test_a_source_says_how_many_frames_it_hands_out(source):
    opened = open_source(str(source), parse_span("5", "0.7s", 2))
    assert opened.count == 7 and opened.rate == 12.5
    assert [frame.index for frame in opened.frames] == list(range(5, 18, 2)) and not opened.missing()


def test_spans_that_a_source_has_not(complains, video, frames):
    def track(source, *options):
        return complains("track", source, "--init", "30,40,24,24", *TRACKER, "--boxes", frames[0] / "b.csv", *options)

    assert "--end 3: is not behind --start 5" in track(video, "--start", "5", "--end", "3")
    assert "--start '-1'" in track(video, "--start", "-1")
    assert "--end '-2s'" in track(video, "--end", "-2s")
    assert "--start 20: source" in track(video, "--start", "20")
    assert "--end 21: source" in track(video, "--end", "21")
    assert "has 12 frames" in track(frames[0], "--end", "13")
    assert "ends at 0.8s" in track(video, "--end", "9s")
    assert "--every 0" in track(video, "--every", "0")
    assert "seconds as 12.5s" in track(video, "--start", "soon")
    assert "no frames from 15 up to 0.2s" in track(video, "--start", "15", "--end", "0.2s")
    assert track(video, "--start", "0.79s").endswith("has no frames from 0.79s\n")


def test_a_video_whose_number_is_an_estimate_may_end_before_the_end(run, tmp_path):
    path = tmp_path / "v.mkv"
    write_video(path, moving_blob(20)[0], 25)
    status, said, err = run("track", path, *init(0), *TRACKER, "--end", "90")
    assert status == 0 and said.startswith("20 frames") and "ends after 20 frames, before --end 90" in err


def test_a_cut_off_video_is_told_unless_the_end_came_before(run, video):
    content = video.read_bytes()
    video.write_bytes(content[: len(content) * 2 // 3])
    assert "ends after" in run("track", video, *init(0), *TRACKER)[2]
    assert "ends after" in run("track", video, *init(0), *TRACKER, "--every", "3")[2]
    assert run("track", video, *init(0), *TRACKER, "--end", "5")[2] == ""


def test_the_annotated_video_of_every_third_frame_keeps_its_time(run, video, tmp_path):
    out = tmp_path / "o.avi"
    assert run("track", video, *init(0), *TRACKER, "--every", "3", "--video", out)[0] == 0
    written = cv2.VideoCapture(str(out))
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) == 7
    assert written.get(cv2.CAP_PROP_FPS) == pytest.approx(25 / 3, abs=0.01)
    written.release()
