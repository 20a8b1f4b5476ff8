"""What every tracker owes to whatever it is given: the same answer, or one line and nothing changed."""

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cfvgg_plugin import InputError, create_tracker
from cfvgg_plugin.boxes import Box, is_plausible
from cfvgg_plugin.features.area import _shrink_windows
from cfvgg_plugin.features.fhog import _fhog_of_each
from cfvgg_plugin.tracker import Tracker, TrackResult

OPENCV = ["opencv/csrt", "opencv/kcf"] if hasattr(cv2, "TrackerCSRT_create") else []
OURS = ["feco/hand_crafted", "fdeepstrcf/hand_crafted", "fkcf/hog"]


def follow(tracker, images, box):
    tracker.init(images[0], box)
    return [tracker.update(image) for image in images[1:]]


@pytest.mark.parametrize("name", OURS + OPENCV)
@pytest.mark.parametrize("refused", [(10, 10, 0, 5), None, (500, 10, 20, 20), (-5000, -5000, 20000, 20000)])
def test_a_refused_start_leaves_the_running_stream_running(name, refused, blob):
    images, boxes = blob
    expected = follow(create_tracker(name), images[:8], boxes[0])
    tracker = create_tracker(name)
    found = follow(tracker, images[:4], boxes[0])
    with pytest.raises(InputError, match="^box "):
        tracker.init(images[7][:100], refused)
    assert found + [tracker.update(image) for image in images[4:8]] == expected


MIDDLES = {
    "feco/hand_crafted": ["features.window.BlockExtractor.extract", "trackers.feco.feco.ScaleEstimator.learn"],
    "feco": ["features.window.BlockExtractor.extract", "trackers.feco.feco.ScaleEstimator.learn"],
    "feco/augmented": ["trackers.feco.feco.disturbed", "trackers.feco.feco.ScaleEstimator.learn"],
    "fdeepstrcf": ["features.window.BlockExtractor.extract", "filters.strcf.fit"],
    "fkcf/hog": ["filters.kcf.fit"],
}
"""What is called in the middle of a start."""


@pytest.mark.parametrize("name", MIDDLES)
@pytest.mark.parametrize("error", [MemoryError, KeyboardInterrupt])
def test_a_start_that_fails_midway_leaves_it_running_too(name, error, blob, monkeypatch):
    images, boxes = blob
    expected = follow(create_tracker(name), images[:6], boxes[0])
    tracker = create_tracker(name)
    found = follow(tracker, images[:4], boxes[0])

    def fail(*_):
        raise error

    for place in MIDDLES[name]:
        with monkeypatch.context() as patch:
            patch.setattr(f"cfvgg_plugin.{place}", fail)
            with pytest.raises(error):
                tracker.init(images[9][:90], boxes[9])
    assert found + [tracker.update(image) for image in images[4:6]] == expected


@pytest.mark.skipif(not OPENCV, reason="OpenCV has no CSRT: pip install 'cfvgg-plugin[opencv-trackers]'")
def test_a_box_that_opencv_refuses_leaves_its_tracker_running(blob):
    """The next frame once ended the process: OpenCV's tracker had been replaced by one that was never started."""
    images, boxes = blob
    expected = follow(create_tracker("opencv/csrt"), images[:8], boxes[0])
    tracker = create_tracker("opencv/csrt")
    found = follow(tracker, images[:4], boxes[0])
    for box in ((10, 10, 1, 1), (159, 119, 50, 50), (-1000, -1000, 3000, 3000)):
        with pytest.raises(InputError, match="cannot start on it|at most 8 times the frame's area"):
            tracker.init(images[4], box)
    assert found + [tracker.update(image) for image in images[4:8]] == expected
    fresh = create_tracker("opencv/csrt")
    with pytest.raises(InputError, match="cannot start on it"):
        fresh.init(images[0], (10, 10, 1, 1))
    with pytest.raises(InputError, match="not started"):
        fresh.update(images[1])


def reversed_view(image):
    return image[:, :, ::-1].copy()[:, :, ::-1]


def read_only(image):
    image = image.copy()
    image.flags.writeable = False
    return image


def cropped(image):
    return np.pad(image, ((3, 3), (5, 5), (0, 0)))[3:-3, 5:-5]


class Pixels(np.ndarray):
    """An array of another library."""


@pytest.mark.parametrize("name", OURS)
def test_views_give_the_boxes_of_copies_and_compile_nothing(name, blob):
    images, boxes = blob
    expected = follow(create_tracker(name), images[:4], boxes[0])
    kernels = (_shrink_windows, _fhog_of_each)
    compiled = [len(kernel.signatures) for kernel in kernels]
    for form in (
        reversed_view, read_only, cropped, np.asfortranarray, lambda i: i[::-1].copy()[::-1],
        lambda i: i.transpose(1, 0, 2).copy().transpose(1, 0, 2), lambda i: i.view(Pixels),
        lambda i: np.frombuffer(i.tobytes(), np.uint8).reshape(i.shape),
    ):  # fmt: skip
        assert follow(create_tracker(name), [form(image) for image in images[:4]], boxes[0]) == expected
    assert [len(kernel.signatures) for kernel in kernels] == compiled


