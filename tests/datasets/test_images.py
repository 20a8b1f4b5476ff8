"""Pictures of a sequence: of files, of a video read once and forwards, and in another light."""

from dataclasses import replace
from itertools import count

import cv2
import numpy as np
import pytest

from cfvgg_plugin.datasets import images as module
from cfvgg_plugin.datasets.images import announced_frames, count_frames, read_frame, read_frames
from cfvgg_plugin.datasets.sequence import Sequence, VideoFrame
from cfvgg_plugin.errors import FrameError, InputError
from tests.layouts import write_video

COUNT = 12


@pytest.fixture
def video(tmp_path):
    """Twelve frames; the grey level of each is 20 times its number."""
    path = tmp_path / "grey.avi"
    write_video(path, [np.full((48, 64, 3), 20 * number, np.uint8) for number in range(COUNT)])
    return path


def sequence(video, numbers=range(COUNT)) -> Sequence:
    frames = tuple(VideoFrame(video, number) for number in numbers)
    return Sequence("grey", frames, np.full((len(frames), 4), 9.0))


def numbers(images) -> list[int]:
    return [round(float(image.mean()) / 20) for image in images]


@pytest.fixture
def opened(monkeypatch):
    """Counts the videos that are opened."""
    calls = []
    real = cv2.VideoCapture

    def capture(*arguments):
        calls.append(arguments[0])
        return real(*arguments)

    monkeypatch.setattr(module.cv2, "VideoCapture", capture)
    return calls


@pytest.mark.parametrize("chosen", [range(COUNT), range(5, COUNT), range(0, COUNT, 3), [2, 2, 7]])
def test_the_frames_that_are_asked_for_from_one_pass(video, chosen, opened):
    assert numbers(read_frames(sequence(video, chosen))) == list(chosen)
    assert numbers(read_frames(sequence(video), chosen)) == list(chosen)
    assert len(opened) == 2


def test_the_way_back_is_no_new_pass(video, opened):
    way = [*range(COUNT), *range(COUNT - 2, -1, -1), *range(1, COUNT)]
    assert numbers(read_frames(sequence(video, way))) == way
    assert len(opened) == 1


def test_an_endless_iterator_is_read_as_far_as_it_is_wanted(video):
    endless = module.decode(VideoFrame(video, number % 2) for number in count())
    assert numbers(next(endless) for _ in range(5)) == [0, 1, 0, 1, 0]
    endless.close()


def test_any_order_and_any_frame(video):
    assert numbers(read_frames(sequence(video), [7, 3, 4])) == [7, 3, 4]
    assert numbers([read_frame(sequence(video), index) for index in (9, 0)]) == [9, 0]


def test_frames_are_rgb(tmp_path):
    red = np.zeros((48, 64, 3), np.uint8)
    red[:, :, 0] = 200
    write_video(tmp_path / "red.avi", [red] * 2)
    image = read_frame(sequence(tmp_path / "red.avi", range(2)), 1)
    assert image is not None and image.shape == (48, 64, 3)
    assert image[:, :, 0].mean() > 150 and image[:, :, 2].mean() < 50


def test_files_beside_a_video(video, tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((48, 64, 3), 100, np.uint8))
    (tmp_path / "b.png").write_bytes(b"no image")
    frames = (VideoFrame(video, 3), tmp_path / "a.png", tmp_path / "b.png", VideoFrame(video, 4))
    first, file, broken, last = read_frames(Sequence("mixed", frames, np.full((4, 4), 9.0)))
    assert numbers([first, file, last]) == [3, 5, 4] and broken is None


def test_frames_are_counted_and_counted_again_when_the_file_changes(video, opened):
    assert count_frames(video) == announced_frames(video) == COUNT
    assert count_frames(video) == COUNT and len(opened) == 2
    write_video(video, [np.zeros((48, 64, 3), np.uint8)] * 3)
    assert count_frames(video) == 3


def test_a_video_that_ends_early(video):
    with pytest.raises(FrameError, match="ends after 12 frames, frame 13 is wanted"):
        list(read_frames(sequence(video, range(COUNT + 2))))


def test_what_is_no_video(tmp_path):
    with pytest.raises(InputError, match="gone.avi: no such video"):
        read_frame(sequence(tmp_path / "gone.avi"), 0)
    with pytest.raises(InputError, match="gone.avi: cannot be opened as a video"):
        count_frames(tmp_path / "gone.avi")


def test_a_frame_has_its_light_in_whatever_run_it_is_read(video):
    whole = replace(sequence(video), light=3)
    pictures = list(read_frames(whole))
    assert any((a != b).any() for a, b in zip(pictures, read_frames(sequence(video)), strict=True))
    late = replace(sequence(video, range(4, COUNT, 2)), light=3, name="grey.run2", group="grey")
    for index, image in enumerate(read_frames(late)):
        np.testing.assert_array_equal(image, pictures[4 + 2 * index])
        np.testing.assert_array_equal(image, read_frame(late, index))
    assert (read_frame(replace(whole, light=4), 5) != pictures[5]).any()
    assert (read_frame(replace(whole, name="other"), 5) != pictures[5]).any()


def test_the_light_of_files_goes_by_the_numbers_in_their_names(tmp_path):
    files = tuple(tmp_path / f"img{number:03d}.png" for number in range(1, 9))
    for file in files:
        cv2.imwrite(str(file), np.full((48, 64, 3), 100, np.uint8))
    whole = Sequence("files", files, np.full((8, 4), 9.0), light=1)
    np.testing.assert_array_equal(read_frame(replace(whole, frames=files[5:]), 0), read_frame(whole, 5))
    assert (read_frame(whole, 0) != read_frame(whole, 5)).any()
