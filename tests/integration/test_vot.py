"""Workspaces for the VOT toolkit, their known traps, and the figures of an analysis; the toolkit itself is not run."""

import configparser
import importlib.metadata
import json
import os
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.vot import doctor, manifest, server, workspace
from cfvgg_plugin.integration.vot.sequences import line_fault, read_sequences
from cfvgg_plugin.integration.vot.trackers import identifiers, merge, sections
from cfvgg_plugin.integration.vot.workspace import eao_bounds, stack_text
from cfvgg_plugin.registry import full_names
from cfvgg_plugin.tracker import Tracker, TrackResult
from tests.conftest import moving_blob

POLYGON = "1,2,30,2,30,40,1,40"


def write_frames(folder: Path, numbers: range, pattern: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in zip(numbers, moving_blob(len(numbers))[0], strict=True):
        cv2.imwrite(str(folder / (pattern % number)), image[:, :, ::-1])


@pytest.fixture
def old_vot(tmp_path) -> Path:
    """VOT's layout until 2018: frames beside the ground truth; rectangles in Cup, polygons in Bag."""
    root = tmp_path / "old"
    for name, count, line in (("cup", 8, "30\t40 24, 24"), ("bag", 5, POLYGON)):
        write_frames(root / name, range(1, count + 1), "%08d.jpg")
        (root / name / "groundtruth.txt").write_text(f"{line}\n" * count + "\n")
    return root


@pytest.fixture
def new_vot(tmp_path) -> Path:
    """VOT's later layout, in an order of its own, with an attribute and a rate."""
    root = tmp_path / "new"
    for name in ("zebra", "ant"):
        write_frames(root / name / "color", range(1, 7), "%08d.png")
        (root / name / "groundtruth.txt").write_text("30,40,24,24\n" * 6)
        (root / name / "occlusion.tag").write_text("0\n" * 6)
        (root / name / "sequence").write_text("channels.color=color\\%08d.png\nfps=25\nformat=default\n")
    (root / "list.txt").write_text("zebra\nant\n")
    return root


@pytest.fixture
def otb(tmp_path) -> Path:
    root = tmp_path / "otb"
    write_frames(root / "Deer" / "img", range(3, 9), "%04d.jpg")
    (root / "Deer" / "groundtruth_rect.txt").write_text("31,41,24,24\n" * 6)
    return root


@pytest.fixture
def made(run, old_vot, tmp_path) -> Path:
    """A sound workspace on the local stack, with one tracker that needs no network."""
    folder = tmp_path / "ws"
    assert run("vot", "init", folder, "--stack", "local", "--sequences", old_vot, "--trackers", "fkcf/hog")[0] == 0
    return folder


def test_old_layout(made, old_vot):
    assert (made / "sequences/list.txt").read_text() == "bag\ncup\n"
    cup = made / "sequences/cup"
    assert (cup / "groundtruth.txt").read_text() == "30,40,24,24\n" * 8
    assert (made / "sequences/bag/groundtruth.txt").read_text() == f"{POLYGON}\n" * 5
    assert sorted(p.name for p in (cup / "color").iterdir()) == [f"{i:08d}.jpg" for i in range(1, 9)]
    assert (cup / "color/00000003.jpg").read_bytes() == (old_vot / "cup/00000003.jpg").read_bytes()
    assert (cup / "sequence").read_text() == "channels.color=color/%08d.jpg\nformat=default\nfps=30\nname=cup\n"


def test_new_layout(new_vot):
    found = read_sequences(new_vot)
    assert [s.name for s in found] == ["zebra", "ant"]
    assert {(s.rate, len(s.frames), s.extras[0].name) for s in found} == {(25, 6, "occlusion.tag")}
    assert [s.name for s in read_sequences(new_vot, ["ant"])] == ["ant"]
    with pytest.raises(InputError, match="no sequence cow in .*there are ant, zebra"):
        read_sequences(new_vot, ["cow"])


def test_otb_layout(run, otb, tmp_path):
    folder = tmp_path / "made/by/init"
    assert run("vot", "init", folder, "--stack", "vot2017", "--sequences", otb)[0] == 0
    deer = folder / "sequences/Deer"
    assert (deer / "groundtruth.txt").read_text() == "30,40,24,24\n" * 6, "0-based"
    assert sorted(p.name for p in (deer / "color").iterdir()) == [f"{i:08d}.jpg" for i in range(1, 7)], "from 1"
    assert (deer / "color/00000001.jpg").read_bytes() == (otb / "Deer/img/0003.jpg").read_bytes()
    assert (folder / "config.yaml").read_text().splitlines()[-1] == "stack: vot2017.yaml"
    assert "grace: 3" in (folder / "vot2017.yaml").read_text()


def test_copies_and_conversions(run, new_vot, tmp_path, monkeypatch):
    """Where links are forbidden, frames are copied; formats that the toolkit does not take become PNG."""

    def forbidden(*_):
        raise OSError("a privilege is not held")

    monkeypatch.setattr(Path, "symlink_to", forbidden)
    image = cv2.imread(str(new_vot / "ant/color/00000002.png"))
    (new_vot / "ant/color/00000002.png").unlink()
    cv2.imwrite(str(new_vot / "ant/color/00000002.bmp"), image)
    folder = tmp_path / "ws"
    assert run("vot", "init", folder, "--stack", "local", "--sequences", new_vot, "--names", "ant")[0] == 0
    written = folder / "sequences/ant/color/00000002.png"
    assert not written.is_symlink() and (cv2.imread(str(written)) == image).all()
    assert (folder / "sequences/ant/occlusion.tag").is_file()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("nan,2,30,2,30,40,1,40", "NaN"),
        ("1,2,3", "has 3 numbers"),
        ("1,2,3,4,5,6,7", "has 7 numbers"),
        ("m0,0,10,10,5", "no masks"),
        ("", "line 3"),
    ],
)
def test_bad_ground_truth(complains, old_vot, tmp_path, line, message):
    truth = old_vot / "bag/groundtruth.txt"
    lines = truth.read_text().splitlines()
    truth.write_text("\n".join([*lines[:2], line, *lines[3:]]))
    error = complains("vot", "init", tmp_path / "ws", "--stack", "local", "--sequences", old_vot)
    assert message in error and "bag" in error and "--names" in error and "cup" not in error


