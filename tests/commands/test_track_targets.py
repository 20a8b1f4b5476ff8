"""`cfvgg track` on several targets."""

import csv
import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin import InputError
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.datasets.boxes import read_tracks
from cfvgg_plugin.tracker import TrackResult
from cfvgg_plugin.video.outputs import OKABE_ITO, annotate_all
from cfvgg_plugin.video.targets import FirstBox, read_first_boxes

ONE, TWO = "30,40,24,24", "90,60,20,30"
FAST = ("--tracker", "fkcf/hog")


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text().splitlines()))


def without(row: dict[str, str], *names: str) -> dict[str, str]:
    return {key: value for key, value in row.items() if key not in names}


def equal_single_runs(run, source: Path, boxes: list[str], tmp_path: Path, *options: object) -> None:
    inits = [word for box in boxes for word in ("--init", box)]
    status, out, _ = run("track", source, *inits, *options, "--boxes", tmp_path / "all.csv")
    assert status == 0 and f" of {len(boxes)} targets, " in out
    found = rows_of(tmp_path / "all.csv")
    assert list(found[0])[:3] == ["frame", "id", "x"]
    for number, box in enumerate(boxes, 1):
        assert run("track", source, "--init", box, *options, "--boxes", tmp_path / "one.csv")[0] == 0
        alone = rows_of(tmp_path / "one.csv")
        assert "id" not in alone[0]
        own = [row for row in found if row["id"] == str(number)]
        assert [without(row, "id", "milliseconds") for row in own] == [without(row, "milliseconds") for row in alone]


@pytest.mark.parametrize("threads", [1, 2])
def test_two_inits_are_two_single_runs(run, frames, tmp_path, threads):
    equal_single_runs(run, frames[0], [ONE, TWO], tmp_path, *FAST, "--every", "2", "--threads", str(threads))


def test_two_inits_are_two_single_runs_on_a_real_sequence(run, shared, tmp_path):
    folder = shared("data/otb") / "Couple" / "img"
    equal_single_runs(run, folder, ["51,47,25,62", "60,40,40,30"], tmp_path, "--end", "15")


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("frame,id,x,y,w,h", *lines)) + "\n", encoding="utf-8")
    return path


def test_targets_come_in_at_their_frames(run, frames, tmp_path):
    folder, truth = frames
    (folder / "7.png").write_bytes(b"not an image")  # frame 6, in which one should come in
    x, y, w, h = truth[2]
    file = write(tmp_path / "in.csv", f'2,"dog, brown",{x:g},{y:g},{w:g},{h:g}', "", "6,3,90,60,20,30", "90,4,1,1,9,9")
    status, out, err = run("track", folder, "--init-file", file, *FAST, "--boxes", tmp_path / "b.csv")
    assert status == 0 and out.startswith("12 frames of 3 targets, ") and "1 boxes lost" in out
    assert "target 4: its frame, 90, was not reached" in err and "7.png" in err
    found = rows_of(tmp_path / "b.csv")
    assert [row["frame"] for row in found if row["id"] == "dog, brown"] == [str(n) for n in range(2, 12)]
    assert [row["frame"] for row in found if row["id"] == "3"] == [str(n) for n in range(7, 12)]
    tracks = read_tracks(tmp_path / "b.csv").boxes
    assert tracks.keys() == {"dog, brown", "3"}
    np.testing.assert_allclose(tracks["dog, brown"][2:6], truth[2:6], atol=3)


def test_a_file_of_one_target_keeps_its_id(run, frames, tmp_path):
    file = write(tmp_path / "in.csv", f"0,cat,{ONE}")
    assert run("track", frames[0], "--init-file", file, *FAST, "--boxes", tmp_path / "b.csv")[0] == 0
    assert {row["id"] for row in rows_of(tmp_path / "b.csv")} == {"cat"}


def test_motchallenge_lines(run, frames, tmp_path):
    folder, truth = frames
    arguments = ("track", folder, "--init", ONE, "--init", TWO, *FAST, "--start", "1", "--boxes", tmp_path / "b.txt")
    assert run(*arguments)[0] == 0
    lines = (tmp_path / "b.txt").read_text().splitlines()
    assert lines[:2] == ["2,1,31.00,41.00,24.00,24.00,1.0000,-1,-1,-1", "2,2,91.00,61.00,20.00,30.00,1.0000,-1,-1,-1"]
    assert len(lines) == 22
    tracks = read_tracks(tmp_path / "b.txt", origin=1).boxes
    np.testing.assert_allclose(tracks["1"][1:], truth[1:], atol=5)


def test_the_video_shows_every_target_in_its_colour(run, video, tmp_path):
    out = tmp_path / "out.avi"
    assert run("track", video, "--init", ONE, "--init", TWO, *FAST, "--video", out)[0] == 0
    written = cv2.VideoCapture(str(out))
    assert written.get(cv2.CAP_PROP_FRAME_COUNT) == 20
    image = written.read()[1][:, :, ::-1].astype(int)
    written.release()
    for row, column, color in ((52, 30, OKABE_ITO[0]), (75, 90, OKABE_ITO[1])):  # on the boxes' left sides
        near = image[row - 3 : row + 4, column - 3 : column + 4].reshape(-1, 3)
        assert np.abs(near - color).max(1).min() < 60


