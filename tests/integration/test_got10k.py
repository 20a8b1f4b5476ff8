"""The real got10k, on short sequences in the layout of every dataset."""

import dataclasses
import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from cfvgg_plugin import registry
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.evaluation.evaluate import evaluate
from cfvgg_plugin.evaluation.run import load_tracker
from cfvgg_plugin.evaluation.score import score_boxes
from cfvgg_plugin.integration.got10k import __main__ as program
from tests.conftest import moving_blob
from tests.layouts import MAKERS, make_got10k_test, make_vot

pytest.importorskip("got10k", reason="the extra got10k is not installed")
from got10k.experiments import ExperimentOTB

from cfvgg_plugin.commands.hosts import GOT10K
from cfvgg_plugin.integration.got10k import GOT10kTracker
from cfvgg_plugin.integration.got10k.experiments import KINDS, open_experiment
from cfvgg_plugin.integration.got10k.tracker import pixels

# got10k itself leaves image files open
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <_io.FileIO:pytest.PytestUnraisableExceptionWarning"
)


@pytest.fixture(autouse=True)
def _offline(monkeypatch):
    def refuse(*_):
        raise AssertionError("a download was tried")

    for name in ("otb", "tcolor128", "vot"):
        monkeypatch.setattr(f"got10k.datasets.{name}.download", refuse)


@pytest.fixture
def host(monkeypatch, capsys):
    """Run `python -m cfvgg_plugin.integration.got10k ARGS`; returns exit status, stdout, stderr."""

    def call(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["got10k", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            program.main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


def trimmed_otb(source: Path, target: Path, names: dict[str, int]) -> Path:
    """The first frames of some sequences of OTB."""
    for name, count in names.items():
        (target / name / "img").mkdir(parents=True)
        for file in sorted((source / name / "img").iterdir())[:count]:
            shutil.copy(file, target / name / "img")
        lines = (source / name / "groundtruth_rect.txt").read_text().splitlines()
        (target / name / "groundtruth_rect.txt").write_text("\n".join(lines[:count]) + "\n")
    return target


@pytest.fixture
def otb(shared, tmp_path) -> Path:
    return trimmed_otb(shared("data/otb"), tmp_path / "otb", {"Crossing": 30, "David": 20})


def test_both_scorers_agree_on_the_same_boxes(otb, tmp_path):
    loaded = load_tracker("fkcf/hog")
    (ours,) = evaluate([loaded], load_otb(otb), tmp_path / "raw")
    experiment, _ = open_experiment("otb2015", otb, tmp_path / "out")
    folder = tmp_path / "out" / "results" / "OTB2015" / "same"
    shutil.copytree(next((tmp_path / "raw").iterdir()), folder)
    theirs = experiment.report(["same"])["same"]
    assert theirs["overall"]["success_score"] == pytest.approx(ours.summary()["auc"], abs=1e-6)
    assert theirs["overall"]["precision_score"] == pytest.approx(ours.summary()["dp20"], abs=1e-6)
    for name, scores in ours.summary()["sequences"].items():
        assert theirs["seq_wise"][name]["success_score"] == pytest.approx(scores["auc"], abs=1e-6)


def test_in_a_plain_experiment_of_got10k(otb, tmp_path, monkeypatch):
    from got10k.datasets import OTB

    monkeypatch.setitem(OTB._OTB__version_dict, "ci", ["Crossing"])
    experiment = ExperimentOTB(str(otb), "ci", str(tmp_path / "results"), str(tmp_path / "reports"))
    tracker = GOT10kTracker("fkcf/hog")
    experiment.run(tracker)
    overall = experiment.report([tracker.name])[tracker.name]["overall"]
    (sequence,) = load_otb(otb, ["Crossing"])
    boxes = np.loadtxt(tmp_path / "results" / "OTBci" / tracker.name / "Crossing.txt", delimiter=",") - [1, 1, 0, 0]
    score = score_boxes(boxes, sequence.boxes)
    assert overall["success_score"] == pytest.approx(score.auc, abs=1e-6)
    assert overall["precision_score"] == pytest.approx(score.dp20, abs=1e-6)
    direct = evaluate([load_tracker("fkcf/hog")], [sequence])[0].mean("auc")
    assert score.auc == pytest.approx(direct, abs=1e-6)  # the same pixels


@pytest.mark.parametrize("dataset", MAKERS)
def test_every_dataset(dataset, host, tmp_path):
    MAKERS[dataset](tmp_path / "data")
    arguments = ("--dataset", dataset, "--root", tmp_path / "data", "--tracker", "fkcf/grey", "--out", tmp_path / "out")
    before = sorted((tmp_path / "data").rglob("*"))
    status, out, err = host(*arguments)
    assert status == 0 and out.startswith("mean of ")
    report = json.loads(Path(out.splitlines()[-1].removeprefix("report: ")).read_text())
    scores = next(iter(report.values()))
    scores = scores.get("overall", scores)
    assert scores.get("success_score", scores.get("ao", scores.get("accuracy"))) > 0.6
    status, again, err = host(*arguments)
    assert status == 0 and again == out and "kept" in err and "done" not in err
    assert sorted((tmp_path / "data").rglob("*")) == before


def test_the_names_of_the_command_are_the_experiments():
    assert tuple(KINDS) == GOT10K


def test_got10k_test_set_is_packed_for_submission(host, tmp_path):
    make_got10k_test(tmp_path / "data")
    options = ("--root", tmp_path / "data", "--tracker", "fkcf/grey", "--out", tmp_path / "out")
    status, out, _ = host("--dataset", "got10k", *options)
    assert status == 0 and "submit" in out
    assert Path(out.split()[-1]).is_file()


def test_subset_resume_and_other_settings(host, otb, tmp_path):
    start = ("--dataset", "otb2013", "--root", otb, "--out", tmp_path / "out", "--tracker", "fkcf/grey")
    status, out, err = host(*start, "--sequences", "Crossing")
    assert status == 0 and "mean of 1" in out and "Crossing done" in err and "David" not in err
    status, out, err = host(*start)
    assert status == 0 and "mean of 2" in out and "Crossing kept" in err and "David done" in err
    assert "48 sequences of otb2013 are not in" in err
    status, out, err = host(*start, "--tracker", "fkcf/hog")
    assert status == 0 and out.count("fkcf-") == 3 and err.count("done") == 2 and err.count("kept") == 2


def test_the_name_tells_settings_and_weights_apart(random_weights):
    settings = registry.load_settings("fkcf/hog")
    names = {
        GOT10kTracker("fkcf/hog").name,
        GOT10kTracker("fkcf/hog", settings=dataclasses.replace(settings, padding=1.6)).name,
        GOT10kTracker("fkcf/grey").name,
        GOT10kTracker("fkcf/conv1", weights=random_weights).name,
        GOT10kTracker("fkcf", weights=random_weights).name,
    }
    assert len(names) == 5
    assert GOT10kTracker("fkcf/hog").name in names


def test_a_broken_sequence_spares_the_others(host, otb, tmp_path):
    image = sorted((otb / "Crossing" / "img").iterdir())[5]
    image.write_bytes(image.read_bytes()[:2000])
    arguments = ("--dataset", "otb2015", "--root", otb, "--tracker", "fkcf/grey", "--out", tmp_path / "out")
    status, out, err = host(*arguments)
    assert status == 1 and "mean of 1" in out
    assert "failed" in err and str(image) in err and "Traceback" not in err
    assert [path.name for path in (tmp_path / "out" / "results").rglob("*.txt")] == ["David.txt", "David_time.txt"]
    image.unlink()
    status, out, err = host(*arguments)
    assert status == 1 and "29 images but 30 boxes" in err and "David kept" in err


def test_a_polygon_with_nan_spares_the_others(host, tmp_path):
    make_vot(tmp_path / "data")
    truth = tmp_path / "data" / "bag" / "groundtruth.txt"
    lines = truth.read_text().splitlines()
    lines[4] = "nan," + lines[4].split(",", 1)[1]
    truth.write_text("\n".join(lines))
    options = ("--root", tmp_path / "data", "--tracker", "fkcf/grey", "--out", tmp_path / "out")
    status, out, err = host("--dataset", "vot2016", *options)
    assert status == 1 and "mean of 1" in out and "line 5 holds a polygon with NaN" in err


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"--root": "nowhere"}, "nowhere: does not exist"),
        ({"--root": "."}, "it would hold NAME/img/*.jpg"),
        ({"--dataset": "vot2017"}, "it would hold list.txt"),
        ({"--dataset": "otb"}, "'otb2013', 'otb2015'"),
        ({"--tracker": "fcko"}, "did you mean"),
        ({"--sequences": "Crossing,Nothing"}, "no sequence Nothing"),
        ({"--tracker": "feco", "--weights": "nothing.mat"}, "weights nothing.mat"),
        ({"--tracker": "feco=nothing.mat"}, "weights nothing.mat"),
    ],
)
def test_bad_input_is_one_line(host, otb, tmp_path, change, says):
    options = {"--dataset": "otb2015", "--root": otb, "--tracker": "fkcf/grey", "--out": tmp_path / "out"}
    if change.get("--root") == ".":
        change = {"--root": tmp_path / "otb" / "Crossing"}
    before = sorted(tmp_path.rglob("*"))
    status, out, err = host(*(word for pair in (options | change).items() for word in pair))
    assert (status, out) == (2, "")
    assert err.startswith("cfvgg: ") and err.count("\n") == 1 and says in err
    assert sorted(tmp_path.rglob("*")) == before