def test_bad_frames(complains, old_vot, otb, tmp_path):
    start = ("vot", "init", tmp_path / "ws", "--stack", "local", "--sequences")
    (old_vot / "cup/00000008.jpg").unlink()
    assert "cup: 7 frames but 8 lines" in complains(*start, old_vot)
    (old_vot / "cup/00000004.jpg").rename(old_vot / "cup/00000009.jpg")
    (old_vot / "cup/00000010.jpg").write_bytes((old_vot / "cup/00000009.jpg").read_bytes())
    assert "cup: frame 4 is missing" in complains(*start, old_vot)
    (otb / "Deer/img/0005.jpg").unlink()
    assert "5 frames but 6 boxes" in complains(*start, otb)
    assert line_fault(()) == "no ground truth"


def test_bad_calls(complains, made, old_vot, tmp_path):
    new = ("vot", "init", tmp_path / "new", "--stack", "local")
    assert "none are downloaded" in complains(*new)
    assert "no such folder" in complains(*new, "--sequences", tmp_path / "none")
    assert "no sequence in OTB layout" in complains(*new, "--sequences", tmp_path / "ws/results")
    assert "did you mean feco" in complains(*new, "--sequences", old_vot, "--trackers", "fecco")
    assert "no such file" in complains(*new, "--sequences", old_vot, "--weights", "none.mat")
    assert "is there already" in complains("vot", "init", made, "--stack", "local", "--sequences", old_vot)
    assert "is there already" in complains(
        "vot", "init", made / "config.yaml", "--stack", "local", "--sequences", old_vot
    )
    assert "add --stack" in complains("vot", "init", made, "--sequences", old_vot)
    for command in ("init", "doctor", "eao"):
        assert "no such folder; 'cfvgg vot init" in complains("vot", command, tmp_path / "none")
        assert "no config.yaml" in complains("vot", command, old_vot)
    assert "run 'vot analysis" in complains("vot", "eao", made)
    assert "unknown tracker" in complains("vot", "serve", "--tracker", "kcf/none")