def test_colours_and_labels():
    image = np.full((60, 80, 3), 128, np.uint8)
    results = {f"t{n}": TrackResult(Box(5 + 10 * n, 20, 8, 8), 1.0, n == 1) for n in range(7)}
    results["outside"] = TrackResult(Box(-500, -500, 9, 9), 0.0, True)
    drawn = annotate_all(image, results, "several")
    assert (image == 128).all()
    assert all((drawn.reshape(-1, 3) == color).all(1).any() for color in OKABE_ITO)
    assert annotate_all(image[:4, :5], results, "").shape == (4, 5, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the header frame,id,x,y,w,h"),
        (b"0,1,2,3,4,5\n", "line 1: the header frame,id,x,y,w,h"),
        (b"frame,id,x,y,w,h\n", "no targets in it"),
        (b"frame,id,x,y,w,h\n0,1,2,3,4\n", "line 2: 5 values"),
        (b"frame,id,x,y,w,h\n\n-1,1,2,3,4,5\n", "line 3: frame '-1'"),
        (b"frame,id,x,y,w,h\n1.5,1,2,3,4,5\n", "line 2: frame '1.5'"),
        (b"frame,id,x,y,w,h\n0,,2,3,4,5\n", "line 2: id ''"),
        (b"frame,id,x,y,w,h\n0,\x07,2,3,4,5\n", "line 2: id"),
        (b"frame,id,x,y,w,h\n0,1,2,three,4,5\n", "line 2: box 2,three,4,5: numbers"),
        (b"frame,id,x,y,w,h\n0,1,2,3_0,4,5\n", "line 2: box"),
        (b"frame,id,x,y,w,h\n0,1,2,nan,4,5\n", "line 2: box 2,nan,4,5: all four numbers must be finite"),
        (b'frame,id,x,y,w,h\n0,"1,2,3,4,5\n', "line 2: "),
        (b"frame,id,x,y,w,h\n0,7,2,3,4,5\n3,7,2,3,4,5\n", "line 3: target 7 is in line 2 already"),
        (b"frame,id,x,y,w,h\n0,\xff,2,3,4,5\n", "line 2: bytes that are not UTF-8"),
    ],
)
def test_files_that_are_no_targets(tmp_path, content, message):
    (tmp_path / "in.csv").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_first_boxes(tmp_path / "in.csv")
    assert message in str(caught.value) and "in.csv" in str(caught.value) and "\n" not in str(caught.value)


def test_ids_are_whole_numbers_or_words(tmp_path):
    file = write(tmp_path / "in.csv", "0,7,1,2,3,4", "1,07,1,2,3,4", "2,-7,1,2,3,4", "3,café,1.5,2,3,4")
    assert [entry.target for entry in read_first_boxes(file)] == [7, "07", "-7", "café"]
    assert read_first_boxes(file)[3] == FirstBox("café", Box(1.5, 2, 3, 4), 3)


def test_bad_input_to_several_targets(complains, frames, tmp_path):
    folder, _ = frames
    outputs = ("--boxes", tmp_path / "b.csv", "--video", tmp_path / "v.mp4", *FAST)
    file = write(tmp_path / "in.csv", f"0,dog,{ONE}", "5,cat,500,1,9,9")
    assert "target 'cat': box 500,1,9,9: lies outside the frame" in complains(
        "track", folder, "--init-file", file, *outputs
    )
    assert "leave --init out" in complains("track", folder, "--init-file", file, "--init", ONE, *outputs)
    assert "target 2: box 1,1,0,9: width" in complains("track", folder, "--init", ONE, "--init", "1,1,0,9", *outputs)
    assert "four numbers" in complains("track", folder, "--init", ONE, "--init", "1,1", *outputs)
    missing = complains("track", folder, "--init-file", tmp_path / "no.csv", *outputs)
    assert "no.csv: cannot be read" in missing
    file = write(tmp_path / "in.csv", f"2,dog,{ONE}")
    assert "comes in at frame 2, before the first one that is tracked, 4" in complains(
        "track", folder, "--init-file", file, "--start", "4", *outputs
    )
    assert "target 'dog': MOTChallenge" in complains(
        "track", folder, "--init-file", file, *FAST, "--boxes", tmp_path / "b.txt"
    )
    same = complains("track", folder, "--init-file", file, *FAST, "--boxes", file)
    assert "would replace the input" in same


def test_a_target_that_cannot_start_ends_the_run_and_keeps_what_was_tracked(run, frames, tmp_path):
    folder, _ = frames
    cv2.imwrite(str(folder / "7.png"), np.zeros((50, 50, 3), np.uint8))
    file = write(tmp_path / "in.csv", f"0,1,{ONE}", f"3,2,{TWO}")
    status, _, err = run("track", folder, "--init-file", file, *FAST, "--boxes", tmp_path / "b.csv")
    assert status == 1 and "50x50 pixels in a stream of 160x120" in err and os.linesep not in err.rstrip()
    assert [row["id"] for row in rows_of(tmp_path / "b.csv")] == ["1"] * 3 + ["1", "2"] * 3
