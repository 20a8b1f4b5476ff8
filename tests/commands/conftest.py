"""Fixtures of the command line's tests: it runs in this process; real processes only where signals are at stake."""

import signal
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin import cli
from tests.conftest import moving_blob
from tests.layouts import write_video


@pytest.fixture
def run(monkeypatch, capsys):
    """Run `cfvgg ARGS`; returns exit status, stdout, stderr."""

    def call(*args: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["cfvgg", *map(str, args)])
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return call


@pytest.fixture
def complains(run, tmp_path):
    """Run `cfvgg ARGS` and check that it refuses in one clear line, with status 2, and writes nothing."""

    def call(*args: object) -> str:
        before = sorted(tmp_path.rglob("*"))
        status, out, err = run(*args)
        assert status == 2
        assert out == ""
        assert err.startswith("cfvgg: ") and err.count("\n") == 1 and "Traceback" not in err
        assert sorted(tmp_path.rglob("*")) == before
        return err

    return call


@pytest.fixture
def frames(tmp_path) -> tuple[Path, np.ndarray]:
    folder = tmp_path / "frames"
    folder.mkdir()
    images, boxes = moving_blob(12)
    for number, image in enumerate(images, 1):
        cv2.imwrite(str(folder / f"{number}.png"), image[:, :, ::-1])  # natural order: 2 before 10
    return folder, boxes


@pytest.fixture
def video(tmp_path) -> Path:
    path = tmp_path / "video.avi"
    write_video(path, moving_blob(20)[0], 25)
    return path


@pytest.fixture
def dataset(tmp_path) -> Path:
    root = tmp_path / "otb"
    for name, count in (("One", 10), ("Two", 6)):
        (root / name / "img").mkdir(parents=True)
        images, boxes = moving_blob(count)
        for number, image in enumerate(images, 1):
            cv2.imwrite(str(root / name / "img" / f"{number:04d}.png"), image[:, :, ::-1])
        np.savetxt(root / name / "groundtruth_rect.txt", boxes + [1, 1, 0, 0], fmt="%d", delimiter="\t")
    return root
