"""Readers of six benchmarks beside the classes of the got10k toolkit, on the same folders."""

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.datasets.sequence import read_list
from cfvgg_plugin.errors import InputError
from tests.layouts import (
    FRAMES,
    make_dtb70,
    make_got10k,
    make_got10k_test,
    make_lasot,
    make_nfs,
    make_tc128,
    make_uav123,
    write_boxes,
    write_frames,
)

pytest.importorskip("got10k", reason="the extra got10k is not installed")
from got10k import datasets as theirs


def make_more_tc128(root: Path) -> None:
    """Frames that begin at 5, the last two of which are left over."""
    boxes = write_frames(root / "Ball_ce2" / "img", first=3)
    write_boxes(root / "Ball_ce2" / "Ball_ce2_gt.txt", boxes[2:-2], "%.2f")
    (root / "Ball_ce2" / "Ball_ce2_frames.txt").write_text(f"5,{FRAMES}\n")


def make_more_nfs(root: Path) -> None:
    """Boxes of 240 frames a second; a box more than images; a label of two words; an image that is hidden."""
    boxes = write_frames(root / "bee" / "30" / "bee", "{:05d}.jpg")
    lines = [f'0 {x} {y} {x + w} {y + h} {i} 0 1 0 "a bee"' for i, (x, y, w, h) in enumerate(np.repeat(boxes, 8, 0))]
    (root / "bee" / "30" / "bee.txt").write_text("\n".join(lines[:-3]))
    boxes = write_frames(root / "biker_all_1" / "30" / "biker_all_1", "{:05d}.jpg", FRAMES - 1)
    lines = [f"3 {x + 0.5} {y} {x + w} {y + h} {i} 0 0 0 biker_all_1" for i, (x, y, w, h) in enumerate(boxes)]
    (root / "biker_all_1" / "30" / "biker_all_1.txt").write_text("\n".join([*lines, lines[-1]]) + "\n")
    (root / "biker_all_1" / "30" / "biker_all_1" / "._00001.jpg").touch()
    (root / ".trash" / "30").mkdir(parents=True)
    (root / ".trash" / "30" / ".trash.txt").write_text("\n".join(lines))


def make_more_dtb70(root: Path) -> None:
    """Boxes without area."""
    boxes = write_frames(root / "BMX2" / "img", "{:05d}.jpg")
    boxes[[4, 7], 2:] = 0
    write_boxes(root / "BMX2" / "groundtruth_rect.txt", boxes, "%g")


def make_more_lasot(root: Path) -> None:
    """One more class, flags a line each, a box of NaN."""
    folder = root / "electricfan" / "electricfan-10"
    boxes = write_frames(folder / "img", "{:08d}.jpg")
    boxes[6] = np.nan
    write_boxes(folder / "groundtruth.txt", boxes, "%g")
    for name in ("full_occlusion", "out_of_view"):
        (folder / f"{name}.txt").write_text("0\n" * FRAMES)


def make_more_got10k(root: Path) -> None:
    """A list in another order than the alphabet's."""
    make_got10k(root)
    folder = root / "val" / "GOT-10k_Val_000001"
    (root / "val" / "list.txt").write_text("GOT-10k_Val_000002\nGOT-10k_Val_000001\n")
    (folder.with_name("GOT-10k_Val_000002")).symlink_to(folder)


class LaSOT(theirs.LaSOT):
    """The released class cannot be opened; how it reads a sequence can be called."""

    def __init__(self, root: str) -> None:
        self.seq_names = [n for n in read_list("lasot") if Path(root, n.rpartition("-")[0], n).is_dir()]
        folders = [Path(root, n.rpartition("-")[0], n) for n in self.seq_names]
        self.seq_dirs = [str(folder / "img") for folder in folders]
        self.anno_files = [str(folder / "groundtruth.txt") for folder in folders]
        self.return_meta = True

    def _fetch_meta(self, folder: str) -> dict[str, np.ndarray]:
        Path(folder).with_name("nlp.txt").touch()
        return super()._fetch_meta(folder)


HIDES = {
    "lasot": lambda meta: (meta["full_occlusion"] > 0) | (meta["out_of_view"] > 0),
    "got10k": lambda meta: meta["cover"] == 0,
}
CASES = [
    ("tc128", [make_tc128, make_more_tc128], lambda root: theirs.TColor128(root, download=False), 1),
    ("uav123", [make_uav123], theirs.UAV123, 1),
    ("lasot", [make_lasot, make_more_lasot], LaSOT, 1),
    ("nfs", [make_nfs, make_more_nfs], lambda root: theirs.NfS(root, fps=30), 0),
    ("dtb70", [make_dtb70, make_more_dtb70], theirs.DTB70, 1),
    ("got10k", [make_more_got10k], lambda root: theirs.GOT10k(root, "val", return_meta=True), 1),
    ("got10k", [make_got10k_test], lambda root: theirs.GOT10k(root, "test"), 1),
]


@pytest.mark.parametrize(("name", "makers", "open_theirs", "first_pixel"), CASES)
def test_sequences_are_those_of_got10k(name, makers, open_theirs, first_pixel, tmp_path):
    for make in makers:
        make(tmp_path)
    ours = load_dataset(name, tmp_path).sequences
    with contextlib.redirect_stdout(io.StringIO()):
        other = open_theirs(str(tmp_path))
    assert [s.name for s in ours] == sorted(other.seq_names) and ours
    for sequence in ours:
        files, boxes, *meta = other[sequence.name]
        assert [str(frame) for frame in sequence.frames] == files
        expected = np.full((len(files), 4), np.nan)
        expected[: len(boxes)] = boxes - [first_pixel, first_pixel, 0, 0]
        expected[(expected[:, 2:] <= 0).any(axis=1)] = np.nan
        if meta:
            expected[HIDES[name](meta[0])] = np.nan
        np.testing.assert_array_equal(sequence.boxes, expected)
        assert sequence.absent is None


def test_nothing_beyond_the_last_frame_of_the_list(tmp_path):
    make_dtb70(tmp_path, 80)
    (sequence,) = load_dataset("dtb70", tmp_path).sequences
    assert len(sequence.frames) == len(sequence.boxes) == 68


@pytest.mark.parametrize("text", ["1", "1,2,3", "1.5,12", "3,x", "1,1e300"])
def test_a_span_that_is_none(text, tmp_path):
    make_tc128(tmp_path)
    (tmp_path / "Ball_ce1" / "Ball_ce1_frames.txt").write_text(text)
    with pytest.raises(InputError, match="Ball_ce1_frames.txt: "):
        load_dataset("tc128", tmp_path)


@pytest.mark.parametrize("line", ["0 1 2 3", "0,1,2,3,4", "0 1 2 x 4"])
def test_a_line_of_vatic_that_is_none(line, tmp_path):
    make_nfs(tmp_path)
    file = tmp_path / "yoyo" / "30" / "yoyo.txt"
    file.write_text(f"{file.read_text()}\n{line}\n")
    with pytest.raises(InputError, match=rf"yoyo.txt: line 13: numbers are expected, not '{line}'"):
        load_dataset("nfs", tmp_path)
