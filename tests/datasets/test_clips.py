"""Clips with box files, the validation set, and TLD's layout."""

import hashlib

import numpy as np
import pytest

from cfvgg_plugin.datasets.boxes import read_tracks
from cfvgg_plugin.datasets.check import check_dataset
from cfvgg_plugin.datasets.clips import validation_clips
from cfvgg_plugin.datasets.images import read_frame
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.datasets.sequence import VideoFrame
from cfvgg_plugin.errors import InputError
from tests.conftest import moving_blob
from tests.layouts import FRAMES, make_clips, make_otb, make_tld, write_boxes, write_frames, write_video

IMAGES, BOXES = moving_blob(FRAMES)


def test_every_target_of_a_clip(tmp_path):
    make_clips(tmp_path, "a")
    make_clips(tmp_path, "a.1")  # its own name looks like a target of the other
    write_boxes(tmp_path / "a.2.csv", BOXES + 1)
    write_boxes(tmp_path / "a.txt", BOXES + 2)
    write_boxes(tmp_path / "notes.txt", BOXES)
    (tmp_path / "a.3.json").touch()
    found = load_dataset("clips", tmp_path).sequences
    assert [s.name for s in found] == ["a", "a.1", "a.1.1", "a.2"]
    assert [s.frames[0].video.name for s in found] == ["a.avi", "a.1.avi", "a.1.avi", "a.avi"]
    np.testing.assert_allclose(found[3].boxes, BOXES + 1)
    assert all(s.absent is None and s.light is None for s in found)


def test_a_sequence_starts_at_its_first_box(tmp_path):
    make_clips(tmp_path, "davis_bear")
    boxes = BOXES.copy()
    boxes[[0, 1, 5, 11]] = np.nan
    write_boxes(tmp_path / "davis_bear.1.txt", boxes, "%g")
    (sequence,) = load_dataset("clips", tmp_path).sequences
    assert [frame.number for frame in sequence.frames] == list(range(2, FRAMES))
    np.testing.assert_array_equal(sequence.boxes, boxes[2:])
    for step in (2, 3):
        (other,) = load_dataset(f"clips_validation_{step}", tmp_path).sequences
        assert other.frames == sequence.frames[::step] and other.name == sequence.name
        np.testing.assert_array_equal(other.boxes, boxes[2::step])
    (lit,) = load_dataset("clips_validation_light", tmp_path).sequences
    assert lit.light == 1 and lit.frames == sequence.frames
    assert (read_frame(lit, 3) != read_frame(sequence, 3)).any()


