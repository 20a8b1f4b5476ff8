"""Starts and boxes of the protocols beside a calculation by hand, and what scores and stored runs come to."""

import dataclasses
import json

import numpy as np
import pytest

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.datasets.sequence import Sequence
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation import run as runs_module
from cfvgg_plugin.evaluation.compare import compare, compare_pooled
from cfvgg_plugin.evaluation.evaluate import evaluate
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.run import OPE, Protocol, load_tracker, moved_starts, read_protocol
from cfvgg_plugin.tracker import Tracker, TrackResult


def names(protocol: Protocol, sequence: Sequence) -> list[str]:
    return [run.name.partition("@")[2] for run in protocol.runs(sequence)]


def test_starts_of_tre_are_spread_evenly_and_run_to_the_end(sequences):
    one = sequences[0]  # ten frames
    runs = Protocol("tre", 5).runs(one)
    assert [run.name for run in runs] == ["One@0", "One@2", "One@4", "One@6", "One@8"]
    assert [len(run.frames) for run in runs] == [10, 8, 6, 4, 2]
    assert all(run.group == "One" and run.frames[-1] == one.frames[-1] for run in runs)
    np.testing.assert_array_equal(runs[2].boxes, one.boxes[4:])
    assert names(Protocol("tre"), one) == [str(i) for i in range(9)]  # 20 do not fit; nothing follows the last frame
    long = dataclasses.replace(one, frames=one.frames * 10, boxes=np.tile(one.boxes, (10, 1)))
    assert names(Protocol("tre"), long) == [str(5 * i) for i in range(20)]


def test_a_start_without_a_box_moves_to_the_next_with_one(sequences):
    boxes = sequences[0].boxes.copy()
    boxes[[0, 1, 4, 5, 8, 9]] = np.nan
    assert names(Protocol("tre", 5), dataclasses.replace(sequences[0], boxes=boxes)) == ["2", "6"]
    boxes[[2, 3, 6]] = np.nan
    with pytest.raises(InputError, match="tre: sequence One has no box but the first"):
        Protocol("tre", 5).runs(dataclasses.replace(sequences[0], boxes=boxes))
    with pytest.raises(InputError, match=r"--starts 11: sequence One has only 10 frames"):
        Protocol("tre", 11).runs(sequences[0])


def test_boxes_of_sre_by_hand(sequences):
    box = np.array([100.0, 50.0, 40.0, 20.0])
    assert {name: tuple(moved.round(9)) for name, moved in moved_starts(box).items()} == {
        "up-left": (96, 48, 40, 20), "up": (100, 48, 40, 20), "up-right": (104, 48, 40, 20),
        "left": (96, 50, 40, 20), "right": (104, 50, 40, 20),
        "down-left": (96, 52, 40, 20), "down": (100, 52, 40, 20), "down-right": (104, 52, 40, 20),
        "0.8": (104, 52, 32, 16), "0.9": (102, 51, 36, 18), "1.1": (98, 49, 44, 22), "1.2": (96, 48, 48, 24),
    }  # fmt: skip
    runs = Protocol("sre").runs(sequences[0])
    assert len(runs) == 12 and all(run.frames == sequences[0].frames for run in runs)
    (enlarged,) = (run.start for run in runs if run.name == "One@1.2")
    np.testing.assert_allclose(enlarged, moved_starts(sequences[0].boxes[0])["1.2"])


class Still(Tracker):
    """Stays where it was put."""

    def _start(self, image, box: Box) -> None:
        self._box = box

    def _step(self, image) -> TrackResult:
        return TrackResult(self._box, 1.0, False)


@pytest.fixture
def still(monkeypatch):
    monkeypatch.setattr(runs_module, "create_tracker", lambda *_, **__: Still())
    return load_tracker("fkcf/grey")


