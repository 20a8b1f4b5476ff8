"""In a checkout of pytracking: the stand-in beside this file, or a copy of the real one that PYTRACKING_ROOT names."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin import cli, create_tracker, save_weights
from cfvgg_plugin.integration.pytracking.install import MARK
from tests.conftest import moving_blob

REAL = os.environ.get("PYTRACKING_ROOT")
SOURCE = Path(REAL or Path(__file__).parent / "fake_pytracking")
SEQUENCE, FRAMES = "Crossing", 120 if REAL else 15
LOCAL = """from pytracking.evaluation.environment import EnvSettings


def local_env_settings():
    settings = EnvSettings()
    settings.otb_path = {otb!r}
    settings.results_path = {results!r}
    return settings
"""


@pytest.fixture
def cfvgg(monkeypatch, capsys):
    """Run `cfvgg pytracking ARGS`; returns exit status, stdout, stderr."""

    def call(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cfvgg", "pytracking", *map(str, args)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


@pytest.fixture
def checkout(tmp_path) -> Path:
    skipped = shutil.ignore_patterns(".git", ".figs", "__pycache__", "local.py", "tracking_results", "notebooks")
    return Path(shutil.copytree(SOURCE, tmp_path / "checkout", ignore=skipped))


@pytest.fixture
def ready(checkout, shared, tmp_path) -> Path:
    """With a local.py, OTB, and no shims yet."""
    otb = tmp_path / "otb"
    listed = checkout / "pytracking" / "evaluation" / "otbdataset.py"
    for path in re.findall(r'"anno_path": "([^"]+)"', listed.read_text()) if listed.exists() else []:
        (otb / path).parent.mkdir(parents=True, exist_ok=True)
        (otb / path).write_text("1,1,10,10\n" * 20)  # all are read before one sequence is run
    source = shared(f"data/otb/{SEQUENCE}")
    (otb / SEQUENCE / "img").mkdir(parents=True, exist_ok=True)
    for file in sorted((source / "img").iterdir())[:FRAMES]:
        shutil.copy(file, otb / SEQUENCE / "img")
    lines = (source / "groundtruth_rect.txt").read_text().splitlines()[:FRAMES]
    (otb / SEQUENCE / "groundtruth_rect.txt").write_text("\n".join(lines) + "\n")
    local = LOCAL.format(otb=str(otb), results=str(tmp_path / "results"))
    (checkout / "pytracking" / "evaluation" / "local.py").write_text(local)
    return checkout


@pytest.fixture
def weights(random_weights, tmp_path) -> Path:
    save_weights(random_weights, tmp_path / "w.safetensors")
    return tmp_path / "w.safetensors"


def python(checkout: Path, *args: object) -> str:
    """Run a script in the checkout; returns what it prints."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"}
    command = [sys.executable, "-W", "ignore", *map(str, args)]
    done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_tracker(checkout: Path, *args: object) -> tuple[str, np.ndarray]:
    """Run pytracking's run_tracker.py; returns what it prints, and the boxes in the result file."""
    said = python(checkout, "pytracking/run_tracker.py", *args, "--dataset_name", "otb", "--sequence", SEQUENCE)
    return said, np.loadtxt(checkout.parent / "results" / str(args[0]) / str(args[1]) / f"{SEQUENCE}.txt")


def contents(folder: Path) -> dict[str, bytes | None]:
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in sorted(folder.rglob("*"))}


def test_uninstall_leaves_the_checkout_as_it_was(cfvgg, checkout, weights):
    before = contents(checkout)
    status, out, _ = cfvgg("install", checkout, "--weights", weights)
    assert status == 0 and "feco" in out and "hand_crafted" in out and "run_tracker.py feco default" in out
    installed = contents(checkout)
    assert {path: installed[path] for path in before} == before
    new = {path: text for path, text in installed.items() if path not in before and text is not None}
    assert all(text.decode().startswith(MARK) for text in new.values())
    assert {"pytracking/tracker/fkcf/__init__.py", "pytracking/parameter/eco/cfvgg.py"} <= new.keys()
    assert str(weights) in new["pytracking/parameter/feco/default.py"].decode()
    compiled = checkout / "pytracking" / "parameter" / "feco" / "__pycache__"
    compiled.mkdir()
    (compiled / "default.cpython-311.pyc").write_bytes(b"")
    assert cfvgg("uninstall", checkout)[:2] == (0, f"{len(new)} files removed below {checkout / 'pytracking'}\n")
    assert contents(checkout) == before


def test_install_again_renews(cfvgg, checkout, weights):
    cfvgg("install", checkout, "--weights", weights)
    package = checkout / "pytracking"
    old = package / "parameter" / "fkcf" / "gone.py"
    old.write_text(f"{MARK}\n")
    mine = package / "parameter" / "fkcf" / "mine.py"
    mine.write_text("def parameters(): ...\n")
    assert cfvgg("install", checkout)[0] == 0
    assert not old.exists() and str(weights) not in (package / "parameter" / "feco" / "default.py").read_text()
    cfvgg("uninstall", checkout)
    assert contents(package / "parameter" / "fkcf") == {"mine.py": mine.read_bytes()}


