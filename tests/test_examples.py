"""Every script of examples/ runs, and does what it says."""

import runpy
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin.boxes import overlaps
from tests.conftest import moving_blob
from tests.layouts import make_folder, write_video

EXAMPLES = Path(__file__).parent.parent / "examples"
SCRIPTS = sorted(EXAMPLES.glob("*.py"))


@pytest.fixture
def run_example(tmp_path, monkeypatch, capsys):
    """What a script prints for its arguments."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CFVGG_HOME", str(tmp_path / "home"))

    def run_example(name, *arguments):
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        said = capsys.readouterr()
        assert said.err == ""
        return said.out.splitlines()

    return run_example


@pytest.fixture
def video(tmp_path):
    images, boxes = moving_blob(8)
    write_video(tmp_path / "v.avi", images)
    return str(tmp_path / "v.avi"), boxes


def as_text(box):
    return ",".join(f"{value:g}" for value in box)


def test_every_script_has_a_test_and_says_how_it_is_called():
    here = Path(__file__).read_text(encoding="utf-8")
    for script in SCRIPTS:
        text = script.read_text(encoding="utf-8")
        assert f'"{script.name}"' in here and f"python {script.name}" in text and "cfvgg_plugin." not in text


def test_a_file_is_tracked(run_example, video):
    path, boxes = video
    rows = [line.split(",") for line in run_example("track_a_file.py", path, as_text(boxes[0]))]
    assert len(rows) == 7
    assert overlaps([[float(n) for n in row[:4]] for row in rows], boxes[1:]).min() > 0.6


def test_a_stream_is_tracked(run_example, video):
    path, boxes = video
    lines = run_example("track_a_stream.py", path, as_text(boxes[0]))
    assert len(lines) == 7 and all("target at" in line or "lost for" in line for line in lines)
    assert "target at" in lines[0]


def test_several_targets_are_tracked(run_example, video):
    path, boxes = video
    rows = [line.split(",") for line in run_example("several_targets.py", path, as_text(boxes[0]), "5,5,20,20")]
    assert [row[0] for row in rows] == ["1", "2"] * 7
    assert overlaps([[float(n) for n in row[1:5]] for row in rows[::2]], boxes[1:]).min() > 0.6


def test_settings_are_changed(run_example, video):
    path, boxes = video
    (line,) = run_example("own_settings.py", path, as_text(boxes[0]))
    assert overlaps([[float(word) for word in line.split(":")[1].split()]], boxes[-1:])[0] > 0.6


def test_trackers_are_compared(run_example, tmp_path):
    make_folder(tmp_path / "mine")
    lines = run_example("compare_trackers.py", str(tmp_path / "mine"))
    assert [line.split()[0] for line in lines] == ["fkcf/hog", "feco/hand_crafted", "Mine"]


def places(t: int) -> list[tuple[int, int]]:
    return [(10 + 3 * t, 15 + t), (170 - 2 * t, 80 - t // 2)]


def test_a_detector_brings_targets_in_and_corrects_them(tmp_path):
    """In a process of its own, as a user runs it."""
    rng = np.random.default_rng(2)
    ground = cv2.GaussianBlur(rng.integers(60, 130, (120, 200, 3), np.uint8), (0, 0), 2)
    patches = [np.kron(rng.integers(150, 255, (6, 6, 3), np.uint8), np.ones((4, 4, 1), np.uint8)) for _ in range(2)]
    images = [ground]
    for t in range(1, 31):
        image = ground.copy()
        for (x, y), patch in zip(places(t), patches, strict=True):
            image[y : y + 24, x : x + 24] = patch
        images.append(image)
    write_video(tmp_path / "v.avi", images)
    command = [sys.executable, EXAMPLES / "with_a_detector.py", tmp_path / "v.avi"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    rows = np.array([[float(word) for word in line.split(",")] for line in done.stdout.splitlines()])
    assert set(rows[:, 1]) == {1, 2}
    assert (rows[:, 0] == 30).sum() == 2
    for number, _, *box, _ in rows:
        truth = [(x, y, 24, 24) for x, y in places(int(number))]
        assert overlaps([box] * 2, truth).max() > 0.6
