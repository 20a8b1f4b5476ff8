"""The paired bootstrap beside mathematics: the normal interval, and how often it covers the truth."""

import numpy as np
import pytest

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.compare import compare, format_comparison
from cfvgg_plugin.evaluation.results import SequenceResult, TrackerResult
from cfvgg_plugin.evaluation.score import Score


def tracker(name: str, values: dict[str, float]) -> TrackerResult:
    none = np.zeros(0)
    scores = {key: Score(value, value, value, 10, none, none, none) for key, value in values.items()}
    return TrackerResult(name, tuple(SequenceResult(key, score) for key, score in scores.items()))


def numbered(values: np.ndarray) -> dict[str, float]:
    return {str(i): float(value) for i, value in enumerate(values)}


def test_interval_is_the_normal_one_for_many_sequences():
    rng = np.random.default_rng(0)
    first, second = rng.uniform(0, 1, (2, 400))
    found = compare(tracker("A", numbered(first)), tracker("B", numbered(second)))
    difference = first - second
    half = 1.96 * difference.std() / 400**0.5
    assert found.mean == pytest.approx(difference.mean())
    assert found.low == pytest.approx(difference.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(difference.mean() + half, abs=0.1 * half)


def test_pairs_matter():
    values = np.linspace(0, 0.9, 10)
    found = compare(tracker("A", numbered(values + 0.01)), tracker("B", numbered(values)))
    assert found.verdict == "better" and found.wins == (10, 0, 0)  # unpaired, the spread of 0.3 would hide it
    assert found.low == pytest.approx(0.01) and found.high == pytest.approx(0.01)
    assert compare(tracker("A", numbered(values)), tracker("B", numbered(values + 0.01))).verdict == "worse"


def test_the_smallest_difference_is_seen_four_times_in_five():
    rng = np.random.default_rng(2)
    spread, count = 0.2, 40
    smallest = compare(
        tracker("A", numbered(rng.normal(0, spread, count))), tracker("B", numbered(np.zeros(count)))
    ).smallest
    assert smallest == pytest.approx(2.8 * spread / count**0.5, rel=0.3)
    differences = rng.normal(2.8 * spread / count**0.5, spread, (300, count))
    seen = [compare(tracker("A", numbered(d)), tracker("B", numbered(0 * d)), draws=300).clear for d in differences]
    assert 0.7 < np.mean(seen) < 0.9


def test_one_sequence_tells_nothing_of_others():
    found = compare(tracker("A", {"x": 0.9}), tracker("B", {"x": 0.1}))
    assert found.verdict == "cannot tell" and found.low is found.smallest is None
    assert "verdict: cannot tell A from B" in format_comparison(found)
    few, enough = (
        compare(tracker("A", numbered(np.full(n, 0.9))), tracker("B", numbered(np.full(n, 0.1)))) for n in (5, 6)
    )
    assert (few.verdict, enough.verdict) == ("cannot tell", "better")


def test_noise_is_rarely_called_clear():
    rng = np.random.default_rng(1)
    pairs = rng.uniform(0, 1, (200, 2, 30))
    clear = [compare(tracker("A", numbered(a)), tracker("B", numbered(b)), draws=500).clear for a, b in pairs]
    assert 0.01 < np.mean(clear) < 0.12  # five per cent are meant


def test_wins_ties_and_sequences_of_one_alone():
    found = compare(tracker("A", {"x": 0.5, "y": 0.4, "z": 0.3}), tracker("B", {"x": 0.2, "y": 0.4, "w": 0.9}))
    assert found.wins == (1, 0, 1) and found.left_out == ("w", "z") and found.differences.keys() == {"x", "y"}
    text = format_comparison(found)
    assert "A wins 1, B wins 0, 1 tied" in text and "left out" in text and "w, z" in text
    assert text.index("+0.3000") < text.index("+0.0000")
    with pytest.raises(InputError, match="no sequence that both"):
        compare(tracker("A", {"x": 1.0}), tracker("B", {"y": 1.0}))


def test_a_seed_gives_the_same_interval():
    a, b = (tracker(name, numbered(np.random.default_rng(s).random(9))) for s, name in enumerate("AB"))
    assert compare(a, b, seed=3) == compare(a, b, seed=3) != compare(a, b, seed=4)
