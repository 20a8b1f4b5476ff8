import dataclasses

import cv2
import numpy as np
import pytest
import torch

from cfvgg_plugin import FrameError, InputError, create_tracker, load_settings
from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.boxes import read_boxes
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.networks import VGGM, Weights
from cfvgg_plugin.parameters.feco.settings import AugmentationSettings, DeepFilterSettings
from cfvgg_plugin.system.machine import set_threads
from cfvgg_plugin.trackers.feco.feco import disturbed
from cfvgg_plugin.trackers.feco.translation import TranslationModel, extract, fit_models, respond
from cfvgg_plugin.video.frames import read_image

SETTINGS = ["feco/default", "feco/cf_vgg", "feco/hand_crafted", "feco/vot", "feco/hand_crafted_vot", "feco/augmented"]


def follow(tracker, images, box):
    tracker.init(images[0], box)
    return [tracker.update(image) for image in images[1:]]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_moving_target_is_followed(name, random_weights, blob):
    images, boxes = blob
    results = follow(create_tracker(name, weights=random_weights), images[:15], boxes[0])
    assert overlaps([r.box for r in results], boxes[1:15]).min() > 0.6
    assert all(0 <= r.score <= 1 for r in results)


def test_runs_are_identical_and_threads_do_not_matter(random_weights, blob):
    images, boxes = blob
    tracker = create_tracker("feco", weights=random_weights)
    first = follow(tracker, images[:12], boxes[0])
    assert follow(tracker, images[:12], boxes[0]) == first
    set_threads(2)
    try:
        second = follow(create_tracker("feco", weights=random_weights), images[:12], boxes[0])
    finally:
        set_threads(1)
    np.testing.assert_allclose([r.box for r in second], [r.box for r in first], atol=1e-3)


@pytest.mark.parametrize("name", ["feco/cf_vgg", "feco/hand_crafted"])
def test_a_grey_video_gives_the_boxes_of_its_colour_copy(name, random_weights, blob):
    images, boxes = blob
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in images[:8]]
    one = follow(create_tracker(name, weights=random_weights), grey, boxes[0])
    three = follow(create_tracker(name, weights=random_weights), [np.dstack([g] * 3) for g in grey], boxes[0])
    assert one == three


def test_scale_is_followed(random_weights):
    rng = np.random.default_rng(1)
    texture = np.kron(rng.integers(0, 255, (8, 8, 3), dtype=np.uint8), np.ones((5, 5, 1), np.uint8))
    ground = rng.integers(90, 130, (240, 320, 3), dtype=np.uint8)
    images, boxes = [], []
    for t in range(20):
        side = round(40 * 1.02**t)
        image = ground.copy()
        x, y = 140 - side // 2, 120 - side // 2
        image[y : y + side, x : x + side] = cv2.resize(texture, (side, side), interpolation=cv2.INTER_LINEAR)
        images.append(image)
        boxes.append((x, y, side, side))
    for name in ("feco/cf_vgg", "feco/hand_crafted", "feco/vot"):
        results = follow(create_tracker(name, weights=random_weights), images, boxes[0])
        assert results[-1].box.w == pytest.approx(boxes[-1][2], rel=0.12), name
        assert overlaps([r.box for r in results], boxes[1:]).min() > 0.7, name


@pytest.mark.parametrize("name", ["feco/cf_vgg", "feco/hand_crafted"])
@pytest.mark.parametrize(
    "box",
    [(10, 10, 1, 1), (80, 60, 4, 4), (0, 0, 160, 120), (-50, -40, 300, 300), (5, 60, 150, 2), (158, 118, 40, 40)],
)
def test_extreme_targets_are_tracked_without_failing(name, box, random_weights, blob):
    images, _ = blob
    for result in follow(create_tracker(name, weights=random_weights), images[:4], box):
        assert np.isfinite(result.box).all() and np.isfinite(result.score)
        assert result.box.w > 0 and result.box.h > 0


def test_flat_images_do_no_harm(random_weights):
    flat = [np.full((60, 80, 3), 128, np.uint8)] * 3
    for name in ("feco/cf_vgg", "feco/hand_crafted"):
        for result in follow(create_tracker(name, weights=random_weights), flat, (20, 20, 16, 16)):
            assert np.isfinite(result.box).all() and 0 <= result.score <= 1


def test_a_target_that_leaves_is_lost_and_another_size_is_an_error(blob):
    images, boxes = blob
    tracker = create_tracker("feco/hand_crafted")
    seen = follow(tracker, images[:8], boxes[0])[-1]
    rng = np.random.default_rng(9)
    gone = [tracker.update(rng.integers(60, 130, images[0].shape, dtype=np.uint8)) for _ in range(3)]
    assert not seen.lost
    assert all(r.score < seen.score for r in gone) and gone[-1].lost
    with pytest.raises(FrameError, match="stream"):
        tracker.update(images[0][:50])


def test_the_memory_is_bounded(random_weights, blob):
    images, boxes = blob
    settings = dataclasses.replace(load_settings("feco"), capacity=4)
    tracker = create_tracker("feco", weights=random_weights, settings=settings)
    results = follow(tracker, images[:14], boxes[0])
    assert overlaps([r.box for r in results], boxes[1:14]).min() > 0.5


