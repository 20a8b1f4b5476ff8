import cv2
import numpy as np
import pytest
import torch
from torch.fft import irfft2, rfft2

from cfvgg_plugin import create_tracker
from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.boxes import read_boxes
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.features.sampling import centred_patch
from cfvgg_plugin.filters.localisation import refine_peaks
from cfvgg_plugin.video.frames import read_image

NAMES = ["fdeepstrcf/default", "fdeepstrcf/cf_vgg", "fdeepstrcf/hand_crafted"]


def follow(tracker, images, box):
    tracker.init(images[0], box)
    return [tracker.update(image) for image in images[1:]]


def to_channels_last(spectrum):
    return spectrum.numpy().transpose(1, 2, 0)


def relative(got, expected):
    """Largest error beside the largest value, and error beside value in the mean square."""
    error = np.abs(got - expected)
    return error.max() / np.abs(expected).max(), np.linalg.norm(error) / np.linalg.norm(expected)


@pytest.fixture(scope="module")
def crossing(shared):
    sequence = load_otb(shared("data/otb"), ["Crossing"])[0]
    return sequence, [read_image(path) for path in sequence.frames]


@pytest.fixture
def started(crossing, student):
    sequence, images = crossing
    tracker = create_tracker("fdeepstrcf/cf_vgg", weights=student)
    tracker.init(images[0], sequence.boxes[0])
    return tracker


def test_the_layout_is_that_of_the_authors(started, golden):
    data = golden("fdeepstrcf_crossing_f1")
    sizes = started._extractor.sizes
    assert (sizes.network, sizes.support) == (data["img_sample_sz"][0, 0], data["img_support_sz"][0, 0])
    assert [block.side for block in started._blocks] == data["feature_sz"][:, 0].tolist()
    assert started._scale == pytest.approx(data["currentScaleFactor"].item())
    assert started._window.scales[0] == pytest.approx(data["min_scale_factor"].item())
    assert started._window.scales[1] == pytest.approx(data["max_scale_factor"].item())
    for k, block in enumerate(started._blocks, 1):
        columns = block.side // 2 + 1
        np.testing.assert_allclose(block.window, data[f"cos_window{k}"], atol=1e-6)
        np.testing.assert_allclose(block.problem.window, data[f"reg_window{k}"], rtol=1e-6)
        np.testing.assert_allclose(block.problem.label, data[f"yf{k}"][:, :columns], atol=1e-5)


def test_features_and_filters_of_the_first_frame(started, crossing, golden):
    data = golden("fdeepstrcf_crossing_f1")
    maps = started._extractor.extract(crossing[1][0], (212, 175), [started._scale])
    for got, name in zip(maps, ("colorspace", "fhog", "cnn_layers"), strict=True):
        expected = data[f"raw_get_{name}"].reshape(*got.shape[2:], -1)
        assert max(relative(to_channels_last(got[0]), expected)) < 1e-3, name
    for filt, k in zip(started._filters, (1, 2), strict=True):
        assert max(relative(to_channels_last(filt), data[f"f_f{k}"][:, : filt.shape[2]])) < 2e-4


def test_the_second_frame(started, crossing, golden):
    """The authors' FHOG differs in one pixel of one scale, whose gradient lies on the border of two bins."""
    data = golden("fdeepstrcf_crossing_f2")
    scales = [started._scale * factor for factor in started._scale_factors]
    for k, side in ((1, 192), (2, 201)):
        patches = [centred_patch(crossing[1][1], (212, 175), (side * s, side * s), (side, side)) for s in scales]
        np.testing.assert_array_equal(np.stack(patches, 3), data[f"patch{k}"])
    with torch.inference_mode():
        spectra = started._spectra(crossing[1][1], scales)
        for k, spectrum in enumerate(spectra, 1):
            window = started._blocks[k - 1].window.numpy()[:, :, None, None]
            got = spectrum.numpy().transpose(2, 3, 1, 0)
            expected = np.fft.fft2(data[f"xt{k}"] * window, axes=(0, 1))[:, : got.shape[1]]
            assert relative(got, expected)[1] < 3e-3
        response = irfft2(started._respond(started._filters, spectra), s=(48, 48))
    assert max(relative(response.numpy().transpose(1, 2, 0), data["response"])) < 2e-3
    result = started.update(crossing[1][1])
    assert started._scale == pytest.approx(data["currentScaleFactor"].item())
    np.testing.assert_allclose(started._position, data["pos"].ravel()[::-1] - 1, atol=1e-3)
    assert (np.floor(np.array(result.box) + [1.5, 1.5, 0.5, 0.5]) == data["box"]).all()
    for filt, k in zip(started._filters, (1, 2), strict=True):
        assert max(relative(to_channels_last(filt), data[f"f_f_after{k}"][:, : filt.shape[2]])) < 2e-4


