"""Fixtures of the hosts' tests: the command line, as in the commands' tests, and folders of sequences."""

from pathlib import Path

import cv2
import pytest

from tests.commands.conftest import complains, run
from tests.conftest import moving_blob

__all__ = ["complains", "run"]

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