@pytest.fixture(scope="module")
def crossing(shared):
    sequence = load_otb(shared("data/otb"), ["Crossing"])[0]
    return [read_image(path) for path in sequence.frames[:14]], sequence.boxes[0]


def test_first_and_second_frame_are_those_of_the_authors(golden, student, crossing):
    one, two = golden("feco_crossing_f1"), golden("feco_crossing_f2")
    images, box = crossing
    tracker = create_tracker("feco/cf_vgg", weights=student)
    tracker.init(images[0], box)
    maps = tracker._window.extractor.extract(images[0], (212, 175), [one["currentScaleFactor"].item()])
    for got, name in zip(maps, ("raw_cnn1", "raw_cnn2", "raw_fhog"), strict=True):
        expected = one[name].transpose(2, 0, 1)
        assert np.linalg.norm(got[0].numpy() - expected) < 1e-3 * np.linalg.norm(expected)
    (model,) = tracker._models
    for b, (got, projection) in enumerate(zip(model._blocks, model._projections, strict=True), 1):
        theirs = torch.from_numpy(np.ascontiguousarray(one[f"hf{b}"][::-1, ::-1].conj().transpose(2, 0, 1)))
        # the signs of principal components are arbitrary: compare the filters on the unprojected channels
        mine = projection.to(torch.complex64) @ got.reshape(len(got), -1)
        expected = torch.from_numpy(one[f"P{b}"]).to(torch.complex64) @ theirs.reshape(len(theirs), -1)
        assert torch.linalg.norm(mine - expected) < 5e-3 * torch.linalg.norm(expected)
    result = tracker.update(images[1])
    x, y = result.box.centre
    np.testing.assert_allclose((y + 1, x + 1), two["pos"].ravel(), atol=2e-3)
    assert tracker._scale == pytest.approx(two["currentScaleFactor"].item(), abs=2e-4)
    np.testing.assert_allclose(model._memory.gram[:2, :2], two["gram_matrix"][:2, :2], rtol=1e-3)
    np.testing.assert_allclose(model._memory.prior[:2], two["prior_weights"][:2, 0], rtol=1e-5)


def test_boxes_of_crossing_are_those_of_the_authors(student, crossing, shared):
    """Within a pixel until rounding noise first decides a tie of the scale filter (frame 14)."""
    images, box = crossing
    published = read_boxes(shared("reference/results/authors-fECO/Crossing.txt"))[1:14] - [1, 1, 0, 0]
    results = follow(create_tracker("feco/cf_vgg", weights=student), images, box)
    np.testing.assert_allclose([r.box for r in results], published, atol=1.01)


@pytest.mark.parametrize(("name", "least"), [("feco/cf_vgg", 0.7), ("feco/hand_crafted", 0.7)])
def test_real_frames(name, least, shared, student):
    sequence = load_otb(shared("data/otb"), ["Deer"])[0]
    images = [read_image(path) for path in sequence.frames[:40]]
    results = follow(create_tracker(name, weights=student), images, sequence.boxes[0])
    assert overlaps([r.box for r in results], sequence.boxes[1:40]).mean() > least


def test_uncompressed_networks(blob, shared):
    """VGG-M's widths (random weights; the original is not at hand) and ResNet-18 as ONNX, two frames each."""
    images, boxes = blob
    torch.manual_seed(0)
    vgg_m = Weights(VGGM(1).eval(), np.full(3, 115, np.float32))
    assert overlaps(follow(create_tracker("feco/vgg_m", weights=vgg_m), images[:2], boxes[0])[0].box, boxes[1])[0] > 0.6
    pytest.importorskip("onnxruntime")
    teacher = create_tracker("feco/teacher", weights=shared("teachers/resnet18.onnx"))
    assert overlaps(follow(teacher, images[:2], boxes[0])[0].box, boxes[1])[0] > 0.6


@pytest.fixture
def separate():
    """feco/cf_vgg with a filter of its own for conv5."""
    settings = load_settings("feco/cf_vgg")
    first, deep, hog = settings.blocks
    blocks = (first, dataclasses.replace(deep, deep=True), hog)
    return dataclasses.replace(settings, blocks=blocks, deep=DeepFilterSettings(weight=0.7))


