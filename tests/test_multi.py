"""Several targets at once: the boxes of lone trackers, and what is no target."""

import numpy as np
import pytest

from cfvgg_plugin import FrameError, InputError, MultiTracker, create_tracker
from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.layouts import load_otb

COUPLE = (51.0, 47.0, 25.0, 62.0)
"""Of the first frame of Couple, as its ground truth has it; the others are made of it."""
TARGETS = {"woman": COUPLE, 7: (60.0, 40.0, 40.0, 30.0), 2: (150.0, 60.0, 24.0, 24.0)}


@pytest.fixture(scope="module")
def couple(shared):
    (sequence,) = load_otb(shared("data/otb"), ["Couple"])
    return [image for image, _ in zip(read_frames(sequence), range(25), strict=False)]


@pytest.mark.parametrize("name", ["feco", "fdeepstrcf", "fkcf"])
@pytest.mark.parametrize("threads", [1, 3])
def test_boxes_are_those_of_lone_trackers(couple, name, threads):
    multi = MultiTracker(name, threads=threads)
    alone = {}
    for number, image in enumerate(couple):
        assert multi.update(image) == {target: tracker.update(image) for target, tracker in alone.items()}
        if number % 5 == 0 and number // 5 < len(TARGETS):  # they come one after the other
            target, box = list(TARGETS.items())[number // 5]
            multi.add(target, image, box)
            alone[target] = create_tracker(name)
            alone[target].init(image, box)
        if number == 15:
            multi.remove(7)
            del alone[7]
    assert multi.ids == ("woman", 2)


def test_targets_of_a_grey_stream_and_of_a_colour_one(blob):
    images, boxes = blob
    grey = images[0][:, :, 0]
    multi = MultiTracker("fkcf/hog")
    multi.add("grey", grey, boxes[0])
    multi.add("colour", images[0], boxes[0])
    alone = {"grey": create_tracker("fkcf/hog"), "colour": create_tracker("fkcf/hog")}
    alone["grey"].init(grey, boxes[0])
    alone["colour"].init(images[0], boxes[0])
    for image in (*images[1:6], images[6][:, :, 1]):
        assert multi.update(image) == {target: tracker.update(image) for target, tracker in alone.items()}


@pytest.mark.parametrize("name", ["feco/hand_crafted", "fdeepstrcf/hand_crafted", "fkcf/hog", "feco/long_term"])
def test_a_detectors_box_brings_a_target_back(blob, name):
    images, boxes = blob
    blank = np.full_like(images[0], 90)
    multi = MultiTracker(name)
    multi.add(1, images[0], boxes[0])
    for image in (*images[1:5], *[blank] * 6):
        result = multi.update(image)[1]
    multi.correct(1, boxes[20])
    result = multi.update(images[21])[1]
    assert overlaps(result.box, boxes[21])[0] > 0.6
    assert not result.lost


def test_the_last_box_corrects_nothing(blob):
    images, boxes = blob
    one, other = create_tracker("feco/hand_crafted"), create_tracker("feco/hand_crafted")
    one.init(images[0], boxes[0])
    other.init(images[0], boxes[0])
    for image in images[1:10]:
        found, corrected = one.update(image), other.update(image)
        np.testing.assert_allclose(corrected.box, found.box, atol=1e-3)
        other.correct(corrected.box)


def test_a_correction_takes_over_the_size(blob):
    images, boxes = blob
    tracker = create_tracker("fdeepstrcf/hand_crafted")
    tracker.init(images[0], boxes[0])
    for image in images[1:4]:
        tracker.update(image)
    x, y, w, h = boxes[3]
    tracker.correct((x - 6, y - 6, w + 12, h + 12))
    assert tracker.update(images[4]).box.w == pytest.approx(36, abs=1.5)


def test_what_is_no_target(blob):
    images, boxes = blob
    multi = MultiTracker("fkcf/grey")
    assert multi.update(images[0]) == {}
    multi.add(1, images[0], boxes[0])
    wrong = [
        (lambda: multi.add(1, images[1], boxes[1]), "target 1: is followed already"),
        (lambda: multi.add(True, images[1], boxes[1]), "expected an int or a str"),
        (lambda: multi.add(2.5, images[1], boxes[1]), "expected an int or a str"),
        (lambda: multi.add("b", images[1], (0, 0, 0, 9)), "width and height"),
        (lambda: multi.remove("b"), r"target 'b': is not followed \(targets: 1\)"),
        (lambda: multi.correct("b", boxes[0]), "is not followed"),
        (lambda: multi.correct(1, (500, 0, 9, 9)), "outside the frame of 160x120"),
        (lambda: multi.correct(1, (np.nan, 0, 9, 9)), "finite"),
        (lambda: multi.update(images[0].astype(float)), "image of float64"),
        (lambda: multi.add(np.bool_(True), images[1], boxes[1]), "expected an int or a str"),
        (lambda: multi.remove(True), "expected an int or a str"),  # though it is equal to 1
        (lambda: multi.remove([1]), "expected an int or a str"),
        (lambda: multi.correct(1.0, boxes[0]), "expected an int or a str"),
        (lambda: MultiTracker("fkcf/grey", threads=0), "threads 0"),
        (lambda: MultiTracker("fkcf/grey", threads=1.5), "threads 1.5: a whole number"),
        (lambda: MultiTracker("fkcf/grey", threads=None), "threads None: a whole number"),
        (lambda: MultiTracker("fkfc"), "did you mean"),
        (lambda: create_tracker("fkcf/grey").correct(boxes[0]), "was not started"),
    ]
    for call, text in wrong:
        with pytest.raises(InputError, match=text) as caught:
            call()
        assert "\n" not in str(caught.value)
    for call in (lambda: multi.add("b", images[0][:50], (1, 1, 9, 9)), lambda: multi.update(images[0][:50])):
        with pytest.raises(FrameError, match="50 pixels in a stream of 160x120"):
            call()
    assert multi.ids == (1,)
    multi.remove(1)
    with pytest.raises(InputError, match=r"targets: none"):
        multi.remove(1)
    multi.add(1, images[0][:80], boxes[0])  # nothing is left of the stream of before


def test_whole_numbers_of_arrays_are_ids(blob):
    images, boxes = blob
    multi = MultiTracker("fkcf/grey")
    for target in np.arange(2):
        multi.add(target, images[0], boxes[0])
    assert multi.ids == (0, 1) and all(type(target) is int for target in multi.update(images[1]))
    multi.correct(np.int32(1), boxes[1])
    multi.remove(np.uint8(1))
    assert multi.ids == (0,)


def test_an_opencv_tracker_cannot_be_corrected(blob):
    images, boxes = blob
    try:
        multi = MultiTracker("opencv/kcf")
    except InputError as error:
        pytest.skip(str(error))
    multi.add(1, images[0], boxes[0])
    multi.update(images[1])
    with pytest.raises(InputError, match="cannot be guided"):
        multi.correct(1, boxes[1])