def test_foreign_files_stay(cfvgg, checkout):
    theirs = checkout / "pytracking" / "parameter" / "eco" / "cfvgg.py"
    theirs.write_text("# somebody's own\n")
    before = contents(checkout)
    status, out, err = cfvgg("install", checkout)
    assert (status, out) == (2, "") and str(theirs) in err and err.count("\n") == 1
    assert contents(checkout) == before
    assert "in the way" in cfvgg("status", checkout)[1]
    assert cfvgg("uninstall", checkout)[0] == 0
    assert contents(checkout) == before


def test_status(cfvgg, checkout):
    status, out, _ = cfvgg("status", checkout)
    assert status == 0 and out.startswith("0 of ") and "local.py is missing" in out
    cfvgg("install", checkout)
    (checkout / "pytracking" / "evaluation" / "local.py").write_text(LOCAL)
    out = cfvgg("status", checkout)[1]
    assert not out.startswith("0 of ") and "fdeepstrcf" in out and "local.py" not in out


@pytest.mark.parametrize("action", ["install", "uninstall", "status"])
def test_not_a_checkout(cfvgg, checkout, tmp_path, action):
    before = contents(tmp_path)
    for root, says in ((tmp_path, "not a checkout"), (checkout / "pytracking", f"give {checkout}")):
        status, out, err = cfvgg(action, root)
        assert (status, out) == (2, "") and says in err and err.count("\n") == 1
    assert contents(tmp_path) == before


def test_bad_weights(cfvgg, checkout, tmp_path):
    (tmp_path / "bad.mat").write_text("text")
    before = contents(tmp_path)
    for weights, says in (("nothing.mat", "no such file"), (tmp_path / "bad.mat", "not a weight file")):
        status, out, err = cfvgg("install", checkout, "--weights", weights)
        assert (status, out) == (2, "") and says in err and err.count("\n") == 1
    assert contents(tmp_path) == before


def test_run_tracker_gives_the_bare_trackers_boxes(cfvgg, ready):
    before = contents(ready)
    cfvgg("install", ready)
    said, boxes = run_tracker(ready, "feco", "hand_crafted")
    assert len(boxes) == FRAMES, said
    otb = ready.parent / "otb" / SEQUENCE
    tracker = create_tracker("feco/hand_crafted")
    images = [cv2.imread(str(file))[:, :, ::-1].copy() for file in sorted((otb / "img").iterdir())]
    start = [float(x) for x in re.split(r"[,\s]+", (otb / "groundtruth_rect.txt").read_text().split("\n")[0])]
    tracker.init(images[0], start)
    bare = [start, *(tracker.update(image).box for image in images[1:])]
    assert boxes == pytest.approx(np.array(bare).astype(int), abs=1)  # the host cuts fractions off
    cfvgg("uninstall", ready)
    assert contents(ready) == before


def test_run_tracker_in_two_processes(cfvgg, ready):
    cfvgg("install", ready)
    said, boxes = run_tracker(ready, "fdeepstrcf", "hand_crafted", "--threads", 2)
    assert len(boxes) == FRAMES, said


def test_the_hosts_own_eco_on_our_features(cfvgg, ready, weights):
    cfvgg("install", ready, "--weights", weights)
    said, boxes = run_tracker(ready, "eco", "cfvgg")
    assert boxes.shape == (FRAMES, 4), said


def test_video_and_vot2020(cfvgg, ready, tmp_path):
    cfvgg("install", ready)
    images, boxes = moving_blob(8)
    folder = tmp_path / "frames"
    folder.mkdir()
    writer = cv2.VideoWriter(str(tmp_path / "clip.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (160, 120))
    for number, image in enumerate(np.array(images) // np.array([1, 2, 4], np.uint8)):  # red
        writer.write(np.ascontiguousarray(image[:, :, ::-1]))
        cv2.imwrite(str(folder / f"{number:04d}.png"), image[:, :, ::-1])
    writer.release()
    driver = Path(__file__).parent / "drive_pytracking.py"
    told = json.loads(python(ready, driver, tmp_path / "clip.avi", *boxes[0], folder).splitlines()[-1])
    for colours in told["video"] + told["vot"]:
        assert colours[0] > 1.5 * colours[1] > 1.5 * colours[2]  # RGB, although run_video passes BGR
    assert len(told["reports"]) == 7 and told["reports"][-1] == pytest.approx(boxes[7], abs=3)
    rows = np.loadtxt(tmp_path / "results" / "fkcf" / "grey" / "video_clip_1.txt")
    assert len(rows) == 1 + len(told["video"]) == 11 and rows[-1] == pytest.approx(boxes[7], abs=3)
