"""How likely a box is right, from what speaks for it."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfvgg_plugin.filters.confidence import (
    Cues,
    ScoreSettings,
    compare_appearances,
    decide,
    first_appearance,
    log_odds,
    probability,
    smoothed,
)


def test_log_odds_are_the_weighted_witnesses():
    cues = Cues(recall=0.5, resemblance=0.8, presence=2.0, sharpness=20.0)
    settings = ScoreSettings(1.5, recall=2.0, resemblance=3.0, presence=-1.0, sharpness=0.5)
    expected = 1.5 + 2 * math.log(0.5) + 3 * 0.8 - math.log(2) + 0.5 * math.log(20)
    assert log_odds(cues, settings) == pytest.approx(expected)


def test_cues_that_are_missing_say_nothing():
    assert log_odds(Cues(sharpness=math.e), ScoreSettings(-1.0, sharpness=2.0)) == pytest.approx(1)


def test_a_probability_is_that_of_its_odds():
    assert probability(0.0) == 0.5
    assert probability(math.log(3)) == pytest.approx(0.75)
    assert probability(1e6) == 1
    assert probability(-1e6) == 0


def test_running_odds_go_a_step_towards_the_frame():
    settings = ScoreSettings(0.0, smoothing=0.25)
    assert smoothed(2.0, None, settings) == 2
    assert smoothed(2.0, -2.0, settings) == pytest.approx(-1)


def test_a_decision_by_hand():
    settings = ScoreSettings(0.0, recall=1.0, smoothing=0.5, lost_below=0.3, learn_above=0.4, hold_below=0.1)
    sure = decide(Cues(recall=9.0), None, settings)  # odds 9: 0.9
    assert (sure.score, sure.lost, sure.stays, sure.learns) == (pytest.approx(0.9), False, False, True)
    doubt = decide(Cues(recall=1 / 3), sure.running, settings)  # alone 0.25, running sqrt(9 / 3)
    assert doubt.score == pytest.approx(math.sqrt(3) / (1 + math.sqrt(3)))
    assert (doubt.lost, doubt.stays, doubt.learns) == (False, False, False)
    gone = decide(Cues(recall=0.0), sure.running, settings)
    assert gone.score == pytest.approx(1e-3, rel=0.01)
    assert (gone.lost, gone.stays, gone.learns) == (True, True, False)


@given(st.floats(0, 10), st.floats(-1, 1), st.floats(0, 10), st.floats(0, 1e3), st.none() | st.floats(-50, 50))
def test_scores_are_probabilities_and_what_is_held_is_lost(recall, resemblance, presence, sharpness, running):
    settings = ScoreSettings(1.0, 2.0, 2.0, 1.0, 0.5, lost_below=0.3, learn_above=0.2, hold_below=0.05)
    decision = decide(Cues(recall, resemblance, presence, sharpness), running, settings)
    assert 0 <= decision.score <= 1
    assert math.isfinite(decision.running)
    assert decision.lost or not decision.stays
    assert not (decision.stays and decision.learns)


def test_the_first_appearance_resembles_itself_and_a_stronger_one():
    maps = np.random.default_rng(0).normal(size=(3, 9, 9)).astype(np.float32)
    appearance = first_appearance(maps, (0.4, 0.3))
    assert (appearance.rows, appearance.columns) == (slice(2, 7), slice(3, 6))
    assert compare_appearances([maps], [appearance]) == (pytest.approx(1), pytest.approx(1))
    other = maps.copy()
    other[:, appearance.rows, appearance.columns] *= 3
    resemblance, presence = compare_appearances([other, maps], [appearance, appearance])
    assert presence == pytest.approx(math.sqrt(3))
    assert 0.9 < resemblance < 1


def test_what_is_around_the_target_is_not_looked_at():
    maps = np.random.default_rng(1).normal(size=(2, 9, 9)).astype(np.float32)
    appearance = first_appearance(maps, (0.4, 0.4))
    other = maps.copy()
    other[:, 0] = 100
    assert compare_appearances([other], [appearance])[0] == pytest.approx(1)


def test_flat_maps_resemble_nothing():
    flat = np.zeros((2, 5, 5), np.float32)
    assert compare_appearances([flat], [first_appearance(flat, (0.5, 0.5))])[0] == 0
    appearance = first_appearance(np.random.default_rng(2).normal(size=(2, 5, 5)).astype(np.float32), (0.5, 0.5))
    assert compare_appearances([flat], [appearance])[1] == pytest.approx(1e-3)