def test_newton_steps_are_those_of_the_authors(golden):
    data = golden("fdeepstrcf_crossing_f2")
    spectra = torch.from_numpy(np.ascontiguousarray(data["responsef_padded"].transpose(2, 0, 1)[:, :, :25]))
    peaks = refine_peaks(spectra, torch.from_numpy(np.ascontiguousarray(data["response"].transpose(2, 0, 1))))
    best = max(range(3), key=lambda i: peaks[i].value)
    assert best + 1 == data["sind"].item()
    assert (peaks[best].y, peaks[best].x) == pytest.approx((data["disp_row"].item(), data["disp_col"].item()), abs=5e-5)


@pytest.mark.parametrize("size", [(8, 10), (9, 10), (8, 11), (9, 7)])
def test_refined_values_are_those_of_the_series(size):
    """Beside a direct sum over all frequencies; the highest one of an even size is a standing wave."""
    height, width = size
    maps = torch.randn((9, *size), generator=torch.Generator().manual_seed(7), dtype=torch.float64)
    refined = 0
    for peak, response in zip(refine_peaks(rfft2(maps), maps, 10), maps, strict=True):
        waves = []
        for length, at in ((height, peak.y), (width, peak.x)):
            frequencies = torch.fft.fftfreq(length, 1 / length).double()
            wave = torch.exp(2j * torch.pi * frequencies * at / length)
            waves.append(torch.where(frequencies.abs() * 2 == length, wave.real + 0j, wave))
        value = (waves[0] @ torch.fft.fft2(response) @ waves[1]).real.item() / (height * width)
        assert peak.value == pytest.approx(value, abs=1e-9)
        assert peak.value >= response.max()
        refined += peak.value > response.max()
    assert refined >= 3  # elsewhere Newton's method leaves the peak, and the highest cell stands


def test_boxes_are_those_of_the_authors(crossing, student, shared):
    sequence, images = crossing
    expected = read_boxes(shared("reference/results/authors-fDeepSTRCF/Crossing.txt"))[1:] - [1, 1, 0, 0]
    results = follow(create_tracker("fdeepstrcf/cf_vgg", weights=student), images, sequence.boxes[0])
    boxes = np.array([r.box for r in results])
    assert np.abs(np.floor(boxes + 0.5) - expected).max() <= 1
    assert np.mean([r.lost for r in results]) < 0.1


def test_the_training_sample_alone_fills_the_filter(started):
    """Half spectra of real maps: every filter is that of a real template."""
    for filt, block in zip(started._filters, started._blocks, strict=True):
        maps = irfft2(filt, s=(block.side, block.side))
        torch.testing.assert_close(rfft2(maps), filt, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_a_moving_target_is_followed(name, random_weights, blob):
    images, boxes = blob
    results = follow(create_tracker(name, weights=random_weights), images, boxes[0])
    assert overlaps([r.box for r in results], boxes[1:]).min() > 0.6
    assert all(0 <= r.score <= 1 and r.lost == (r.score < 0.3) for r in results)


def test_a_growing_target_is_measured(random_weights):
    rng = np.random.default_rng(2)
    picture = np.kron(rng.integers(0, 255, (40, 40), dtype=np.uint8), np.ones((8, 8), np.uint8))
    images = []
    for t in range(12):
        matrix = cv2.getRotationMatrix2D((160, 160), 0, 1.015**t)
        images.append(cv2.warpAffine(picture, matrix, (320, 320)))
    last = follow(create_tracker("fdeepstrcf/hand_crafted"), images, (130, 130, 60, 60))[-1]
    assert last.box.w == pytest.approx(60 * 1.015**11, rel=0.04)


@pytest.mark.parametrize("name", NAMES)
def test_runs_are_identical_also_after_starting_again(name, random_weights, blob):
    images, boxes = blob[0][:8], blob[1]
    tracker = create_tracker(name, weights=random_weights)
    first = follow(tracker, images, boxes[0])
    assert follow(tracker, images, boxes[0]) == first
    assert follow(create_tracker(name, weights=random_weights), images, boxes[0]) == first


@pytest.mark.parametrize("name", NAMES)
def test_a_grey_video_gives_the_boxes_of_its_colour_copy(name, random_weights, blob):
    images, boxes = blob[0][:10], blob[1]
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images]
    one = follow(create_tracker(name, weights=random_weights), grey, boxes[0])
    three = [cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) for image in grey]
    assert follow(create_tracker(name, weights=random_weights), three, boxes[0]) == one