def test_boxes_as_cfvgg_track_writes_them(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text(
        "\ufeffframe,x,y,w,h,score,lost,milliseconds\n0,1,2,3,4,1.0,0,5.1\n1,2,2,3,4,0.1,1,5.1\n3,nan,2,3,4,1.0,0,5.1\n"
        "4,5,6,7,8,0.9,0,5.0\n",
        encoding="utf-8",
    )
    nothing = [np.nan] * 4
    np.testing.assert_array_equal(read_tracks(file).boxes[""], [(1, 2, 3, 4), nothing, nothing, nothing, (5, 6, 7, 8)])
    file.write_text("\ufeff1,2,3,4\n2,2,0,4\n", encoding="utf-8")
    np.testing.assert_array_equal(read_tracks(file).boxes[""], [(1, 2, 3, 4), nothing])


def test_mot_lines_are_a_sequence_for_every_number(tmp_path):
    """Each begins at its target's first frame and ends at its last; lines may come in any order."""
    make_clips(tmp_path, "a")
    (tmp_path / "a.1.txt").unlink()
    file = tmp_path / "a.txt"
    file.write_text("4,7,11,21,30,40,1,-1,-1,-1\n6,7,12,21,30,40,1\n2,9,13,21,30,40,1\n12,9,1,2,3,4,0\n")
    seven, nine = load_dataset("clips", tmp_path).sequences
    assert (seven.name, nine.name) == ("a.7", "a.9")
    assert [frame.number for frame in seven.frames] == [3, 4, 5] and [frame.number for frame in nine.frames] == [1]
    np.testing.assert_array_equal(seven.boxes, [(11, 21, 30, 40), [np.nan] * 4, (12, 21, 30, 40)])
    np.testing.assert_array_equal(read_tracks(file, 1).boxes["7"][[0, 5]], [[np.nan] * 4, (11, 20, 30, 40)])
    assert check_dataset("clips", tmp_path, say=print).sound
    write_boxes(tmp_path / "a.7.txt", BOXES)
    with pytest.raises(InputError, match="sequence a.7: is there 2 times"):
        load_dataset("clips", tmp_path)


def test_a_table_may_end_before_its_video(tmp_path):
    make_clips(tmp_path, "a")
    (tmp_path / "a.1.txt").unlink()
    (tmp_path / "a.csv").write_text("frame,x,y,w,h\n2,1,2,30,40\n3,1,2,30,40\n")
    (sequence,) = load_dataset("clips", tmp_path).sequences
    assert [frame.number for frame in sequence.frames] == [2, 3]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("frame,x,y,w,h\n0,1,2,3,4\n0,1,2,3,4\n", "line 3 is of frame 0; frames are expected to rise"),
        ("frame,x,y,w,h\n-1,1,2,3,4\n", "line 2 is of frame -1"),
        ("frame,x,y,w,h\n0,1,2,3\n", "line 2 is not of the columns frame,x,y,w,h"),
        ("x,y,w,h\n1,2,3,four\n", "line 2 is not of the columns"),
        ("x,y,w,h\n", "no boxes in it"),
        ("", "no boxes in it"),
        ("1,2,3\n", "a.1.txt: line 1 has 3 numbers; x,y,w,h or frame,id,x,y,w,h"),
        ("1,2,30,40\n\n1,2,x,40\n", "a.1.txt: line 3: numbers are expected, not '1,2,x,40'"),
        ("1,1,2,3,4,5\n1,2,3,4\n", "line 2 has 4 numbers"),
        ("frame,x,y,w\n0,1,2,3\n", "has no column h"),
        ("0,1,5,6,30,40,1\n", "line 1: frame 0, id 1; frames are counted from 1"),
        ("2,7,5,6,3,4,1\n2,7,5,6,3,4,1\n", "line 2: frame 2, id 7 is there twice"),
        ("1,1,5,6,30,40,0\n", "all of its boxes are to be ignored"),
        ("13,7,5,6,3,4,1\n", "12 frames in .*a.avi but 13 boxes in .*a.1.txt"),
        ("nan,nan,nan,nan\n" * FRAMES, "no frame has a box"),
        ("1,2,3,4\n" * (FRAMES + 1), "12 frames in .*a.avi but 13 boxes in .*a.1.txt"),
        ("1,2,3,4\n" * (FRAMES - 1), "12 frames in .*a.avi but 11 boxes in .*a.1.txt"),
    ],
)
def test_a_damaged_file_of_boxes_is_named(text, words, tmp_path):
    make_clips(tmp_path, "a")
    (tmp_path / "a.1.txt").write_text(text)
    with pytest.raises(InputError, match=f"{words}.*'cfvgg data check clips --root .*' finds every fault"):
        load_dataset("clips", tmp_path)
    lines: list[str] = []
    outcome = check_dataset("clips", tmp_path, say=lines.append)
    assert not outcome.sound and outcome.ready == 0 and len(lines) == 1


def test_damaged_videos_are_found(tmp_path):
    make_clips(tmp_path, "a")
    (tmp_path / "a.avi").write_bytes(b"no video")
    with pytest.raises(InputError, match="a.avi: cannot be opened as a video"):
        load_dataset("clips", tmp_path)
    lines: list[str] = []
    assert not check_dataset("clips", tmp_path, say=lines.append).sound and "cannot be opened" in lines[0]
    write_video(tmp_path / "a.mkv.avi", IMAGES)
    (tmp_path / "a.mkv.avi").rename(tmp_path / "a.mkv")
    with pytest.raises(InputError, match="a.avi and a.mkv have the same name"):
        load_dataset("clips", tmp_path)


def test_a_first_box_outside_of_the_video(tmp_path):
    make_clips(tmp_path, "a")
    write_boxes(tmp_path / "a.1.txt", BOXES + [500, 0, 0, 0])
    lines: list[str] = []
    assert not check_dataset("clips", tmp_path, say=lines.append).sound
    assert lines == ["a.1: first box 530,40,24,24: lies outside the frame of 160x120 pixels"]


def test_the_same_target_twice(tmp_path):
    make_clips(tmp_path, "a")
    write_boxes(tmp_path / "a.1.csv", BOXES)
    with pytest.raises(InputError, match="sequence a.1: is there 2 times"):
        load_dataset("clips", tmp_path)


