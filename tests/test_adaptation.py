"""Tuning the student on the first frame."""

import dataclasses

import numpy as np
import pytest
import torch

from cfvgg_plugin import adaptation
from cfvgg_plugin.adaptation import AdaptationSettings, adapt, negative_patches, positive_patches
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import TorchBackbone
from cfvgg_plugin.registry import create_tracker, load_settings

QUICK = AdaptationSettings(iterations=3, samples=4, size=64)


def test_loss_falls_and_the_given_weights_stay_untouched(random_weights, blob, monkeypatch):
    images, boxes = blob
    seen = []
    loss = adaptation._loss
    monkeypatch.setattr(adaptation, "_loss", lambda *args: seen.append(loss(*args)) or seen[-1])
    before = random_weights.sha256
    settings = AdaptationSettings(iterations=12, samples=8, size=64, light=0, blur=0, learning_rate=1e-2)
    backbone = TorchBackbone(random_weights)
    changed = adapt(backbone, images[0], Box(*boxes[0]), settings)
    assert np.mean([value.item() for value in seen[-3:]]) < np.mean([value.item() for value in seen[:3]])
    assert random_weights.sha256 == before == backbone.sha256 != changed.sha256
    assert not any(p.requires_grad for p in changed.weights.network.parameters())


def test_same_seed_same_network(random_weights, blob):
    images, boxes = blob
    one, same, other = (
        adapt(TorchBackbone(random_weights), images[0], Box(*boxes[0]), dataclasses.replace(QUICK, seed=seed)).sha256
        for seed in (0, 0, 1)
    )
    assert one == same != other


def test_positives_show_the_target_where_they_say():
    image = np.zeros((120, 160, 3), np.uint8)
    image[50:60, 70:80] = 255
    box = Box(70, 50, 10, 10)
    settings = AdaptationSettings(size=96, light=0, blur=0, samples=40)
    patches, shifts = positive_patches(image, box, settings, np.random.default_rng(0))
    assert len(patches) == 20
    for patch, shift in zip(patches, shifts, strict=True):
        ys, xs = np.nonzero(patch[:, :, 0] > 127)
        found = (np.array([xs.mean(), ys.mean()]) - 47.5) / 96
        assert np.abs(found - shift).max() < 0.01


def test_negatives_show_nothing_of_the_target():
    image = np.zeros((240, 320, 3), np.uint8)
    image[100:110, 150:160] = 255
    patches = negative_patches(image, Box(150, 100, 10, 10), AdaptationSettings(size=64), np.random.default_rng(0))
    assert len(patches) == 16
    assert max(patch.max() for patch in patches) == 0


def test_target_that_fills_the_frame_is_adapted_to_without_negatives(random_weights, blob):
    image = blob[0][0]
    box = Box(0, 0, 160, 120)
    assert negative_patches(image, box, QUICK, np.random.default_rng(0)) == []
    assert adapt(TorchBackbone(random_weights), image, box, QUICK).sha256 != random_weights.sha256


@pytest.mark.parametrize("name", ["feco/adaptive", "fdeepstrcf/adaptive"])
def test_trackers_adapt_anew_at_every_start(name, random_weights, blob):
    images, boxes = blob
    settings = dataclasses.replace(load_settings(name), adaptation=QUICK)
    tracker = create_tracker(name, weights=random_weights, settings=settings)
    runs = []
    for start in (0, 6, 0):
        tracker.init(images[start], boxes[start])
        runs.append([tracker.update(images[start + 1]), tracker.update(images[start + 2])])
    assert runs[0] == runs[2]


def test_grey_video_is_adapted_to(random_weights, blob):
    images, boxes = blob
    settings = dataclasses.replace(load_settings("feco/adaptive"), adaptation=QUICK)
    tracker = create_tracker("feco/adaptive", weights=random_weights, settings=settings)
    tracker.init(images[0][:, :, 0], boxes[0])
    assert np.isfinite(tracker.update(images[1][:, :, 0]).box).all()


def test_network_that_cannot_be_trained_is_refused(blob, random_weights):
    class Other:
        backend = "onnx"

    with pytest.raises(InputError, match="adaptation needs a student that torch runs"):
        adapt(Other(), blob[0][0], Box(*blob[1][0]), QUICK)  # type: ignore[arg-type]


def test_tracking_stays_under_inference_mode_afterwards(random_weights, blob):
    changed = adapt(TorchBackbone(random_weights), blob[0][0], Box(*blob[1][0]), QUICK)
    maps = changed.run(blob[0][0][None, :64, :64], ("conv5",))["conv5"]
    assert not maps.requires_grad and torch.isfinite(maps).all()
