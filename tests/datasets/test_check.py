"""Every fault that a copy of a dataset can have is found, named and survived."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin.datasets.check import check_dataset
from cfvgg_plugin.errors import InputError
from tests.conftest import OPENCV_5
from tests.layouts import (
    make_clips,
    make_dtb70,
    make_folder,
    make_got10k,
    make_got10k_test,
    make_lasot,
    make_nfs,
    make_otb,
    make_tc128,
    make_tld,
    make_uav123,
    make_uav123_10fps,
    make_vot,
)


def check(name: str, root: Path, **options) -> tuple[object, list[str]]:
    lines: list[str] = []
    return check_dataset(name, root, say=lines.append, **options), lines


@pytest.fixture
def deer(tmp_path) -> Path:
    """Deer, as long as it is."""
    make_otb(tmp_path, count=71)
    return tmp_path / "Deer"


def image(deer: Path, number: int) -> Path:
    return deer / "img" / f"{number:04d}.jpg"


@pytest.mark.parametrize(
    ("name", "make", "frames"),
    [
        ("otb2015", lambda root: make_otb(root, count=71), 71),
        ("tc128", lambda root: make_tc128(root, 391), 391),
        ("uav123", make_uav123, 109),
        ("uav123_10fps", make_uav123_10fps, 37),
        ("dtb70", lambda root: make_dtb70(root, 68), 68),
        ("nfs", make_nfs, 12),
        ("got10k", make_got10k, 12),
        ("got10k", make_got10k_test, 12),
        ("vot2017", make_vot, 24),
        ("folder", make_folder, 12),
        ("tld", make_tld, 12),
        ("clips", make_clips, 12),
        ("clips_validation_2", make_clips, 6),
        ("clips_validation_light", make_clips, 12),
    ],
)
def test_whole_sequences_are_ready(name, make, frames, tmp_path):
    make(tmp_path)
    outcome, lines = check(name, tmp_path)
    assert outcome.sound and outcome.frames == frames and outcome.ready == (2 if name == "vot2017" else 1)
    assert [line.split(":")[0] for line in lines] in (["missing"], [])


def test_missing_sequences_are_named_but_no_fault(deer):
    outcome, lines = check("otb2013", deer.parent)
    assert outcome.sound and (outcome.ready, outcome.total) == (1, 51)
    assert len(lines) == 1 and lines[0].startswith("missing: 50 of 51 sequences: Basketball, Bolt, Boy")
    make_otb(deer.parent, "Mine")
    assert check("otb2013", deer.parent)[1][1:] == ["left out, not of OTB-2013: Mine"]


def test_a_missing_sequence_that_was_asked_for_is_a_fault(deer):
    outcome, lines = check("otb2013", deer.parent, names=["Deer", "Boy"])
    assert not outcome.sound and (outcome.ready, outcome.total) == (1, 2)
    assert lines == ["missing: 1 of 2 sequences: Boy"]
    with pytest.raises(InputError, match="no sequence Boi of OTB-2013"):
        check("otb2013", deer.parent, names=["Boi"])


def delete(deer):
    for number in (7, 8, 9, 20):
        image(deer, number).unlink()


def truncate(deer):
    image(deer, 30).write_bytes(image(deer, 30).read_bytes()[: -200 if OPENCV_5 else 100])
    image(deer, 31).write_bytes(b"")


def resize(deer):
    cv2.imwrite(str(image(deer, 12)), np.zeros((60, 80, 3), np.uint8))


def start(deer, line):
    file = deer / "groundtruth_rect.txt"
    file.write_text("\n".join([line, *file.read_text().splitlines()[1:]]))


def shorten(deer):
    file = deer / "groundtruth_rect.txt"
    file.write_text("\n".join(file.read_text().splitlines()[:60]))


@pytest.mark.parametrize(
    ("harm", "findings"),
    [
        (delete, ["frames missing: 7-9, 20 (4 in all)", "67 frames but 71 boxes"]),
        (lambda deer: image(deer, 71).unlink(), ["70 frames but 71 boxes"]),
        (shorten, ["60 boxes, the benchmark has 71"]),
        (lambda deer: start(deer, "NaN,NaN,NaN,NaN"), ["the first box is empty or not finite"]),
        (lambda deer: start(deer, "500,500,20,20"), ["first box 499,499,20,20: lies outside the frame of 160x120"]),
        (lambda deer: start(deer, "1,2,3"), ["line 1 has 3 numbers"]),
        (
            lambda deer: shutil.copy(image(deer, 5), deer / "img" / "0005.png"),
            ["frame 0005 is there twice: 0005.jpg and 0005.png"],
        ),
        (truncate, ["cannot be decoded: 0030.jpg, 0031.jpg"]),
        (resize, ["of another size than 0001.jpg, 160x120: 0012.jpg 80x60"]),
        (lambda deer: (deer / "groundtruth_rect.txt").write_text(""), ["no boxes in it"]),
        (lambda deer: [path.unlink() for path in (deer / "img").iterdir()], ["no images in it"]),
    ],
)
def test_faults(harm, findings, deer):
    make_otb(deer.parent, "Other")
    harm(deer)
    outcome, lines = check("otb", deer.parent)
    expected = findings if harm is not shorten else ["71 images but 60 boxes"]
    assert len(lines) == len(expected) and not outcome.sound and (outcome.ready, outcome.frames) == (1, 12)
    for line, finding in zip(lines, expected, strict=True):
        assert line.startswith("Deer: ") and finding in line
    outcome, lines = check("otb2015", deer.parent)
    assert not outcome.sound and outcome.ready == 0 and findings[0] in lines[2]


def test_quick_opens_no_image(deer):
    truncate(deer)
    outcome, lines = check("otb2015", deer.parent, quick=True)
    assert outcome.sound and outcome.frames == 71 and len(lines) == 1


def test_a_sequence_that_is_there_twice(deer):
    root = deer.parent
    make_otb(root, "Jogging-1", count=307)
    shutil.copytree(root / "Jogging-1", root / "Jogging")
    (root / "Jogging" / "groundtruth_rect.txt").rename(root / "Jogging" / "groundtruth_rect.1.txt")
    outcome, lines = check("otb2013", root, quick=True)
    assert not outcome.sound and lines[1:] == ["sequence Jogging.1: is there 2 times"]


def test_faults_of_other_layouts(tmp_path):
    for make in (make_lasot, make_uav123, make_got10k):
        make(tmp_path)
    for gone in ("data_seq/UAV123/uav6/000020.jpg", "airplane/airplane-1/out_of_view.txt"):
        (tmp_path / gone).unlink()
    (tmp_path / "val" / "list.txt").write_text("GOT-10k_Val_000001\nGOT-10k_Val_000002\nGOT-10k_Val_000001")
    _, lines = check("uav123", tmp_path)
    assert lines[1] == "uav6: frames missing: 20 (1 in all)" and "000020.jpg: does not exist (1 of 109" in lines[2]
    _, lines = check("lasot", tmp_path)
    assert len(lines) == 2 and "out_of_view.txt" in lines[1]
    outcome, lines = check("got10k", tmp_path)
    assert not outcome.sound and outcome.total == 180
    assert lines == ["missing: 1 of 3 sequences: GOT-10k_Val_000002", "sequence GOT-10k_Val_000001: is there 2 times"]


def test_real_sequences(shared):
    outcome, lines = check("otb2015", shared("data/otb"), quick=True)
    assert outcome.sound and (outcome.ready, outcome.total, outcome.frames) == (12, 100, 2582) and len(lines) == 1
    outcome, lines = check("folder", shared("data/vot"), names=["cup"])
    assert outcome.sound and (outcome.ready, outcome.total, outcome.frames) == (1, 1, 303) and lines == []
