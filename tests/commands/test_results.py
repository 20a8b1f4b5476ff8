"""`cfvgg score` and `cfvgg compare`, on published results and on our own."""

import json
import shutil

import numpy as np
import pytest

from cfvgg_plugin.commands.results import SHOWN, shortened


@pytest.fixture
def published(shared):
    return (shared("reference/results"), "--dataset", "otb", "--root", shared("data/otb"))


@pytest.fixture
def ours(run, dataset, tmp_path):
    start = ("evaluate", "--dataset", "otb", "--root", dataset, "--results", tmp_path / "r")
    assert run(*start, "--tracker", "fkcf/grey", "--tracker", "fkcf/hog")[0] == 0
    return tmp_path / "r"


def test_published_results_are_scored(run, published, tmp_path):
    status, out, err = run("score", *published, "--json", tmp_path / "o.json")
    assert (status, err) == (0, "")
    trackers = json.loads((tmp_path / "o.json").read_text())["trackers"]
    assert trackers["ECO"]["sequences"]["Crossing"]["auc"] == pytest.approx(0.78016, abs=1e-4)
    assert trackers["ECO"]["auc"] == pytest.approx(0.553, abs=5e-4)
    assert trackers["ECO"]["attributes"]["LR"] == {"auc": trackers["ECO"]["sequences"]["Skiing"]["auc"], "sequences": 1}
    assert "mean of 12" in out and "overall (12)" in out and out.index("MDNet  ") < out.rindex("KCF  ")


def test_published_results_are_compared(run, published, tmp_path):
    options = ("--tracker", "MDNet", "--tracker", "KCF", "--json", tmp_path / "o.json")
    status, out, _ = run("compare", *published, *options)
    assert status == 0 and "MDNet - KCF" in out and "MDNet wins" in out
    found = json.loads((tmp_path / "o.json").read_text())
    assert found["low"] < found["mean"] < found["high"] and len(found["differences"]) == 12


def test_our_results_know_their_dataset(run, ours):
    for folder in (ours, ours / "otb"):
        status, out, err = run("score", folder)
        assert (status, err) == (0, "") and "OTB" in out and "fkcf/grey" in out and "score ROC" in out
    status, out, _ = run("compare", ours, "--measure", "dp20")
    assert status == 0 and "fkcf/grey - fkcf/hog" in out


def test_what_cannot_be_scored_is_named_and_counted(run, ours):
    (grey,) = ours.glob("otb/fkcf-grey-*")
    boxes = np.loadtxt(grey / "One.txt", delimiter=",")
    boxes[4] = np.nan
    np.savetxt(grey / "One.txt", boxes, delimiter=",")
    status, out, err = run("score", ours)
    assert status == 1 and "fkcf/grey on One" in err and "NaN" in err and "1 not scored" in err
    assert "mean of 1" in out and "only the sequences that every tracker has a score of" in out


def test_bad_input(complains, published, ours, dataset, tmp_path):
    assert "no such folder" in complains("score", tmp_path / "no")
    assert "--dataset and --root" in complains("score", published[0])
    assert "another dataset" in complains("score", published[0], "--dataset", "otb", "--root", dataset)
    assert "no tracker CSRT; there are" in complains("compare", *published, "--tracker", "CSRT")
    assert "needs two trackers" in complains("compare", *published)
    for draws in ("1e9", 10**9, 99):  # 8 TB of draws
        assert "draws" in complains("compare", *published, "--draws", draws)
    shutil.copytree(ours / "otb", ours / "folder")
    assert "of several datasets" in complains("score", ours)
    (ours / "otb" / "dataset.json").write_text("{")
    assert "cannot be read" in complains("score", ours / "otb")


def test_what_compare_leaves_out_is_told_briefly():
    lines = [f"a on {number}: no result" for number in range(SHOWN + 3)]
    assert shortened(lines * 2) == [*lines[:SHOWN], "3 more"]
    assert shortened(lines[:2]) == lines[:2]
