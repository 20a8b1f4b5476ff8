"""The program of docs/targets.md does what the page says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from cfvgg_plugin.boxes import overlaps

PAGE = Path(__file__).parent.parent / "docs" / "targets.md"


def test_a_detector_brings_targets_in_and_corrects_them(tmp_path):
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert "multi.correct(" in program
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    rng = np.random.default_rng(2)
    ground = cv2.GaussianBlur(rng.integers(60, 130, (120, 200, 3), np.uint8), (0, 0), 2)
    patches = [np.kron(rng.integers(150, 255, (6, 6, 3), np.uint8), np.ones((4, 4, 1), np.uint8)) for _ in range(2)]
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 25, (200, 120))
    writer.write(ground)
    for t in range(1, 31):
        image = ground.copy()
        for (x, y), patch in zip(places(t), patches, strict=True):
            image[y : y + 24, x : x + 24] = patch
        writer.write(image)
    writer.release()
    home = os.environ | {"CFVGG_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "program.py", "v.avi"], cwd=tmp_path, capture_output=True, text=True, check=True, env=home
    )
    assert done.stderr == ""
    rows = np.array([[float(word) for word in line.split(",")] for line in done.stdout.splitlines()])
    assert set(rows[:, 1]) == {1, 2}
    assert (rows[:, 0] == 30).sum() == 2
    for number, _, *box, _ in rows:
        truth = [(x, y, 24, 24) for x, y in places(int(number))]
        assert overlaps([box] * 2, truth).max() > 0.6


def places(t: int) -> list[tuple[int, int]]:
    return [(10 + 3 * t, 15 + t), (170 - 2 * t, 80 - t // 2)]