def test_grey_views_give_the_boxes_of_copies(blob):
    images, boxes = blob
    first = follow(create_tracker("feco/hand_crafted"), [image[:, :, 1].copy() for image in images[:4]], boxes[0])
    for form in (lambda i: i[:, :, 1], lambda i: i[:, :, 1:2], lambda i: np.asfortranarray(i[:, :, 1])):
        assert follow(create_tracker("feco/hand_crafted"), [form(i) for i in images[:4]], boxes[0]) == first


def test_frames_that_are_as_they_should_be_are_not_copied(blob):
    seen = []

    class Watcher(Tracker):
        def _start(self, image, box):
            seen.append(image)

        def _step(self, image):
            seen.append(image)
            return TrackResult(Box(1, 1, 2, 2), 1.0, False)

    image = blob[0][0].copy()
    follow(Watcher(), [image, image], (5, 5, 9, 9))
    assert seen[0] is image and seen[1] is image


@pytest.mark.parametrize(
    "answer",
    [
        (0, 0, 0, 0), (np.nan, 5, 9, 9), (5, np.inf, 9, 9), (5, 5, 9, -1), (-5881814, 5, 9, 9), (160, 5, 9, 9),
        (-9, 5, 9, 9), (-1e6, -1e6, 2e6, 2e6), (5, 5, 1e9, 1e9), (5, 5, np.nan, 9),
    ],
)  # fmt: skip
def test_a_box_where_no_target_can_be_is_the_last_good_one_as_lost(answer, blob):
    images, _ = blob

    class Jumper(Tracker):
        def _start(self, image, box):
            self.answers = iter([(7, 8, 9, 10), answer, (8, 8, 9, 10)])
            self.placed = []

        def _step(self, image):
            return TrackResult(Box(*next(self.answers)), 0.9, False)

        def _place(self, box):
            self.placed.append(box)

    tracker = Jumper()
    results = follow(tracker, images[:4], (5, 5, 9, 9))
    assert [r.box for r in results] == [(7, 8, 9, 10), (7, 8, 9, 10), (8, 8, 9, 10)]
    assert [(r.score, r.lost) for r in results] == [(0.9, False), (0.0, True), (0.9, False)]
    assert tracker.placed == [(7, 8, 9, 10)]


def test_a_score_that_is_no_number_is_none(blob):
    class Doubter(Tracker):
        def _start(self, image, box): ...

        def _step(self, image):
            return TrackResult(Box(1, 2, 3, 4), float("nan"), False)

    assert follow(Doubter(), blob[0][:2], (5, 5, 9, 9)) == [TrackResult(Box(1, 2, 3, 4), 0.0, True)]


@pytest.mark.parametrize("name", OURS)
def test_places_that_cannot_be_are_refused(name, blob):
    images, boxes = blob
    tracker = create_tracker(name)
    tracker.init(images[0], boxes[0])
    for call in (tracker.search, tracker.learn):
        for box in (None, (5, 5, 0, 5), (1e9, 5, 5, 5), (np.nan, 5, 5, 5)):
            with pytest.raises(InputError, match="^box "):
                call(images[1], box)
    assert is_plausible(tracker.search(images[1], boxes[1]), 160, 120)


side = st.sampled_from([1, 2, 3, 7, 16, 40, 320])
near = st.floats(-1.2, 1.2)
large = st.floats(0, 6)


@pytest.mark.parametrize("name", [*OURS, *(n for n in OPENCV if n == "opencv/kcf")])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=st.tuples(side, side), at=st.tuples(near, near), sides=st.tuples(large, large), seed=st.integers(0, 9))
def test_any_box_that_is_taken_gives_boxes_where_a_target_can_be(name, shape, at, sides, seed):
    """On noise, flat frames and images of a few pixels; and two fresh trackers agree."""
    rng = np.random.default_rng(seed)
    images = [rng.integers(0, 256, (*shape, 3), np.uint8) for _ in range(4)]
    images[2][:] = 255
    height, width = shape
    box = (at[0] * width, at[1] * height, max(sides[0] * width, 1), max(sides[1] * height, 1))
    try:
        results = follow(create_tracker(name), images, box)
    except InputError as error:
        assert "\n" not in str(error)
        return
    assert follow(create_tracker(name), images, box) == results
    for result in results:
        assert is_plausible(result.box, width, height) and 0 <= result.score <= 1
