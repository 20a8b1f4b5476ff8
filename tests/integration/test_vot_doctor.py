"""Known traps of the VOT toolkit, found in workspaces that have them."""

import importlib.metadata
import os
import shutil
import sys

import pytest

from cfvgg_plugin.integration.vot import doctor


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


def test_doctor_on_an_experiment_at_which_the_toolkit_stops(diagnose):
    more = "  again:\n    type: unsupervised\n    transformers: [{type: redetection, length: 200}]\n"
    assert "stops at the experiment again" in diagnose("local.yaml", lambda text: text + more)


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
