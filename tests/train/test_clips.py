"""Videos of one's own with boxes in every form, and what is wrong with them."""

import cv2
import numpy as np
import pytest

from cfvgg_plugin.datasets.clips import validation_clips
from cfvgg_plugin.datasets.sequence import VideoFrame
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.train.cache import Cache
from cfvgg_plugin.train.loader import PairDataset
from cfvgg_plugin.train.patches import Pairs
from cfvgg_plugin.train.recipe import Recipe, Source
from cfvgg_plugin.train.sources import draw_views, list_clips
from cfvgg_plugin.train.validation import make_trials
from cfvgg_plugin.train.videos import MOST, kept, load_place, read_frame
from cfvgg_plugin.video.sources import open_source
from tests.conftest import moving_blob
from tests.layouts import write_video
from tests.train.conftest import RECIPE

CLIPS = Source("clips", "")


def write_clip(folder, name="street", frames=8, boxes=None):
    """NAME.avi and NAME.txt, a box a frame."""
    folder.mkdir(parents=True, exist_ok=True)
    images, true = moving_blob(frames)
    write_video(folder / f"{name}.avi", images, 25)
    np.savetxt(folder / f"{name}.txt", true if boxes is None else boxes, "%g", ",")
    return folder / f"{name}.avi"


def cut_off(video, part=0.5):
    """A file that ends in its middle."""
    content = video.read_bytes()
    video.write_bytes(content[: int(part * len(content))])


def test_targets_of_a_video_are_found_by_its_name_in_folders_too(tmp_path):
    for name in ("a.b", "sub/c"):
        write_clip((tmp_path / name).parent, (tmp_path / name).name)
    for number in (1, 2):
        (tmp_path / f"a.b.{number}.txt").write_text("1,2,30,40\n")
    (tmp_path / "notes.txt").write_text("no boxes at all\n")
    assert [c.name for c in list_clips(CLIPS, tmp_path)] == ["a.b.1", "a.b.2", "a.b", "c"]
    assert [c.name for c in list_clips(Source("clips", "", exclude=("a*",)), tmp_path)] == ["c"]


def test_frames_are_those_that_tracking_counts_and_boxes_lie_on_the_target(tmp_path):
    video = write_clip(tmp_path)
    (clip,) = list_clips(CLIPS, tmp_path)
    frames, boxes = load_place(clip.place)
    assert (boxes == moving_blob(8)[1]).all()
    read = [frame.image for frame in open_source(str(video)).frames]
    for frame, image in zip(frames, read, strict=True):
        assert np.abs(read_frame(frame).astype(int) - image).mean() < 3  # noise as JPEG
    first, second = draw_views(clip, 2, np.random.default_rng(0))
    assert isinstance(first.file, VideoFrame) and abs(first.file.number - second.file.number) <= 2


@pytest.mark.parametrize("exported", [False, True], ids=["MOTChallenge", "CVAT"])
def test_folders_of_mot_count_pixels_as_their_makers_do(tmp_path, exported):
    (tmp_path / "SEQ" / "gt").mkdir(parents=True)
    (tmp_path / "SEQ" / "img1").mkdir()
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / "SEQ" / "img1" / f"{number:06d}.png"), np.zeros((60, 80, 3), np.uint8))
    (tmp_path / "SEQ" / "gt" / "gt.txt").write_text("1,3,11,21,30,40,1,1,1\n2,3,12,21,30,40,1,1,1\n")
    if exported:
        (tmp_path / "SEQ" / "gt" / "labels.txt").write_text("car\n")
    (clip,) = list_clips(Source("mot", ""), tmp_path)
    frames, boxes = load_place(clip.place)
    assert clip.name == "SEQ.3" and [f.name for f in frames] == ["000001.png", "000002.png"]
    assert boxes[0].tolist() == [11 - (not exported), 21 - (not exported), 30, 40]


def test_mot_lines_beside_a_video_are_several_targets(tmp_path):
    write_clip(tmp_path)
    (tmp_path / "street.txt").write_text("1,1,5,6,30,40,1\n1,2,50,60,30,40,1\n2,2,51,60,30,40,1\n")
    clips = list_clips(CLIPS, tmp_path)
    assert [c.name for c in clips] == ["street.1", "street.2"]
    assert load_place(clips[1].place)[1][1].tolist() == [51, 60, 30, 40]


def test_videos_for_validation_are_never_trained_on_and_alone_validate(tmp_path):
    assert len(validation_clips()) == 32
    for name in ("davis_bear", "davis_boat"):
        write_clip(tmp_path, name)
    assert [c.name for c in list_clips(CLIPS, tmp_path)] == ["davis_boat"]
    assert [c.name for c in list_clips(CLIPS, tmp_path, validation=True)] == ["davis_bear"]
    assert len(make_trials(CLIPS, tmp_path, starts=1)) == 1