def test_clips_that_are_not_for_validation_are_left_out(tmp_path):
    make_clips(tmp_path, "davis_boat")
    with pytest.raises(InputError, match="no sequence of validation clips there"):
        load_dataset("clips_validation", tmp_path)
    make_clips(tmp_path)
    assert [s.name for s in load_dataset("clips_validation", tmp_path).sequences] == ["davis_bear.1"]


def test_the_validation_set_is_what_its_rule_says(shared):
    """Whole recordings, smallest hash first, until they have a fifth of the videos; HD-EPIC has several a recording."""
    folder = shared("data/train/clips")
    videos = sorted(path.stem for path in folder.glob("*.mp4"))
    recordings: dict[str, list[str]] = {}
    for video in videos:
        recordings.setdefault(video.rpartition("-")[0] if video.startswith("hdepic") else video, []).append(video)
    chosen: list[str] = []
    for recording in sorted(recordings, key=lambda name: hashlib.sha256(name.encode()).hexdigest()):
        if len(chosen) < len(videos) / 5:
            chosen += recordings[recording]
    assert len(videos) == 158 and validation_clips() == set(chosen) and len(chosen) == 32


def test_the_real_clips(shared):
    folder = shared("data/train/clips")
    clips = load_dataset("clips", folder)
    assert len(clips.sequences) == 183 and {len(s.frames) for s in clips.sequences} == {49}
    sets = {step: load_dataset(f"clips_validation{step}", folder) for step in ("", "_2", "_3", "_light")}
    assert {(len(d.sequences), d.total) for d in sets.values()} == {(37, 37)}
    assert {len(s.frames) for s in sets["_3"].sequences} == {17}
    lines: list[str] = []
    outcome = check_dataset("clips", folder, ["davis_bear.1", "hdepic_P02-20240209-184316-520.1"], say=lines.append)
    assert outcome.sound and outcome.frames == 98 and lines == []


def test_the_layout_of_tld(tmp_path):
    make_tld(tmp_path)
    make_otb(tmp_path, "Deer")  # not looked at
    (sequence,) = load_dataset("tld", tmp_path).sequences
    assert sequence.name == "car" and sequence.frames[2] == VideoFrame(tmp_path / "car" / "car.avi", 2)
    expected = BOXES.copy()
    expected[3] = np.nan
    np.testing.assert_allclose(sequence.boxes, expected)
    assert sequence.absent is not None and np.flatnonzero(sequence.absent).tolist() == [3]


@pytest.mark.parametrize("inner", ["", "img"])
def test_the_layout_of_tld_with_images(inner, tmp_path):
    boxes = write_frames(tmp_path / "car" / inner)
    corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:] - 1])
    corners[4] = np.nan
    corners[5, 2] = np.nan  # unknown, not absent
    write_boxes(tmp_path / "car" / "groundtruth.txt", corners, "%g")
    (sequence,) = load_dataset("tld", tmp_path).sequences
    assert np.flatnonzero(np.isnan(sequence.boxes[:, 0])).tolist() == [4, 5]
    assert sequence.absent is not None and np.flatnonzero(sequence.absent).tolist() == [4]
    np.testing.assert_allclose(sequence.boxes[0], BOXES[0])


def test_which_video_of_tld(tmp_path):
    make_tld(tmp_path)
    write_video(tmp_path / "car" / "other.avi", IMAGES[:3])
    assert len(load_dataset("tld", tmp_path).sequences[0].frames) == FRAMES
    (tmp_path / "car" / "car.avi").rename(tmp_path / "car" / "third.avi")
    with pytest.raises(InputError, match="other.avi and third.avi; one video is expected"):
        load_dataset("tld", tmp_path)


def test_the_real_tld(shared):
    dataset = load_dataset("tld", shared("data/tld"))
    counts = {s.name: (len(s.frames), int(s.absent.sum())) for s in dataset.sequences if s.absent is not None}
    pedestrians = {"pedestrian1": (140, 0), "pedestrian2": (338, 72), "pedestrian3": (184, 28)}
    assert counts == {"car": (945, 85), "panda": (3000, 270), **pedestrians}
    outcome = check_dataset("tld", dataset.root, ["car", "pedestrian3"], say=print)
    assert outcome.sound and outcome.frames == 945 + 184


def test_other_sequences_in_the_layout_of_otb(shared):
    names = [s.name for folder in ("aerial", "cases") for s in load_dataset("otb", shared(f"data/{folder}")).sequences]
    assert names == ["S0601", "Lemming", "Singer2", "Soccer"]
