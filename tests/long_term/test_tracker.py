"""The tracker that finds its target again."""

import dataclasses

import numpy as np
import pytest

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.long_term.settings import LongTermSettings
from cfvgg_plugin.registry import create_tracker, load_settings
from tests.long_term.conftest import AWAY


def run(name, images, box, **changes):
    settings = dataclasses.replace(load_settings(name), **changes)
    tracker = create_tracker(name, settings=settings)
    tracker.init(images[0], box)
    return tracker, [tracker.update(image) for image in images[1:]]


@pytest.mark.parametrize("name", ["feco/long_term", "fdeepstrcf/long_term"])
def test_it_says_lost_and_finds_the_target_at_another_place(name, away):
    images, boxes = away
    tracker, results = run(name, images, boxes[0])
    _, plain = run(name.split("/")[0], images, boxes[0])
    first = next(i for i, result in enumerate(results) if result.lost)
    assert results[:first] == plain[:first] and results[first].box == plain[first].box  # to the bit, until it is lost
    gone = results[AWAY.start : AWAY.stop - 1]
    assert np.mean([result.lost for result in gone]) > 0.75  # the score takes two frames to fall
    assert all(result.score < tracker.settings.score.lost_below for result in results if result.lost)
    back = [i for i in range(AWAY.stop - 1, 39) if not results[i].lost]
    assert back and back[0] <= AWAY.stop + 9
    assert overlaps(results[-1].box, boxes[-1])[0] > 0.6 and overlaps(plain[-1].box, boxes[-1])[0] < 0.3
    again, repeated = run(name, images, boxes[0])
    assert repeated == results
    again.init(images[0], boxes[0])  # afterwards nothing is left of the first video
    assert [again.update(image) for image in images[1:10]] == results[:9]


def test_nothing_is_learned_while_lost(away, monkeypatch):
    images, boxes = away
    tracker = create_tracker("feco/long_term")
    tracker.init(images[0], boxes[0])
    learned: list[int] = []
    learn, frame = tracker.short._models[0].learn, 0
    monkeypatch.setattr(tracker.short._models[0], "learn", lambda *args: learned.append(frame) or learn(*args))
    states = [False]
    while frame < 30:
        frame += 1
        states.append(tracker.update(images[frame]).lost)
    lost = {number for number in range(2, 31) if states[number - 1] and states[number]}
    assert lost and not lost & set(learned)


def test_without_a_network_it_compares_fhog(away):
    images, boxes = away
    own = LongTermSettings(tap=None)
    settings = dataclasses.replace(load_settings("feco/hand_crafted"), long_term=own)
    assert not settings.needs_network
    _, results = run("feco/hand_crafted", images, boxes[0], long_term=own)
    assert overlaps(results[-1].box, boxes[-1])[0] > 0.6
    assert dataclasses.replace(settings, long_term=LongTermSettings()).needs_network


@pytest.mark.parametrize("name", ["feco/long_term", "fdeepstrcf/long_term"])
def test_grey_video_and_a_target_as_large_as_the_frame(name, away):
    images, _ = away
    grey = [image[:, :, 0] for image in images[:20:4]]
    _, results = run(name, [*grey, np.zeros_like(grey[0]), np.zeros_like(grey[0]), grey[0]], (2, 2, 230, 170))
    assert np.isfinite([result.box for result in results]).all()


def test_probe_learns_nothing_and_needs_a_place_to_be_set(away):
    images, boxes = away
    tracker = create_tracker("feco")
    tracker.init(images[0], boxes[0])
    for image in images[1:6]:
        tracker.update(image)
    right, wrong = tracker.probe(images[6], boxes[6] + [5, -4, 0, 0]), tracker.probe(images[6], (150, 110, 24, 24))
    assert overlaps(right.box, boxes[6])[0] > 0.7 and right.score > wrong.score
    assert tracker.probe(images[6], boxes[6] + [5, -4, 0, 0]) == right
    other = create_tracker("fkcf/grey")
    other.init(images[0], boxes[0])
    with pytest.raises(InputError, match="cannot be guided"):
        other.probe(images[1], boxes[1])
