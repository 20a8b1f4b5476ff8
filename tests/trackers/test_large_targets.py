"""Targets of any size: what is read of an image is bounded, and what is found does not suffer from it."""

import cv2
import numpy as np
import pytest

from cfvgg_plugin import create_tracker
from cfvgg_plugin.benchmark.drawn import HEIGHT, WIDTH, show, texture
from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.features.sampling import centred_patch
from cfvgg_plugin.registry import load_settings
from cfvgg_plugin.trackers.feco import scale as feco_scale
from cfvgg_plugin.trackers.feco.scale import ScaleEstimator, every_nth
from cfvgg_plugin.video.frames import read_image

NAMES = ["feco/hand_crafted", "fdeepstrcf/hand_crafted", "fkcf/hog"]


def read_by(estimator, monkeypatch, side):
    """Pixels in the windows that the estimator reads for a square target of `side`, and the area they come from."""
    seen = []

    def watched(pixels, starts, sizes, out):
        seen.append((int(sizes.prod(axis=1).sum()), pixels.shape[0] * pixels.shape[1]))
        return real(pixels, starts, sizes, out)

    real = feco_scale.shrink_windows
    with monkeypatch.context() as patched:
        patched.setattr(feco_scale, "shrink_windows", watched)
        estimator._samples(np.zeros((HEIGHT, WIDTH, 3), np.uint8), (960.0, 540.0), side / 60)
    return seen[0]


def test_what_the_scale_filter_reads_is_bounded(monkeypatch):
    estimator = ScaleEstimator(load_settings("feco").scale_filter, (60.0, 60.0))
    bound = 17 * (12 * 22) ** 2
    for side in (30, 60, 150, 199, 250, 400, 900, 2000):
        windows, area = read_by(estimator, monkeypatch, side)
        assert windows < bound
        assert side < 199 or area < 2 * (12 * 22) ** 2
    assert read_by(estimator, monkeypatch, 900)[0] < 4 * read_by(estimator, monkeypatch, 60)[0]


def test_windows_of_small_targets_are_read_whole(monkeypatch):
    """No pixel is left out while the largest window is below 12 times its patch."""
    estimator = ScaleEstimator(load_settings("feco").scale_filter, (60.0, 60.0))
    windows, area = read_by(estimator, monkeypatch, 190)
    assert area == HEIGHT * WIDTH
    assert windows == pytest.approx(190**2 * (estimator._grid.factors**2).sum(), rel=0.02)


@pytest.mark.parametrize("factor", [2, 3, 7])
@pytest.mark.parametrize("centre", [(0, 0), (39, 29), (20, 11), (1, 28)])
def test_kept_pixels_lie_on_a_grid_through_the_centre(factor, centre):
    image = np.random.default_rng(3).integers(0, 256, (30, 40, 3), np.uint8)
    kept, (x, y) = every_nth(image, np.array(centre), np.array((16, 12)), factor)
    np.testing.assert_array_equal(kept[y, x], image[centre[1], centre[0]])
    whole = image[centre[1] % factor :: factor, centre[0] % factor :: factor]
    left, top = centre[0] // factor - x, centre[1] // factor - y
    np.testing.assert_array_equal(kept, whole[top : top + kept.shape[0], left : left + kept.shape[1]])
    for at, place, length, size in ((x, left, kept.shape[1], 16), (y, top, kept.shape[0], 12)):
        limit = whole.shape[1] if size == 16 else whole.shape[0]
        assert at >= size // (2 * factor) or place == 0  # what is missing of the window lies outside the image
        assert length - at > size // (2 * factor) or place + length == limit


def test_vectors_of_a_large_target_are_like_those_of_a_small_one():
    """The same picture at 60 and, enlarged, at 900 pixels: the same target to the scale filter."""
    small = texture(320, 240, 4)
    large = cv2.resize(small, None, fx=15, fy=15, interpolation=cv2.INTER_CUBIC)
    found = []
    for image, scale in ((small, 1.0), (large, 15.0)):
        estimator = ScaleEstimator(load_settings("feco").scale_filter, (60.0, 60.0))
        position = (160 * scale + (scale - 1) / 2, 120 * scale + (scale - 1) / 2)
        samples = estimator._samples(image, position, scale).vectors
        estimator.learn(image, position, scale)
        found.append((samples, estimator.find(image, position, scale * 1.05)[0]))
    (one, at_small), (two, at_large) = found
    assert (one * two).sum() / np.sqrt((one**2).sum() * (two**2).sum()) > 0.9
    assert at_small == pytest.approx(1 / 1.05, rel=0.015) and at_large == pytest.approx(1 / 1.05, rel=0.015)


def test_a_decimated_sample_of_a_large_window_shows_what_the_whole_one_shows():
    image = cv2.resize(texture(WIDTH // 20, HEIGHT // 20, 2), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    decimated = centred_patch(image, (960, 540), (1000, 1000), (200, 200)).astype(float)
    whole = centred_patch(image, (960, 540), (1000, 1000), (200, 200), 6).astype(float)
    assert np.abs(decimated - whole).mean() < 4


def test_a_window_below_three_times_its_sample_is_read_whole():
    image = texture(WIDTH, HEIGHT, 2)
    for side, same in ((599, True), (601, False)):
        patches = [centred_patch(image, (960, 540), (side, side), (200, 200), coarsest) for coarsest in (1.5, 6)]
        assert np.array_equal(*patches) == same


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("side", [250, 900])
def test_large_targets_are_followed(name, side):
    ground, target = texture(WIDTH, HEIGHT, 0), texture(side, side, 1)
    tracker = create_tracker(name)
    image, box = show(ground, target, side, 0)
    tracker.init(image, box)
    for number in range(1, 9):
        image, box = show(ground, target, side, number)
        assert overlaps(tracker.update(image).box, box)[0] > 0.8


@pytest.mark.parametrize("name", ["feco/hand_crafted", "fdeepstrcf/hand_crafted"])
def test_enlarged_frames_are_followed_as_well_as_they_are(name, shared):
    """Deer at four times its size (a target of 380x260) beside Deer, 25 frames."""
    sequence = load_otb(shared("data/otb"), ["Deer"])[0]
    scores = []
    for times in (1, 4):
        tracker, found = create_tracker(name), []
        for number, path in enumerate(sequence.frames[:25]):
            image = cv2.resize(read_image(path), None, fx=times, fy=times, interpolation=cv2.INTER_CUBIC)
            if number:
                found.append(np.array(tracker.update(image).box) / times)
            else:
                tracker.init(image, sequence.boxes[0] * times)
        scores.append(overlaps(found, sequence.boxes[1:25]).mean())
    assert scores[1] > scores[0] - 0.04


@pytest.mark.parametrize("step", [1.0, 1.004, 1.05])
def test_windows_that_were_seen_need_not_be_cut_again(step):
    image = texture(320, 240, 4)
    once, twice = (ScaleEstimator(load_settings("feco").scale_filter, (30.0, 20.0)) for _ in range(2))
    once.learn(image, (150.5, 100.5), 1.0)
    twice.learn(image, (150.5, 100.5), 1.0)
    _, seen = twice.find(image, (150.5, 100.5), 1.1)
    once.learn(image, (150.5, 100.5), 1.1 * step)
    twice.learn(image, (150.5, 100.5), 1.1 * step, seen)
    np.testing.assert_array_equal(once._model.template, twice._model.template)
    assert (seen.sizes == twice._samples(image, (150.5, 100.5), 1.1 * step).sizes).all(1).any() == (step < 1.05)