def test_scores_of_separate_filters_add_up(separate, random_weights, blob):
    """Sampled cell by cell: 0.3 of the score of conv1 and HOG alone, and 0.7 of conv5's alone under its settings."""
    images, boxes = blob
    both = create_tracker("feco", weights=random_weights, settings=separate)
    follow(both, images[:8], boxes[0])  # the filters have been trained since the first frame
    samples = both._sample
    spectra = respond(both._models, [x[None] for x in samples])
    score = torch.fft.irfft2(spectra[0], s=(spectra.shape[-2],) * 2)
    expected = torch.zeros_like(score)
    for model, members, weight in zip(both._models, ([0, 2], [1]), (0.3, 0.7), strict=True):
        for x, h in zip((samples[i] for i in members), model._blocks, strict=True):
            product = (x * h).sum(0)
            rows = torch.arange(product.shape[0]) - product.shape[0] // 2
            columns = torch.arange(product.shape[1])
            cells = torch.arange(len(score)) / len(score) * 2 * np.pi
            waves = torch.exp(1j * torch.outer(cells, rows)), torch.exp(1j * torch.outer(columns, cells))
            twice = torch.where(columns == 0, 1.0, 2.0)[:, None]  # the other half of the spectrum
            expected += weight * (waves[0] @ product @ (twice * waves[1])).real.float()
    assert torch.linalg.norm(score - expected) < 1e-4 * torch.linalg.norm(expected)
    shallow, deep = both._models
    assert deep.sigma / deep.size == pytest.approx(3 * shallow.sigma / shallow.size)  # 1/4 and 1/12 of the target


def test_a_separate_filter_is_the_one_that_its_blocks_get_alone(separate, random_weights, blob):
    images, boxes = blob
    both = create_tracker("feco", weights=random_weights, settings=separate)
    results = follow(both, images[:10], boxes[0])
    assert overlaps([r.box for r in results], boxes[1:10]).min() > 0.6
    both.init(images[0], boxes[0])
    maps = both._window.extractor.extract(images[0], (0, 0), [both._scale])

    place = both._support, both._window.target[::-1], (0.01, 0.02)
    models = fit_models(maps, separate.blocks, *place, separate)
    own = dataclasses.asdict(separate.deep)
    del own["weight"]
    alone = TranslationModel(maps, separate.blocks, [1], *place, dataclasses.replace(separate, **own))
    np.testing.assert_array_equal(models[1]._filter, alone._filter)
    later = [x[0] for x in extract(models, both._window.extractor.extract(images[1], (3, 4), [both._scale]))]
    for model in (*models, alone):
        model.learn(later)
    np.testing.assert_array_equal(models[1]._memory.prior, alone._memory.prior)


def test_separate_filters_need_both_kinds_of_blocks(separate, random_weights, blob):
    images, boxes = blob
    settings = dataclasses.replace(separate, blocks=load_settings("feco/cf_vgg").blocks)
    with pytest.raises(InputError, match="both kinds"):
        create_tracker("feco", weights=random_weights, settings=settings).init(images[0], boxes[0])


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"rotations": (), "mirrored": False, "blurs": ()}, "give None"), ({"share": 1.0}, "share 1: above 0")],
)
def test_copies_that_cannot_be_learned_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        AugmentationSettings(**changes)


def test_copies_of_the_first_frame_keep_the_target_in_place():
    image = np.zeros((90, 120), np.uint8)
    image[38:43, 60:81] = 200  # a bar to the right of (60, 40)
    settings = AugmentationSettings(rotations=(90,), mirrored=True, blurs=((3, 0.2),))
    turned, mirrored, blurred = disturbed(image, (60.0, 40.0), 2.0, settings)
    assert (turned[20:40, 60] > 100).all() and not turned[45:, 60].any()  # counter-clockwise: the bar points up
    np.testing.assert_array_equal(mirrored[:, 60:40:-1], image[:, 60:80])
    edge = blurred[40].astype(float)
    assert np.diff(edge[54:67]).max() == pytest.approx(200 / (6 * np.sqrt(2 * np.pi)), rel=0.08)  # sigma 3 * 2 pixels
    assert [c.shape for c in disturbed(np.dstack([image] * 3), (60.0, 40.0), 1.0, settings)] == [(90, 120, 3)] * 3


@pytest.mark.parametrize("apart", [False, True])
def test_copies_share_the_memory_with_the_first_frame(apart, separate, random_weights, blob):
    images, boxes = blob
    settings = separate if apart else load_settings("feco/cf_vgg")
    settings = dataclasses.replace(settings, augmentation=AugmentationSettings(share=0.6))
    tracker = create_tracker("feco", weights=random_weights, settings=settings)
    tracker.init(images[0], boxes[0])
    assert len(tracker._models) == 1 + apart
    for model in tracker._models:
        np.testing.assert_allclose(model._memory.weights[:10], [0.4] + [0.6 / 9] * 9, rtol=1e-5)
        assert not model._memory.weights[10:].any()
    results = [tracker.update(image) for image in images[1:10]]
    assert overlaps([r.box for r in results], boxes[1:10]).min() > 0.6


def test_a_turned_target_is_known_from_a_copy(random_weights, blob):
    """The score of the first frame turned by 20 degrees, without and with a copy that shows it."""
    images, boxes = blob
    peaks = []
    for name in ("feco/default", "feco/augmented"):
        tracker = create_tracker(name, weights=random_weights)
        tracker.init(images[0], boxes[0])
        turned = disturbed(images[0], tracker._position, 1.0, AugmentationSettings(rotations=(20,)))[0]
        maps = tracker._window.extract(turned, tracker._position, [tracker._scale])
        spectra = respond(tracker._models, extract(tracker._models, maps))
        peaks.append(float(torch.fft.irfft2(spectra[0], s=(spectra.shape[-2],) * 2).max()))
    assert peaks[1] > 1.2 * peaks[0]
