"""Flash, fade, a covered lens, a dropped exposure: the trackers wait, say so, and go on."""

import numpy as np
import pytest

from cfvgg_plugin import create_tracker
from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.video.frames import read_image

GAP, BEFORE, AFTER = 5, 12, 10
TRACKERS = ("feco", "fdeepstrcf", "feco/hand_crafted", "fdeepstrcf/hand_crafted", "fkcf/hog")


def flat_frames(kind: str, like: np.ndarray) -> list[np.ndarray]:
    if kind == "noise":
        rng = np.random.default_rng(0)
        return [rng.integers(0, 256, like.shape, np.uint8) for _ in range(GAP)]
    return [np.full_like(like, {"black": 0, "white": 255}[kind])] * GAP


@pytest.fixture(scope="module", params=["Crossing", "David"])
def sequence(request, shared):
    found = next(s for s in load_otb(shared("data/otb")) if s.name == request.param)
    return [read_image(f) for f in found.frames[: BEFORE + AFTER]], found.boxes


CASES = [(name, kind) for name in TRACKERS for kind in ("black", "white")] + [(n, "noise") for n in TRACKERS[:2]]


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_gap_is_told_and_the_target_is_there_after_it(name, kind, sequence):
    images, boxes = sequence
    tracker = create_tracker(name)
    tracker.init(images[0], boxes[0])
    for image in images[1:BEFORE]:
        last = tracker.update(image)
    during = [tracker.update(image) for image in flat_frames(kind, images[0])]
    assert all(result.lost for result in during)
    if kind != "noise":
        assert all(result.box == last.box for result in during)
    after = [tracker.update(image) for image in images[BEFORE:]]
    found = overlaps([r.box for r in after], boxes[BEFORE : BEFORE + AFTER])
    assert any(overlap > 0.5 and not r.lost for overlap, r in zip(found, after, strict=True))
    assert found[-1] > 0.5


@pytest.mark.parametrize("name", ["feco", "fdeepstrcf"])
def test_nothing_is_learned_from_what_is_no_target(name, sequence):
    images, boxes = sequence
    once, twice = create_tracker(name), create_tracker(name)
    for tracker in (once, twice):
        tracker.init(images[0], boxes[0])
        for image in images[1:BEFORE]:
            tracker.update(image)
    for image in flat_frames("black", images[0]):
        twice.update(image)
    assert twice.update(images[BEFORE]).box == once.update(images[BEFORE]).box