def test_a_tracker_that_never_moves_scores_what_arithmetic_says(still, sequences, tmp_path):
    """The target moves by a tenth of its width each frame: the overlap after k frames is (10 - k) / (10 + k)."""
    one = sequences[0]
    boxes = np.array([[20.0 + 2 * i, 30, 20, 20] for i in range(10)])
    moved = dataclasses.replace(one, boxes=boxes)
    (result,) = evaluate([still], [moved], tmp_path, protocol=Protocol("tre", 5))

    def auc(frames: int) -> float:
        overlap = [(10 - k) / (10 + k) for k in range(frames)]
        return float(np.mean([[o > t / 20 for t in range(21)] for o in overlap]))

    expected = [auc(10 - start) for start in (0, 2, 4, 6, 8)]
    (found,) = result.sequences
    assert [run.score.auc for run in found.runs] == pytest.approx(expected)
    assert result.mean("auc") == pytest.approx(np.mean(expected)) and len(found.boxes) == 10
    figures = result.summary()
    assert figures["runs"] == 5 and figures["protocol"] == "tre5" and figures["auc_interval"] is None
    low, high = figures["sequences"]["One"]["auc_interval"]
    assert min(expected) <= low < np.mean(expected) < high <= max(expected)
    (shifted,) = evaluate([still], [moved], protocol=Protocol("sre"))
    by_run = {run.name: run.score for run in shifted.sequences[0].runs}
    assert by_run["One@right"].auc > by_run["One@left"].auc  # the target moves to the right


@pytest.mark.parametrize("protocol", [Protocol("tre", 3), Protocol("sre"), Protocol("guided")])
def test_runs_are_kept_a_file_each_and_read_again(sequences, tmp_path, monkeypatch, protocol):
    out = tmp_path / "r"
    (ours,) = evaluate([load_tracker("fkcf/grey")], sequences, out, protocol=protocol)
    (folder,) = out.iterdir()
    files = {path.stem for path in folder.glob("*.txt")}
    assert files == {run.name for s in sequences for run in protocol.runs(s)}
    read = read_results(out, sequences, protocol=protocol)
    assert read.skipped == [] and read.trackers[0].summary() == ours.summary()
    monkeypatch.setattr("cfvgg_plugin.evaluation.evaluate.attempt", None)  # nothing is run again
    assert evaluate([load_tracker("fkcf/grey")], sequences, out, protocol=protocol)[0].summary() == ours.summary()
    with pytest.raises(InputError, match="another dataset or protocol"):
        read_results(out, sequences)


def test_a_guided_tracker_is_led_back_to_the_truth_before_every_search(sequences):
    truth = sequences[0].boxes[::2]
    (result,) = evaluate([load_tracker("fkcf/hog")], sequences[:1], protocol=Protocol("guided"))
    every2 = result.sequences[0].runs[0]
    assert every2.name == "One@every2" and len(every2.boxes) == len(truth) == 5
    assert result.mean("found") > 0.6 and result.summary()["found"] == result.mean("found")
    assert result.sequences[0].score.within[0] <= result.sequences[0].score.within[2]
    assert result.separation is None and "auc" not in result.summary()


def test_a_tracker_that_cannot_be_led_is_refused(still):
    with pytest.raises(InputError, match="Still cannot be guided"):
        runs_module.check_start(still, guided=True)


def test_a_protocol_is_noted_and_read(sequences):
    for protocol in (OPE, Protocol("tre"), Protocol("tre", 7), Protocol("sre"), Protocol("guided")):
        assert read_protocol(json.loads(json.dumps(protocol.note()))) == protocol
    assert read_protocol(None) == OPE
    for note in (3, {"kind": "rte", "starts": None}, {"kind": "tre", "starts": "5"}, {"kind": "tre", "starts": 0}):
        with pytest.raises(InputError, match="protocol|starts"):
            read_protocol(note)
    with pytest.raises(InputError, match="belongs to --protocol tre"):
        Protocol("sre", 5)


def test_two_protocols_are_not_compared_and_variants_count_once(sequences):
    trackers = [load_tracker("fkcf/grey"), load_tracker("fkcf/hog")]
    whole = evaluate(trackers, sequences)
    split = evaluate(trackers, sequences, protocol=Protocol("tre", 2))
    with pytest.raises(InputError, match="run by ope, .* by tre2"):
        compare(whole[0], split[1])
    with pytest.raises(InputError, match="protocols ope and tre2"):
        compare_pooled([(whole[0], whole[1]), (split[0], split[1])])
    once, twice = compare(*whole), compare_pooled([(whole[0], whole[1])] * 2)
    assert (once.differences, once.low, once.high) == (twice.differences, twice.low, twice.high)
    same = compare(whole[0], dataclasses.replace(whole[0], name="again"))
    assert same.verdict == "cannot tell" and same.low == same.high == 0
