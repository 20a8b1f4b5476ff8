"""The figures of an analysis of the VOT toolkit, and what goes to and fro as numbers."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.vot import manifest, server
from cfvgg_plugin.integration.vot.sequences import read_sequences
from cfvgg_plugin.tracker import Tracker, TrackResult


def write_analysis(path: Path, scores: dict[str, float], sequences: int = 2) -> None:
    """An analysis in the toolkit's form: EAO by tracker."""
    kinds = ["AverageAccuracyRobustness", "CumulativeFailureCount", "EAOScore", "EAOCurve"]
    baseline = {
        "parameters": {"analyses": [{"type": f"vot.analysis.supervised.{kind}"} for kind in kinds]},
        "results": [
            [[0.5, 1.25, [0.8, 0.5], 30.0] for _ in scores],
            [[3.0] for _ in scores],
            [[score] for score in scores.values()],
            [[[0.0, 0.9]] for _ in scores],
        ],
    }
    kinds = [{"type": "vot.analysis.accuracy.AverageAccuracy"}]
    free = {"parameters": {"analyses": kinds}, "results": [[[0.25] for _ in scores]]}
    setting = {"feco": "feco/vot", "fkcf-hog": "fkcf/hog"}
    content = {
        "trackers": {
            name: {"command": f"python -m {manifest.MODULE} --tracker {setting[name]}"} if name in setting else {}
            for name in scores
        },
        "sequences": {f"s{i}": {"length": 30} for i in range(sequences)},
        "results": {"baseline": baseline, "unsupervised": free},
    }
    path.write_text(json.dumps(content))


def test_eao(run, complains, made):
    pytest.importorskip("yaml", reason="the extra vot is not installed")
    (made / "analysis").mkdir()
    write_analysis(made / "analysis/old.json", {"fkcf-hog": 0.125})
    os.utime(made / "analysis/old.json", (1000, 1000))
    write_analysis(made / "analysis/new.json", {"feco": 0.331, "Other": float("nan")})
    status, out, _ = run("vot", "eao", made)
    table = [line.split() for line in out.splitlines()[1:6]]
    assert status == 0 and table == [
        ["experiment", "tracker", "EAO", "paper", "accuracy", "robustness", "failures"],
        ["baseline", "Other", "nan", "-", "0.500", "1.250", "3"],
        ["baseline", "feco", "0.331", "-", "0.500", "1.250", "3"],
        ["unsupervised", "Other", "-", "-", "0.250", "-", "-"],
        ["unsupervised", "feco", "-", "-", "0.250", "-", "-"],
    ]
    assert "EAO nan: no tracked stretch" in out and "table VI" not in out
    assert "0.125" in run("vot", "eao", made, "--name", "old")[1]
    assert "no analysis older; there are old, new" in complains("vot", "eao", made, "--name", "older")
    (made / "config.yaml").write_text("stack: vot2016/rgb\n")
    status, out, _ = run("vot", "eao", made)
    assert out.splitlines()[3].split()[:4] == ["baseline", "feco", "0.331", "0.339"]
    assert "2 sequences are not comparable" in out
    write_analysis(made / "analysis/new.json", {"feco": 0.25}, 60)
    (made / "config.yaml").write_text("stack: vot2017.yaml\n")
    status, out, _ = run("vot", "eao", made)
    assert "0.250  0.255" in out and "not comparable" not in out
    (made / "analysis/new.json").write_text('{"results": {}}')
    assert "is no analysis of the toolkit" in complains("vot", "eao", made)


def test_numbers_are_finite_in_conversion(otb):
    (otb / "Deer/groundtruth_rect.txt").write_text("31,41,24,24\n" * 4 + "0,0,0,0\n31,41,24,24\n")
    with pytest.raises(InputError, match="Deer: line 5 of the ground truth holds NaN"):
        read_sequences(otb)


def test_answers_are_finite():
    """A box with NaN would abort the toolkit's run."""

    class Wild(Tracker):
        def _start(self, image, box): ...
        def _step(self, image):
            return TrackResult(Box(float("nan"), 1, 2, 3), 0.5, False)

    tracker, image, last = Wild(), np.zeros((60, 80, 3), np.uint8), TrackResult(Box(1, 2, 30, 40), 1.0, False)
    tracker.init(image, last.box)
    assert server._next(tracker, image, last) == server._next(tracker, None, last) == TrackResult(last.box, 0.0, True)


def test_host_not_installed(complains, made, monkeypatch):
    monkeypatch.setitem(sys.modules, "trax", None)
    assert "pip install 'cfvgg-plugin[vot]'" in complains("vot", "serve", "--tracker", "fkcf/grey")
    monkeypatch.setitem(sys.modules, "yaml", None)
    (made / "analysis").mkdir()
    write_analysis(made / "analysis/A.json", {"fkcf-hog": 0.5})
    assert "pip install 'cfvgg-plugin[vot]'" in complains("vot", "eao", made)