def test_colour_and_grey_frames_may_mix(blob):
    images, boxes = blob
    for first, second in ((images[0], images[1][:, :, 0]), (images[0][:, :, 0], images[1])):
        tracker = create_tracker("fdeepstrcf/hand_crafted")
        tracker.init(first, boxes[0])
        assert overlaps(tracker.update(second).box, boxes[1])[0] > 0.5


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "box",
    [
        (10, 10, 1, 1),
        (70, 50, 2, 4),
        (0, 0, 160, 120),
        (-50, -40, 300, 300),
        (5, 60, 150, 2),
        (70, 3, 2, 110),
        (40, 0, 1, 120),
        (158, 118, 40, 40),
        (80.3, 60.7, 4.2, 4.9),
        (-3000, -2000, 9000, 6000),
    ],
)
def test_extreme_targets_are_tracked_without_failing(name, box, random_weights, blob):
    images, _ = blob
    for result in follow(create_tracker(name, weights=random_weights), images[:4], box):
        assert np.isfinite(result.box).all() and 0 <= result.score <= 1
        assert np.array(result.box[2:]) == pytest.approx(np.array(box[2:]), rel=0.1)


@pytest.mark.parametrize("name", NAMES)
def test_flat_images_do_no_harm(name, random_weights):
    flat = [np.full((60, 80, 3), 128, np.uint8)] * 3
    for result in follow(create_tracker(name, weights=random_weights), flat, (20, 20, 16, 16)):
        assert np.isfinite(result.box).all() and 0 <= result.score <= 1


def test_a_target_may_leave_the_frame(random_weights, blob):
    images, boxes = blob
    rng = np.random.default_rng(1)
    tracker = create_tracker("fdeepstrcf/cf_vgg", weights=random_weights)
    tracker.init(images[0], boxes[0])
    for t in range(12):
        moved = np.roll(images[0], -6 * t, axis=1)
        moved[:, 160 - 6 * t :] = rng.integers(60, 130, (120, 6 * t, 3)) if t else moved[:, 160:]
        result = tracker.update(moved)
        assert np.isfinite(result.box).all() and np.isfinite(result.score)


def test_a_target_that_vanishes_is_lost(blob):
    images, boxes = blob
    tracker = create_tracker("fdeepstrcf/hand_crafted")
    seen = follow(tracker, images[:10], boxes[0])[-1]
    rng = np.random.default_rng(9)
    gone = [tracker.update(rng.integers(60, 130, images[0].shape, dtype=np.uint8)) for _ in range(3)]
    assert not seen.lost
    assert all(r.lost and r.score < seen.score for r in gone)


def test_read_only_frames_are_fine(random_weights, blob):
    images, boxes = blob
    frames = [image.copy() for image in images[:3]]
    for frame in frames:
        frame.flags.writeable = False
    assert len(follow(create_tracker("fdeepstrcf/cf_vgg", weights=random_weights), frames, boxes[0])) == 2


def test_the_network_runs_once_a_frame(crossing, monkeypatch):
    sequence, images = crossing
    tracker = create_tracker("fdeepstrcf")
    tracker.init(images[0], sequence.boxes[0])
    run, seen = tracker._extractor._backbone.run, []

    def counted(samples, taps):
        seen.append(len(samples))
        return run(samples, taps)

    monkeypatch.setattr(tracker._extractor._backbone, "run", counted)
    tracker.update(images[1])
    assert seen == [1]


def test_a_moved_sample_is_like_one_cut_around_the_target(crossing):
    """Up to what the window shows of the border; the target itself is the same."""
    sequence, images = crossing
    tracker = create_tracker("fdeepstrcf")
    tracker.init(images[0], sequence.boxes[0])
    with torch.inference_mode():
        found = tracker._search(images[1])
        tracker._move(found)
        moved = tracker._at_target(images[1], found)
        cut = tracker._spectra(images[1], [tracker._scale])
    for one, other, block in zip(moved, cut, tracker._blocks, strict=True):
        a, b = (irfft2(x[0], s=(block.side, block.side)) for x in (one, other))
        middle = slice(block.side // 2 - block.side // 8, block.side // 2 + block.side // 8 + 1)
        a, b = a[:, middle, middle], b[:, middle, middle]
        assert (a * b).sum() > 0.9 * a.norm() * b.norm()
