"""Every layout on small folders of its own form."""

import cv2
import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.train.recipe import Source
from cfvgg_plugin.train.sources import draw_views, list_clips
from cfvgg_plugin.train.videos import load_place
from cfvgg_plugin.video.frames import read_image
from tests.train.conftest import write_video


def write_frames(folder, names):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        cv2.imwrite(str(folder / name), np.zeros((8, 8, 3), np.uint8))


def draw_all(clip, gap=100, count=60):
    drawn = [draw_views(clip, gap, np.random.default_rng(i)) for i in range(count)]
    return [pair for pair in drawn if pair is not None]


def test_got10k_leaves_out_absent_frames(tmp_path):
    video = tmp_path / "train" / "GOT-10k_Train_000001"
    write_frames(video, [f"{i:08d}.jpg" for i in range(1, 5)])
    (video / "groundtruth.txt").write_text("11,21,30,40\n12,22,30,40\n0,0,0,0\n14,24,30,40\n")
    (video / "absence.label").write_text("0\n1\n0\n0\n")
    clip, *rest = list_clips(Source("got10k", ""), tmp_path)
    assert clip.name == "GOT-10k_Train_000001" and not rest
    used = {(view.file.name, tuple(view.box)) for pair in draw_all(clip) for view in pair}
    assert used == {("00000001.jpg", (10, 20, 30, 40)), ("00000004.jpg", (13, 23, 30, 40))}


def test_lasot_leaves_out_occluded_and_outside(tmp_path):
    video = tmp_path / "airplane" / "airplane-1"
    write_frames(video / "img", [f"{i:08d}.jpg" for i in range(1, 5)])
    (video / "groundtruth.txt").write_text("11,21,30,40\n" * 4)
    (video / "full_occlusion.txt").write_text("0,1,0,0\n")
    (video / "out_of_view.txt").write_text("0,0,1,0\n")
    (clip,) = list_clips(Source("lasot", ""), tmp_path)
    assert {view.file.stem for pair in draw_all(clip) for view in pair} == {"00000001", "00000004"}


def test_vid_follows_tracks_through_their_annotations(tmp_path):
    part = "VID/train/ILSVRC2015_VID_train_0000/ILSVRC2015_train_00000000"
    notes = tmp_path / "Annotations" / part
    notes.mkdir(parents=True)
    write_frames(tmp_path / "Data" / part, [f"{i:06d}.JPEG" for i in range(3)])
    entry = (
        "<object><trackid>{0}</trackid><bndbox><xmax>{3}</xmax><xmin>{1}</xmin>"
        "<ymax>{4}</ymax><ymin>{2}</ymin></bndbox></object>"
    )
    tracks = [[(0, 5, 6, 14, 25), (1, 50, 60, 69, 79)], [(0, 7, 6, 16, 25)], []]
    for i, objects in enumerate(tracks):
        body = "".join(entry.format(*values) for values in objects)
        (notes / f"{i:06d}.xml").write_text(f"<annotation>{body}</annotation>")
    (clip,) = list_clips(Source("vid", ""), tmp_path)
    pairs = draw_all(clip, 2, 200)
    assert {(a.file.name, b.file.name) for a, b in pairs} == {
        (f"00000{i}.JPEG", f"00000{j}.JPEG") for i in (0, 1) for j in (0, 1)
    }
    assert all(view.file.exists() for pair in pairs for view in pair)
    boxes = {(tuple(a.box), tuple(b.box)) for a, b in pairs if a.file.name == "000000.JPEG" != b.file.name}
    assert boxes == {((5, 6, 10, 20), (7, 6, 10, 20))}  # track 1 is not in the second frame


def test_otb_draws_within_the_gap_and_skips_frames_without_target(tmp_path):
    write_video(tmp_path / "blob", 8)
    file = tmp_path / "blob" / "groundtruth_rect.txt"
    lines = file.read_text().splitlines()
    lines[3] = "NaN,NaN,NaN,NaN"
    file.write_text("\n".join(lines))
    (clip,) = list_clips(Source("otb", ""), tmp_path)
    numbers = [(int(a.file.stem), int(b.file.stem)) for a, b in draw_all(clip, 2)]
    assert {abs(a - b) for a, b in numbers} == {0, 1, 2}
    assert 4 not in {n for pair in numbers for n in pair}


def test_targets_have_the_boxes_of_the_list(tmp_path):
    write_video(tmp_path / "sam2_04_coffee", 48)
    (tmp_path / "intel_car_detection" / "img").mkdir(parents=True)  # a video that the list does not have
    kettle, mug = list_clips(Source("targets", ""), tmp_path)
    assert (kettle.name, mug.name) == ("sam2_04_coffee.kettle", "sam2_04_coffee.mug")
    frames, boxes = load_place(kettle.place)
    assert len(frames) == len(boxes) == 48 and frames[27].name == "0028.png"
    assert np.flatnonzero(np.isnan(boxes[:, 0])).tolist() == [27, 28, 39, 40, 41]  # half of it above the image
    numbers = [(int(a.file.stem), int(b.file.stem)) for a, b in draw_all(mug, 2)]
    assert {abs(a - b) for a, b in numbers} == {0, 1, 2}


def test_too_few_frames_for_the_list_of_targets_are_an_error(tmp_path):
    write_video(tmp_path / "sam2_04_coffee", 20)
    clip = list_clips(Source("targets", ""), tmp_path)[0]
    with pytest.raises(InputError, match="20 frames but a box in frame 48"):
        load_place(clip.place)


def test_listed_targets_lie_in_their_images(shared):
    root = shared("data/train/videos")
    clips = list_clips(Source("targets", ""), root)
    assert len(clips) == 23
    for clip in clips:
        frames, boxes = load_place(clip.place)
        image = read_image(frames[0])
        boxes = boxes[np.isfinite(boxes).all(1)]
        assert len(boxes) >= 5
        assert (boxes[:, :2] > -1).all() and (boxes[:, 2:] > 5).all()
        assert (boxes[:, 0] + boxes[:, 2] < image.shape[1] + 1).all()
        assert (boxes[:, 1] + boxes[:, 3] < image.shape[0] + 1).all()


def test_images_are_found_in_every_folder_and_chosen_by_name(tmp_path):
    write_frames(tmp_path / "a", ["1.jpg", "2.png"])
    write_frames(tmp_path / "b" / "c", ["3.jpg"])
    names = [clip.name for clip in list_clips(Source("images", "", exclude=("a/2*",)), tmp_path)]
    assert names == ["a/1.jpg", "b/c/3.jpg"]
    assert [c.name for c in list_clips(Source("images", "", include=("b/*",)), tmp_path)] == ["b/c/3.jpg"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (Source("images", ""), "nothing in it"),
        (Source("otb", ""), "no sequence of OTB layout"),
        (Source("coco", ""), "layout 'coco': one of otb, targets, got10k, lasot, vid, clips, mot, images"),
    ],
)
def test_empty_folder_and_unknown_layout_are_named(tmp_path, source, message):
    with pytest.raises(InputError, match=message):
        list_clips(source, tmp_path)


def test_missing_folder_is_named(tmp_path):
    with pytest.raises(InputError, match="nowhere: the folder does not exist"):
        list_clips(Source("images", ""), tmp_path / "nowhere")