def test_listed_recordings_are_the_fifth_of_the_shared_clips(shared):
    root = shared("data/train/clips")
    everything = {path.stem for path in root.glob("*.mp4")}
    assert validation_clips() < everything
    trained = list_clips(CLIPS, root)
    assert len(trained) == 146 and not {c.place.images.stem for c in trained} & validation_clips()


def test_long_videos_lend_even_runs_of_frames(tmp_path):
    used = [number for number in range(6000) if kept(number, 6000)]
    assert len(used) == MOST and used[:61] == [*range(60), 600]
    assert all(kept(number, MOST) for number in range(MOST))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("1,2,30,40\n" * 9, r"8 frames in .*street.avi but 9 boxes in .*street.txt"),
        ("1,2,30,40\n1,2,x,40\n", r"street.txt: line 2: numbers are expected, not '1,2,x,40'"),
        ("1,2,30,40\n1,2,30\n", r"line 2 has 3 numbers; x,y,w,h or frame,id,x,y,w,h"),
        ("", "street.txt: no boxes in it"),
        ("frame,x,y,w\n0,1,2,3\n", "has no column h"),
        ("frame,x,y,w,h\n0,1,2,3\n", "street.txt: line 2 is not of the columns frame,x,y,w,h"),
        ("0,1,5,6,30,40,1\n", "line 1: frame 0, id 1; frames are counted from 1"),
        ("1,1,5,6,30,40,0\n", "all of its boxes are to be ignored"),
    ],
)
def test_wrong_boxes_are_named_before_anything_is_trained(tmp_path, lines, message):
    write_clip(tmp_path)
    (tmp_path / "street.txt").write_text(lines)
    with pytest.raises(InputError, match=message):
        list_clips(CLIPS, tmp_path)


def test_two_videos_of_a_name_are_refused(tmp_path):
    write_clip(tmp_path)
    (tmp_path / "street.mp4").write_bytes(b"")
    with pytest.raises(InputError, match=r"street.avi and street.mp4 have the same name"):
        list_clips(CLIPS, tmp_path)


def test_decoded_frames_are_kept_and_change_nothing(tmp_path, monkeypatch):
    write_clip(tmp_path / "videos")
    recipe = Recipe((CLIPS,), loss="tracking", pairs=Pairs(size=64), bases=(str(tmp_path / "videos"),))
    cache = Cache(tmp_path / "cache", 10**8)
    plain = [PairDataset(recipe)[i][0].z for i in range(6)]
    cold = [PairDataset(recipe, cache)[i][0].z for i in range(6)]
    assert cold[0].std() > 10 and len(list((tmp_path / "cache").glob("frames-*/*.jpg"))) == 0  # from memory
    monkeypatch.setattr("cfvgg_plugin.train.videos._recent", {})
    first = [PairDataset(recipe, cache)[i][0].z for i in range(6)]
    assert len(list((tmp_path / "cache").glob("frames-*/*.jpg"))) == 8
    monkeypatch.setattr("cfvgg_plugin.train.videos._recent", {})
    monkeypatch.setattr("cfvgg_plugin.train.videos._pass_through", None)
    warm = [PairDataset(recipe, cache)[i][0].z for i in range(6)]
    assert all((np.stack(kind) == np.stack(plain)).all() for kind in (cold, first, warm))


def test_corrupt_video_amid_an_epoch_is_skipped_and_counted(program, data, tmp_path):
    write_clip(data / "own", "good")
    cut_off(write_clip(data / "own", "short"))
    write_clip(data / "own", "broken").write_bytes(b"no video")
    (data / "recipe.toml").write_text(
        RECIPE.format(pairs=48).replace('"otb"\nroot = "videos"\n[v', '"clips"\nroot = "own"\n[v')
    )
    arguments = ("--recipe", data / "recipe.toml", "--out", tmp_path / "out", "--cache", tmp_path / "cache")
    status, _, err = program("cfvgg_plugin.train", *arguments).end()
    assert status == 0, err
    lines = [line for line in err.splitlines() if "warning" in line]
    assert len(lines) == 1 and "could not be decoded and were skipped" in lines[0] and "frame" in lines[0]
    assert "Traceback" not in err and "ffmpeg" not in err.lower()


def test_target_of_an_unreadable_video_still_lists(tmp_path):
    write_clip(tmp_path).write_bytes(b"no video")
    (clip,) = list_clips(CLIPS, tmp_path)
    frames, _ = load_place(clip.place)
    assert read_frame(frames[0]) is None and read_frame(frames[7]) is None