def test_nothing_half_written(complains, old_vot, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(workspace, "_link", full)
    assert "No space left" in complains("vot", "init", tmp_path / "ws", "--stack", "local", "--sequences", old_vot)


def test_eao_bounds():
    """Within the sequences, and near the published ones for a set of the published mean length."""
    assert eao_bounds([212, 500]) == (107, 356), "VOT-2017: 100 and 356"
    assert eao_bounds([30, 30]) == (9, 29) and eao_bounds([2]) == (1, 1) and eao_bounds([1]) == (1, 1)
    for lengths in ([2, 3], [10, 500], [7]):
        low, high = eao_bounds(lengths)
        assert 1 <= low <= high < max(lengths)
    assert "low: 105, high: 351" not in stack_text("vot2017", [30]) and "low: 100, high: 356" in stack_text(
        "vot2017", [30]
    )
    assert stack_text("local", [30, 20]).count("low: 8, high: 25}") == 1


def test_stacks_never_download():
    for stack in workspace.STACKS:
        settings = [line.split("#")[0] for line in stack_text(stack, [30]).splitlines()]
        assert not any("dataset" in line for line in settings)
    assert "low: 108, high: 371" in stack_text("vot2016", [30]) and "realtime" not in stack_text("vot2016", [30])
    assert "realtime" in stack_text("vot2018", [30])


def test_manifest():
    """Every setting once; the bare name is the setting for VOT."""
    assert sorted(identifiers().values()) == full_names()
    names = identifiers(["feco", "fkcf", "feco/default", "fkcf/hog"])
    assert names == {"feco": "feco/vot", "feco-default": "feco/default", "fkcf": "fkcf/default", "fkcf-hog": "fkcf/hog"}
    text = merge("", sections(None, None), Path("trackers.ini"))
    parsed = configparser.ConfigParser()
    parsed.read_string(text)
    assert len(parsed.sections()) == len(full_names())
    section = parsed["feco"]
    assert section["command"] == f"{sys.executable} -m cfvgg_plugin.integration.vot --tracker feco/vot"
    assert (section["protocol"], section["timeout"], section["env_OMP_NUM_THREADS"]) == ("trax", "120", "1")
    assert os.name == "nt" or section["env_LD_LIBRARY_PATH"] == "${LD_LIBRARY_PATH}"


def test_manifest_with_weights(tmp_path, monkeypatch):
    """An absolute path, quoted, '%' doubled; only where a network is needed."""
    monkeypatch.chdir(tmp_path)
    Path("100% mine.mat").touch()
    text = merge("", sections(["feco", "fkcf/hog"], "100% mine.mat", threads=2), Path("trackers.ini"))
    parsed = configparser.ConfigParser()
    parsed.read_string(text)
    assert parsed["feco"]["command"].endswith(f"--weights '{tmp_path}/100% mine.mat' --threads 2")
    assert "--weights" not in parsed["fkcf-hog"]["command"] and parsed["feco"]["env_OMP_NUM_THREADS"] == "2"


def test_adding_trackers(run, complains, made):
    """To a workspace of somebody else: their sections and comments stay, ours are renewed."""
    path = made / "trackers.ini"
    theirs = "# mine\n[Other]\ncommand = /bin/other\nprotocol = trax\n"
    path.write_text(theirs + "\n" + path.read_text())
    for _ in range(2):
        status, out, _ = run("vot", "init", made, "--trackers", "fkcf/hog,fkcf/gray")
        assert status == 0 and out == f"{path}: fkcf-gray, fkcf-hog\n"
    text = path.read_text()
    assert text.startswith(theirs) and text.count("[fkcf-hog]") == text.count("[fkcf-gray]") == 1
    path.write_text(text.replace("[Other]", "[feco]"))
    assert "[feco] is another tracker's section" in complains("vot", "init", made, "--trackers", "feco")
    path.unlink()
    assert run("vot", "init", made, "--trackers", "fkcf/hog")[0] == 0 and path.read_text().startswith("[fkcf-hog]")


def test_pins_are_those_of_the_extra():
    tomllib = pytest.importorskip("tomllib", reason="new in Python 3.11")
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    extra = project["optional-dependencies"]["vot"]
    assert {f"{name}=={version}" for name, (version, _) in doctor.PINS.items()} <= set(extra)


@pytest.fixture
def diagnose(run, made, monkeypatch):
    """Spoil a file of a sound workspace by a function of its text; returns what the doctor says of it."""
    pytest.importorskip("yaml", reason="the extra vot is not installed")
    monkeypatch.setattr(doctor, "_versions", list)

    def call(name: str, spoil) -> str:
        assert run("vot", "doctor", made) == (0, f"{made}: no known traps\n", "")
        before = (made / name).read_text()
        (made / name).write_text(spoil(before))
        status, out, err = run("vot", "doctor", made)
        (made / name).write_text(before)
        assert status == 1 and err == "" and out.splitlines()[-1] == f"{made}: 1 known trap"
        return out

    return call


def test_doctor_on_manifests(diagnose):
    ini = "trackers.ini"
    assert "write '%%'" in diagnose(ini, lambda t: t.replace("label = ", "label = 5 % "))
    assert "leaves out this name" in diagnose(ini, lambda t: t.replace("[fkcf-hog]", "[fkcf/hog]"))
    assert "there is no shell" in diagnose(ini, lambda t: t.replace(sys.executable, "$HOME/python"))
    assert "program is not there" in diagnose(ini, lambda t: t.replace(sys.executable, "/none/python"))
    assert "protocol = trax" in diagnose(ini, lambda t: t.replace("= trax", "= traxpython"))
    assert "timeout = 120" in diagnose(ini, lambda t: t.replace("timeout = 120", "timeout = 5"))
    assert "OMP_NUM_THREADS = 1" in diagnose(ini, lambda t: t.replace("env_OMP_NUM_THREADS = 1", ""))
    assert "unknown tracker" in diagnose(ini, lambda t: t.replace("--tracker fkcf/hog", "--tracker fkcf/hug"))
    assert "weights w.mat are not there" in diagnose(ini, lambda t: t.replace("--tracker", "--weights w.mat --tracker"))
    assert "already exists" in diagnose(ini, lambda t: t + t)


def test_doctor_on_the_library_path(diagnose, monkeypatch):
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/lib")
    spoil = "env_LD_LIBRARY_PATH = ${LD_LIBRARY_PATH}"
    assert "empties LD_LIBRARY_PATH" in diagnose("trackers.ini", lambda t: t.replace(spoil, ""))


def test_doctor_on_settings(diagnose):
    assert "names no registry" in diagnose("config.yaml", lambda t: t.replace("registry:\n- ./trackers.ini", ""))
    assert "is missing" in diagnose("config.yaml", lambda t: t.replace("./trackers.ini", "./other.ini"))
    assert "neither a file" in diagnose("config.yaml", lambda t: t.replace("local.yaml", "vot1066"))
    assert "empty line" in diagnose("sequences/list.txt", lambda t: t + "\n")
    assert "is missing" in diagnose("sequences/list.txt", lambda t: t + "gone\n")


def test_doctor_on_bounds(diagnose):
    def published(text: str) -> str:
        return text.replace("low: 2, high: 6", "low: 100, high: 356")

    said = diagnose("local.yaml", published)
    assert "EAO of baseline, realtime from 100 to 356 frames" in said and "it is NaN" in said
    assert "write low: 2 and high: 6" in said
    said = diagnose("local.yaml", lambda t: t.replace("high: 6", "high: 8"))
    assert "the longest sequence has 8: it covers less" in said


def test_doctor_on_sequences(diagnose, made):
    truth, settings = "sequences/cup/groundtruth.txt", "sequences/cup/sequence"
    assert "holds NaN" in diagnose(truth, lambda t: "nan,1,2,3\n" + t.partition("\n")[2])
    assert "8 frames but 9 lines" in diagnose(truth, lambda t: t + "\n")
    assert "8 frames but 7 lines" in diagnose(truth, lambda t: t.partition("\n")[2])
    assert "no whole number" in diagnose(settings, lambda t: t.replace("30", "29.97"))
    assert "keeps the toolkit from checking" in diagnose(settings, lambda t: t + "length=8\n")
    frame = made / "sequences/cup/color/00000004.jpg"
    target = frame.readlink()
    frame.unlink()
    frame.symlink_to(made / "nowhere.jpg")
    assert "color/00000004.jpg is missing, or leads nowhere" in "".join(f.what for f in doctor.examine(made))
    frame.unlink()
    frame.symlink_to(target)
    first = made / "sequences/cup/color/00000001.jpg"
    first.unlink()
    first.write_bytes(b"no image")
    assert "is no image" in "".join(f.what for f in doctor.examine(made))
    shutil.rmtree(made / "sequences")
    assert "no list.txt" in "".join(f.what for f in doctor.examine(made))


def test_doctor_on_results(diagnose, made, monkeypatch):
    """A stale cache, and a tracker that ended early."""
    result, cached = made / "results/fkcf-hog/baseline/cup/cup_001.bin", made / "cache/analysis/x/baseline/fkcf-hog/cup"
    for path in (cached, result):
        path.parent.mkdir(parents=True)
        path.touch()
    os.utime(cached, (1000, 1000))
    assert ["VOT_PERSISTENT_CACHE=0" in f.remedy for f in doctor.examine(made)] == [True]
    monkeypatch.setenv("VOT_PERSISTENT_CACHE", "0")
    assert doctor.examine(made) == []
    (made / "logs").mkdir()
    log = made / "logs/fkcf-hog_2026.log"
    log.write_text("@@TRAX:hello\nframe 3: cannot be decoded\nProcess exited with code (2)\n")
    os.utime(result, (1000, 1000))
    assert ["it said: frame 3: cannot be decoded" in f.what for f in doctor.examine(made)] == [True]


def test_doctor_on_downloads(diagnose, made):
    (made / "sequences/list.txt").unlink()
    (made / "local.yaml").write_text("dataset: http://x/description.json\n" + (made / "local.yaml").read_text())
    assert any("will download http://x" in f.what for f in doctor.examine(made))


def test_doctor_on_versions(made, monkeypatch):
    installed = {"vot-toolkit": "0.9.0", "vot-trax": "4.0.2"}

    def version(name: str) -> str:
        if name not in installed:
            raise importlib.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    monkeypatch.setattr(importlib.util, "find_spec", lambda *_: None)
    first, second = doctor.examine(made)
    assert "vot-toolkit 0.9.0" in first.what and "no EAO" in first.what and "cfvgg-plugin[vot]" in first.remedy
    assert "attributee is not installed" in second.what and "cfvgg-plugin[vot]" in second.remedy


def test_host_not_installed(complains, made, monkeypatch):
    monkeypatch.setitem(sys.modules, "trax", None)
    assert "pip install 'cfvgg-plugin[vot]'" in complains("vot", "serve", "--tracker", "fkcf/gray")
    monkeypatch.setitem(sys.modules, "yaml", None)
    (made / "analysis").mkdir()
    write_analysis(made / "analysis/A.json", {"fkcf-hog": 0.5})
    assert "pip install 'cfvgg-plugin[vot]'" in complains("vot", "eao", made)


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
