"""Calibration by hand, and what must hold for any scores."""

import dataclasses

import numpy as np
import pytest

from cfvgg_plugin.evaluation.calibration import BINS, calibrate
from cfvgg_plugin.evaluation.results import TrackerResult, of_runs, score_run
from cfvgg_plugin.evaluation.run import OPE, Protocol, SequenceRun
from cfvgg_plugin.evaluation.score import KnownFrames, separation
from cfvgg_plugin.evaluation.table import sequence_table, summary_table


def frames(scores, right, lost=None) -> KnownFrames:
    overlap = np.where(np.asarray(right, bool), 0.8, 0.1)
    lost = np.zeros(len(overlap)) if lost is None else np.asarray(lost, float)
    return KnownFrames(np.asarray(scores, float), overlap, None, lost)


def drawn(seed: int, sequences: int = 6, power: float = 1.0) -> list[KnownFrames]:
    """Boxes that are right as often as score ** power says; the long and the short, the easy and the hard."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(sequences):
        scores = rng.beta(1 + number % 3, 1 + number % 2, 40 + 60 * number)
        right = rng.random(len(scores)) < scores**power
        found.append(frames(scores, right, rng.random(len(scores)) < 0.6 - 0.4 * right))
    return found


def whole(parts, name):
    return np.concatenate([getattr(part, name) for part in parts])


def test_by_hand():
    """Two sequences; a score on the edge of bins is in the upper one, 1 in the last."""
    one = frames([0.1, 0.15, 0.95, 1.0], [0, 1, 1, 1], [1, 1, 0, 0])
    two = frames([0.95, 0.12, 0.19], [0, 0, 0], [0, 1, 0])
    found = calibrate([one, two])
    bins = {number: part for number, part in enumerate(found.bins) if part.frames}
    assert bins.keys() == {1, 9} and found.bins[0].score is found.bins[0].right is None
    assert (bins[1].frames, bins[1].score, bins[1].right) == (4, pytest.approx(0.14), 0.25)
    assert (bins[9].frames, bins[9].score, bins[9].right) == (3, pytest.approx(2.9 / 3), pytest.approx(2 / 3))
    assert found.error.value == pytest.approx(4 / 7 * 0.11 + 3 / 7 * 0.3)
    assert (found.frames, found.wrong) == (7, 4)
    assert (found.wrong_flagged.value, found.right_flagged.value) == (0.5, pytest.approx(1 / 3))
    assert found.wrong_at_allowed.value == 0.5  # 0.1 and 0.12 are below the lowest right one, 0.15
    assert found.roc.value == pytest.approx((2 + 3.5 + 4) / 12)  # 0.95 ties once


@pytest.mark.parametrize("edge", range(BINS + 1))
def test_edges_belong_to_the_upper_bin(edge):
    (number,) = (i for i, part in enumerate(calibrate([frames([edge / 10], [1])]).bins) if part.frames)
    assert number == min(edge, BINS - 1)


def test_a_probability_has_no_error_and_a_wrong_one_that_of_its_distance():
    rng = np.random.default_rng(1)
    scores = rng.random(200_000)
    assert calibrate([frames(scores, rng.random(200_000) < scores)]).error.value < 0.005
    for sure in (0.0, 0.45, 1.0):
        right = np.arange(400) < 100
        assert calibrate([frames(np.full(400, sure), right)]).error.value == pytest.approx(abs(sure - 0.25))


@pytest.mark.parametrize("seed", range(4))
def test_properties(seed):
    parts = drawn(seed, power=1 + seed)
    found = calibrate(parts, draws=400)
    scores, overlap, lost = (whole(parts, name) for name in ("scores", "overlap", "lost"))
    right = overlap > 0.3
    assert sum(part.frames for part in found.bins) == found.frames == len(scores)
    mean, share = (sum((getattr(p, n) or 0) * p.frames for p in found.bins) / len(scores) for n in ("score", "right"))
    assert (mean, share) == (pytest.approx(scores.mean()), pytest.approx(right.mean()))
    assert abs(mean - share) <= found.error.value + 1e-12 <= 1  # no more than the bins' own distances
    assert found.roc.value == pytest.approx(separation(np.rint(scores * 1e4), overlap))
    assert found.wrong_flagged.value == pytest.approx(lost[~right].mean())
    assert found.right_flagged.value == pytest.approx(lost[right].mean())
    below = {t: ((scores < t)[right].mean(), (scores < t)[~right].mean()) for t in scores}
    best = max(wrong for allowed, wrong in below.values() if allowed <= 0.05)
    assert found.wrong_at_allowed.value == pytest.approx(best, abs=0.003)  # ranks are of four decimals
    for figure in found.figures.values():
        assert 0 <= figure.low <= figure.high <= 1
    again = calibrate([*reversed(parts)], draws=400)
    assert [f.value for f in again.figures.values()] == pytest.approx([f.value for f in found.figures.values()])
    assert calibrate(parts, draws=400) == found


def test_the_threshold_lies_below_ties():
    """Of a hundred right boxes five may be below; where six share a score none of them is."""
    right = [0.2] * 6 + [0.8] * 94
    found = calibrate([frames([*right, 0.1, 0.2, 0.3, 0.9], [1] * 100 + [0] * 4)])
    assert found.wrong_at_allowed.value == 0.25
    found = calibrate([frames([*right[1:], 0.8, 0.1, 0.2, 0.3, 0.9], [1] * 100 + [0] * 4)])
    assert found.wrong_at_allowed.value == 0.75


def test_intervals_are_those_of_sequences_drawn_again():
    """The figures of a draw are those of its sequences pooled, each as often as it was drawn."""
    parts = drawn(5, 4)
    rng = np.random.default_rng(3)
    drawn_counts = rng.multinomial(4, [0.25] * 4, size=300)
    pooled = [calibrate([p for p, times in zip(parts, w, strict=True) for _ in range(times)], 1) for w in drawn_counts]
    found = calibrate(parts, draws=300, seed=3)
    for name, figure in found.figures.items():
        values = [p.figures[name].value for p in pooled]
        assert (figure.low, figure.high) == pytest.approx(tuple(np.percentile(values, (2.5, 97.5))))
    twice = calibrate(parts * 4, draws=2000)
    wide, narrow = ((c.roc.high - c.roc.low) for c in (calibrate(parts, draws=2000), twice))
    assert 0.35 < narrow / wide < 0.7  # four times the sequences: half as wide


def test_where_figures_are_not_defined():
    assert calibrate([]) is calibrate([frames([], [])]) is None
    for score in (1.5, -0.1, np.nan):
        assert calibrate([frames([score, 0.5], [1, 0])]) is None  # no probability
    right = calibrate([frames([0.5, 0.6], [1, 1]), frames([0.7], [1])])
    assert right.roc.value is right.wrong_flagged.value is right.wrong_at_allowed.value is None
    assert right.right_flagged.value == 0 and right.error.low is not None
    assert right.summary()["roc_interval"] is None and right.roc.text() == ""
    one = calibrate([frames([0.5, 0.6], [1, 0])])
    assert one.error.low is None and one.error.text() == "0.550"
    wrong = calibrate([frames([0.5, 0.6], [0, 0])])
    assert wrong.roc.value is wrong.right_flagged.value is wrong.wrong_at_allowed.value is None
    unknown = calibrate([frames([0.5, 0.6], [1, 0], [np.nan] * 2)])
    assert unknown.wrong_flagged.value is unknown.right_flagged.value is None and unknown.roc.value == 0


def test_frames_that_count(sequences):
    """Those after the first that are annotated, or known to be without the target: there every box is wrong."""
    one = sequences[0]  # ten frames
    boxes = one.boxes.copy()
    boxes[[3, 4, 5]] = np.nan
    absent = np.isin(np.arange(10), (4, 5))
    run = SequenceRun(one.boxes, np.linspace(1, 0.1, 10), None, absent)
    found = score_run(dataclasses.replace(one, boxes=boxes, absent=absent), run)
    assert found.known.scores == pytest.approx([0.9, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1])
    assert found.known.overlap.tolist() == [1, 1, 0, 0, 1, 1, 1, 1]
    assert found.known.lost.tolist() == [0, 0, 1, 1, 0, 0, 0, 0]
    assert len(score_run(dataclasses.replace(one, boxes=boxes), run).known.scores) == 6  # it is not told why
    both = of_runs(dataclasses.replace(one, name="two runs"), [found, found])
    assert len(both.known.scores) == 16


def test_tables_and_json_tell_it_where_scores_are_stored(sequences):
    def result(scored: bool, protocol: Protocol = OPE) -> TrackerResult:
        def run(sequence):
            boxes = sequence.boxes.copy()
            boxes[2] = (0, 0, 1, 1)
            count = len(boxes) if scored else 0
            return SequenceRun(boxes, np.linspace(1, 0.5, count), None, np.arange(count) == 2)

        return TrackerResult("feco", tuple(score_run(s, run(s)) for s in sequences), protocol)

    scored, plain = result(scored=True), result(scored=False)
    figures = scored.summary()
    assert figures["score_ece"] == figures["calibration"]["ece"] > 0
    assert figures["calibration"]["wrong"] == 3 and figures["calibration"]["wrong_flagged"] == 1
    low, high = figures["calibration"]["ece_interval"]
    assert low < high and len(figures["calibration"]["bins"]) == BINS
    assert "expected calibration error 0." in sequence_table(scored)
    assert "100 % (100-100) of 3 wrong boxes flagged, 0 % (0-0) of 18 right ones" in sequence_table(scored)
    header, _, *rows = summary_table([scored, plain]).splitlines()
    assert header.split()[-3:] == ["ROC", "ECE", "frames/s"]
    assert [f"{figures['score_ece']:.4f}" in row for row in rows] == [True, False]
    assert "ECE" not in summary_table([plain, plain]) and "calibration" not in sequence_table(plain)
    assert not plain.summary().keys() & {"score_ece", "calibration"}
    assert result(scored=True, protocol=Protocol("guided")).calibration is None
