"""Tables and figures that show trackers on a benchmark: what is printed, what is drawn, what is refused."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.layouts import MAKERS
from tests.reproduce.conftest import cells


@pytest.fixture
def raw(tmp_path, otb2015) -> Path:
    """Raw results: an exact ECO, and a DeepSTRCF that is two pixels off from the second frame on."""
    for tracker, off in (("ECO", 0), ("deep-strcf", 2)):
        (tmp_path / "raw" / tracker).mkdir(parents=True)
        for file in otb2015.glob("*/groundtruth_rect.txt"):
            boxes = np.loadtxt(file, delimiter=",")
            boxes[1:, 0] += off
            np.savetxt(tmp_path / "raw" / tracker / f"{file.parent.name}.txt", boxes, fmt="%g", delimiter=",")
    return tmp_path / "raw"


@pytest.fixture
def start(otb2015, tmp_path) -> tuple[object, ...]:
    return "--root", otb2015, "--tracker", "fkcf/grey", "--out", tmp_path / "out"


def test_table8(run, start, raw, tmp_path):
    status, out, err = run("reproduce", "table8", *start, "--results", raw)
    assert (status, err) == (0, "")
    assert "ours: 2 of OTB-2015's 100 sequences, 16 frames (Deer, Skiing)" in out and "NOT COMPARABLE" in out
    assert cells(out, "sequences here, of 2") == ["1", "1", "0", "1", "1", "1", "2", "1", "0", "1", "1", "2"]
    paper, here = cells(out, "ECO: paper"), cells(out, "ECO, raw results")
    assert paper[-1] == "69.4"
    exact = 100 * 20 / 21  # an overlap of 1 is above 20 of the 21 thresholds
    assert here == [f"{exact:.1f}", f"{exact:.1f}", "-", *[f"{exact:.1f}"] * 5, "-", *[f"{exact:.1f}"] * 3]
    assert cells(out, "- paper's", "ECO: paper")[-1] == f"{exact - 69.4:+.1f}"
    assert cells(out, "fDeepSTRCF - DeepSTRCF: paper")[-3:] == ["2.9", "0.8", "0.1"]
    content = json.loads((tmp_path / "out" / "table8.json").read_text())
    found = {t["name"]: t for t in content["trackers"]}
    assert found["deep-strcf"]["paper"] == "DeepSTRCF" and found["fkcf/grey"]["source"] == "fkcf/grey"
    assert cells(out, "fkcf/grey")[-1] == f"{100 * found['fkcf/grey']['auc']:.1f}"
    assert cells(out, "deep-strcf, raw results")[-1] == f"{100 * found['deep-strcf']['auc']:.1f}"
    assert content["datasets"]["otb2015"]["total"] == 100
    assert "not at hand: fECO, fDeepSTRCF" in out


def test_the_default_trackers_adapt_and_a_pair_is_compared(run, otb2015, raw, networks, tmp_path):
    weights = ("--weights", f"student={networks[64]}")
    start = ("--root", otb2015, "--sequences", "Skiing", "--results", raw, "--out", tmp_path / "out")
    status, out, _ = run("reproduce", "table8", *start, *weights)
    assert status == 0
    ours, eco = cells(out, "feco/adaptive")[-1], cells(out, "ECO, raw results")[-1]
    difference = float(cells(out, "feco/adaptive - ECO, raw results")[-1])
    assert difference == pytest.approx(float(ours) - float(eco), abs=0.11)
    assert float(cells(out, "- paper's", "  feco/adaptive - ECO")[-1]) == pytest.approx(difference + 1.2, abs=0.11)
    assert f"networks: {networks[64]} as the student, none as the baseline" in out


def test_boxes_are_shared_and_kept(run, start, tmp_path):
    assert run("reproduce", "table7", *start)[0] == 0
    (file,) = (tmp_path / "out/boxes/otb2015").glob("fkcf-grey-*/Deer.txt")
    before = file.stat().st_mtime_ns
    assert run("reproduce", "table8", *start)[0] == 0
    assert file.stat().st_mtime_ns == before


def test_table7_puts_our_kcf_beside_the_papers(run, start):
    out = run("reproduce", "table7", *start, "--tracker", "fkcf/hog")[1]
    ours, gap = cells(out, "fkcf/hog")[-1], cells(out, "- paper's", "KCF: paper")[-1]
    assert float(gap) == pytest.approx(float(ours) - 48.3, abs=0.051)
    assert cells(out, "TRACA: paper")[-1] == "60.2"


@pytest.mark.parametrize(
    ("name", "figure"), [("table1", "22.0"), ("table7", "60.2"), ("table8", "69.4"), ("figure8", "57.4")]
)
def test_nothing_at_hand(run, tmp_path, name, figure):
    if name.startswith("figure"):
        pytest.importorskip("matplotlib")
    status, out, err = run("reproduce", name, "--out", tmp_path / "out")
    assert (status, err) == (0, "")
    assert figure in out and "not at hand, so only the paper's figures" in out
    assert not (tmp_path / "out").exists()


def test_table1_times_the_trackers(run, otb2015, tmp_path):
    start = ("--dataset", "otb2015", "--root", otb2015, "--sequences", "Skiing", "--tracker", "feco/default")
    status, out, _ = run("reproduce", "table1", *start, "--out", tmp_path / "out")
    assert status == 0
    content = json.loads((tmp_path / "out" / "table1.json").read_text())
    assert cells(out, "feco/default")[-1] == f"{content['trackers'][0]['fps']:.1f}"
    assert cells(out, "fECO: paper") == ["1.50", "0.048", "9.0", "22.0"]
    assert cells(out, "VGG-M alone")[0::3] == ["26.11", "-"]
    assert "the paper: the 51 of OTB-2013" in out


def test_table2(run):
    status, out, _ = run("reproduce", "table2")
    assert status == 0
    assert cells(out, "Conv1") == ["123x123x96", "112x112x96", "112x112x12", "109x109x96", "-3", "109x109x12", "-3"]
    assert cells(out, "Pool2")[3:] == ["13x13x256", "-1", "13x13x32", "-1"]


def test_table2_tells_another_width(run, networks):
    out = run("reproduce", "table2", "--weights", networks[16])[1]
    assert cells(out, "Conv1")[-4:] == ["109x109x24", "-3,", "+12", "ch."]


def test_figure6(run, tmp_path):
    pytest.importorskip("matplotlib")
    status, out, _ = run("reproduce", "figure6", "--out", tmp_path / "out")
    assert status == 0 and (tmp_path / "out" / "figure6.svg").stat().st_size
    assert cells(out, "SiamFC (AlexNet)")[:2] == ["3.1200", "3.1232"]
    assert cells(out, "Ours (CF-VGG)") == ["0.0479", "0.0479", "+0.0000", "0.0432"]


@pytest.mark.parametrize(
    ("name", "pictures"),
    [
        ("figure1", ["speed"]),
        ("figure7", ["success"]),
        ("figure11", ["BC", "DEF", "FM", "IPR", "IV", "LR", "MB", "OPR", "SV", "overall", "radar"]),
        ("figure12", ["Skiing"]),
    ],
)
def test_figures(run, start, raw, tmp_path, name, pictures):
    pytest.importorskip("matplotlib")
    status, out, err = run("reproduce", name, *start, "--results", raw, "--format", "png")
    assert (status, err) == (0, "")
    drawn = sorted(path.name for path in (tmp_path / "out").glob("*.png"))
    assert drawn == sorted(f"{name}-{picture}.png" for picture in pictures)
    assert out.count("drawn: ") == len(pictures)
    assert ("1 of" if name == "figure12" else "2 of") + " OTB-2015's 100 sequences" in out


@pytest.mark.parametrize(
    ("number", "benchmark", "coverage", "pictures"),
    [
        (8, "tc128", "ours: 1 of Temple-Color-128's 129 sequences", ["success"]),
        (9, "uav123", "ours: 1 of UAV123's 123 sequences", ["precision", "success"]),
        (10, "lasot", "ours: 1 of LaSOT test set's 280 sequences", ["precision", "success"]),
    ],
)
def test_figures_of_other_benchmarks(run, tmp_path, number, benchmark, coverage, pictures):
    pytest.importorskip("matplotlib")
    root = tmp_path / benchmark
    root.mkdir()
    MAKERS[benchmark](root)
    start = ("--root", root, "--tracker", "feco/hand_crafted", "--out", tmp_path / "out")
    status, out, err = run("reproduce", f"figure{number}", *start)
    assert (status, err) == (0, "") and coverage in out
    assert [p.stem for p in sorted((tmp_path / "out").glob("*.svg"))] == [f"figure{number}-{p}" for p in pictures]
    row = cells(out, "ECOhc: feco/hand_crafted")
    assert row[0] == ("54.7" if benchmark == "tc128" else "-") and row[1] != "-"


def test_figure12_without_its_sequences(run, start, otb2015, tmp_path):
    pytest.importorskip("matplotlib")
    shutil.rmtree(otb2015 / "Skiing")
    status, out, _ = run("reproduce", "figure12", *start)
    assert status == 0 and "OTB-2015 in" in out and "none of these sequences" in out
    assert not (tmp_path / "out").exists()
    out = run("reproduce", "figure12", *start, "--sequences", "Deer")[1]
    assert "drawn: " in out and "not shown: Bolt2" in out


def test_figure13_draws_the_worst(run, start, otb2015, tmp_path):
    pytest.importorskip("matplotlib")
    boxes = np.loadtxt(otb2015 / "Deer" / "groundtruth_rect.txt", delimiter=",")
    boxes[4:, :2] += 60  # the frames do not follow: the tracker cannot
    np.savetxt(otb2015 / "Deer" / "groundtruth_rect.txt", boxes, fmt="%d", delimiter=",")
    status, out, _ = run("reproduce", "figure13", *start)
    assert status == 0 and "Ironman: not at hand" in out
    assert [path.name for path in (tmp_path / "out").glob("*.svg")] == ["figure13-worst-fkcf-grey.svg"]


def test_figure1_times_ours(run, start):
    pytest.importorskip("matplotlib")
    out = run("reproduce", "figure1", *start, "--timing")[1]
    *_, paper, here = cells(out, "fkcf/grey")
    assert paper == "-" and float(here) > 0
    assert cells(out, "SiamRPN")[-2:] == ["160", "-"]


def test_a_result_that_is_missing_leaves_the_sequence_out(run, start, raw):
    (raw / "ECO" / "Deer.txt").unlink()
    status, out, err = run("reproduce", "table8", *start, "--results", raw)
    assert status == 1 and "ECO on Deer: no result" in err
    assert "all figures of ours are of the 1 sequence(s) that every tracker has a score of; left out: Deer" in out
    assert cells(out, "sequences here, of 1")[-1] == "1"


def test_results_of_more_sequences_than_are_at_hand_are_no_fault(run, start, raw):
    (raw / "ECO" / "Basketball.txt").write_text("1,1,5,5\n")
    assert run("reproduce", "table8", *start, "--results", raw)[::2] == (0, "")


def test_bad_input(complains, start, otb2015, raw, tmp_path):
    def refuses(*args: object) -> str:
        return complains("reproduce", "table8", *start, *args)

    assert "'vot2016' is not one of" in refuses("--dataset", "vot2016")
    assert "nowhere: does not exist" in refuses("--root", tmp_path / "nowhere")
    assert "no sequence of OTB-2013" in refuses("--dataset", "otb2013", "--root", raw)
    assert "no sequence Box of OTB-2015" in refuses("--sequences", "Deer,Box")
    assert "no such folder" in refuses("--results", tmp_path / "nowhere")
    assert "unknown tracker 'fkfc'" in refuses("--tracker", "fkfc")
    assert "give --weights baseline=FILE" in refuses("--tracker", "feco/vgg_m")
    assert "unknown variant 'teacher'" in refuses("--weights", "teacher=cf_vgg")
    assert "no such file" in refuses("--weights", "student=missing.mat")
    assert "workers 0" in refuses("--workers", "0")
    assert "leave --workers" in complains("reproduce", "table1", "--root", otb2015, "--workers", "2")
    assert "by --root" in complains("reproduce", "table8", "--results", raw)
    for name in ("Deer", "Skiing"):
        (raw / "ECO" / f"{name}.txt").rename(raw / "ECO" / f"{name}-2.txt")
    assert "ECO: results of another dataset" in refuses("--results", raw)


def test_the_originals_on_the_real_sequences(run, shared, tmp_path):
    """ECO's row is what its published boxes score."""
    chosen = ("Crossing", "Deer")
    expected = [
        float(line.split(",")[2])
        for line in shared("reference/results/scores.csv").read_text().splitlines()
        if line.startswith(tuple(f"ECO,{name}," for name in chosen))
    ]
    start = ("--root", shared("data/otb"), "--sequences", ",".join(chosen), "--tracker", "fkcf/grey")
    results = ("--results", shared("reference/results"), "--out", tmp_path / "out")
    status, out, err = run("reproduce", "table8", *start, *results)
    assert (status, err) == (0, "")
    assert len(expected) == 2 and cells(out, "ECO, raw results")[-1] == f"{100 * np.mean(expected):.1f}"
    assert cells(out, "authors-fECO, raw results", "fECO: paper")
