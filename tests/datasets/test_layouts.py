from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.errors import InputError


def make_sequence(root: Path, name: str, lines: list[str], frames: int = 3, target: str = "", first: int = 1) -> Path:
    folder = root / name / "img"
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(first, first + frames):
        cv2.imwrite(str(folder / f"{i:04d}.jpg"), np.full((40, 60, 3), i % 200, np.uint8))
    (root / name / f"groundtruth_rect{target}.txt").write_text("\n".join(lines) + "\n")
    return root


@pytest.mark.parametrize("line", ["11,21,5,6", "11\t21\t5\t6", "11 21  5 6", "11, 21, 5, 6 "])
def test_separators_and_one_based_boxes(tmp_path, line):
    sequence = load_otb(make_sequence(tmp_path, "A", [line] * 3))[0]
    assert sequence.name == "A"
    assert len(sequence.frames) == 3
    np.testing.assert_array_equal(sequence.boxes, [(10, 20, 5, 6)] * 3)


def test_empty_boxes_become_nan(tmp_path):
    sequence = load_otb(make_sequence(tmp_path, "A", ["1,1,5,6", "NaN,NaN,NaN,NaN", "0,0,0,0"]))[0]
    assert np.isnan(sequence.boxes[1:]).all() and np.isfinite(sequence.boxes[0]).all()


def test_two_targets_in_one_video(tmp_path):
    for target in (".1", ".2"):
        make_sequence(tmp_path, "Jogging", [f"{target[1]},1,5,6"] * 3, target=target)
    assert [s.name for s in load_otb(tmp_path)] == ["Jogging.1", "Jogging.2"]
    assert load_otb(tmp_path, ["Jogging.2"])[0].boxes[0, 0] == 1


def test_more_frames_than_boxes(tmp_path):
    make_sequence(tmp_path, "Football1", ["1,1,5,6"] * 2, frames=4)
    make_sequence(tmp_path, "David", ["1,1,5,6"] * 2, frames=5, first=298)
    david, football = load_otb(tmp_path)
    assert [f.name for f in football.frames] == ["0001.jpg", "0002.jpg"]
    assert [f.name for f in david.frames] == ["0300.jpg", "0301.jpg"]  # annotated from frame 300 on


def test_unusable_datasets_are_named(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load_otb(tmp_path / "no")
    with pytest.raises(InputError, match="OTB layout"):
        load_otb(tmp_path)
    make_sequence(tmp_path, "A", ["1,1,5,6"] * 3)
    with pytest.raises(InputError, match="no sequence B .*there are A"):
        load_otb(tmp_path, ["A", "B"])
    for name, lines, words in (
        ("few", ["1,1,5,6"] * 4, "few: 3 frames but 4 boxes"),
        ("five", ["1,1,5,6", "1,1,5,6,7", "1,1,5,6"], "line 2 has 5"),
        ("text", ["one,two,three,four"] * 3, "line 1: numbers are expected"),
        ("none", [""], "no boxes"),
        ("start", ["0,0,0,0", "1,1,5,6", "1,1,5,6"], "first box"),
    ):
        make_sequence(tmp_path, name, lines)
        with pytest.raises(InputError, match=words):
            load_otb(tmp_path, [name])


def test_the_real_sequences(shared):
    sequences = {s.name: s for s in load_otb(shared("data/otb"))}
    assert len(sequences) == 12
    assert len(sequences["Diving"].boxes) == len(sequences["Diving"].frames) == 215
    np.testing.assert_array_equal(sequences["David"].boxes[0], (128, 79, 64, 78))