def test_without_got10k_the_extra_is_named(host, monkeypatch, tmp_path):
    for name in ("run", "tracker", "experiments"):
        monkeypatch.delitem(sys.modules, f"cfvgg_plugin.integration.got10k.{name}", raising=False)
    for name in ("datasets", "experiments", "trackers"):
        monkeypatch.setitem(sys.modules, f"got10k.{name}", None)
    status, _, err = host("--dataset", "otb2015", "--root", tmp_path, "--tracker", "fkcf/grey")
    assert status == 2 and "pip install 'cfvgg-plugin[got10k]'" in err and err.count("\n") == 1


def test_grey_and_unusual_images(tmp_path):
    from PIL import Image

    tracker = GOT10kTracker("fkcf/grey", first_pixel=0)
    images, boxes = moving_blob(3)
    tracker.init(Image.fromarray(images[0]).convert("L"), boxes[0])
    first, second = (tracker.update(Image.fromarray(image).convert("L")) for image in images[1:])
    assert first is not second and second == pytest.approx(boxes[2], abs=2)
    assert pixels(Image.fromarray(images[0]).convert("RGBA")).shape == (120, 160, 3)
    Image.fromarray(images[0]).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes()[:4000])
    with pytest.raises(FrameError, match="b.png"):
        pixels(Image.open(tmp_path / "b.png"))
    with pytest.raises(InputError, match="finite"):
        tracker.init(Image.fromarray(images[0]), (1, 2, np.nan, 4))
