"""Fitting what a score is made of."""

import dataclasses
import json

import numpy as np
import pytest
from click.testing import CliRunner

from cfvgg_plugin.datasets.clips import validation_clips
from cfvgg_plugin.filters.confidence import ScoreSettings, smoothed
from cfvgg_plugin.train.confidence import CUES, Frames, command, figures, fit, scores, smooth
from tests.forked import context


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60000, 4))
    odds = 0.5 + values @ np.array([1.0, -2.0, 0.0, 0.5])
    return Frames(values, rng.uniform(size=len(odds)) < 1 / (1 + np.exp(-odds)))


def test_the_weights_that_made_the_frames_are_found_again(drawn):
    found = dataclasses.astuple(fit(drawn))[:5]
    np.testing.assert_allclose(found, (0.5, 1.0, -2.0, 0.0, 0.5), atol=0.05)


def test_cues_that_are_left_out_have_no_weight(drawn):
    found = fit(drawn, ["resemblance"], 0.5)
    assert (found.recall, found.presence, found.sharpness, found.smoothing) == (0, 0, 0, 0.5)
    assert found.resemblance < -1


def test_a_constant_cue_gets_no_weight(drawn):
    values = drawn.cues.copy()
    values[:, 2] = 1
    assert fit(Frames(values, drawn.right)).presence == 0


def test_a_fitted_score_is_calibrated_and_separates(drawn):
    found = figures(drawn, fit(drawn))
    assert found["calibration_error"] < 0.01
    assert 0.85 < found["area"] < 0.95
    right = scores(drawn, fit(drawn))[drawn.right]
    assert (right < found["threshold_of_5_percent"]).mean() == pytest.approx(0.05, abs=1e-3)


def test_figures_by_hand():
    frames = Frames(np.array([[2.0, 0, 0, 0], [2.0, 0, 0, 0], [-2.0, 0, 0, 0]]), np.array([True, False, False]))
    found = figures(frames, ScoreSettings(0.0, recall=1.0))
    high, low = 1 / (1 + np.exp(-2)), 1 / (1 + np.exp(2))
    assert found["calibration_error"] == pytest.approx((abs(2 * high - 1) + low) / 3)
    assert found["area"] == pytest.approx(0.75)
    assert found["wrong_below_it"] == 0.5


def test_smoothing_is_that_of_the_trackers():
    values = np.random.default_rng(1).normal(size=(6, len(CUES)))
    settings, running = ScoreSettings(0.0, smoothing=0.3), None
    for row, expected in zip(values, smooth(values, 0.3), strict=True):
        running = smoothed(float(row[0]), running, settings)
        assert running == pytest.approx(expected[0])


def test_the_command_fits_on_clips(shared, tmp_path, monkeypatch):
    forked = context()
    monkeypatch.setattr("cfvgg_plugin.train.confidence.get_context", lambda _: forked)
    clips = shared("data/train/clips")
    held_out = validation_clips()
    videos = sorted(clips.glob("davis_*.mp4"))
    for kind in (True, False):
        for video in [v for v in videos if (v.stem in held_out) == kind][:2]:
            for file in clips.glob(f"{video.stem}.*"):
                (tmp_path / file.name).symlink_to(file)
    result = CliRunner().invoke(command, ["--root", str(tmp_path), "--tracker", "fkcf/grey", "--cue", "sharpness"])
    assert result.exit_code == 0, result.output
    line = json.loads(result.stdout)
    assert line["score"]["recall"] == 0
    assert line["training"]["frames"] > 100
    assert line["validation"]["frames"] > 100
