"""Text files as users' editors write them."""

import numpy as np
import pytest

from cfvgg_plugin.datasets.boxes import read_boxes, read_tracks
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.system.files import read_lines
from cfvgg_plugin.video.frames import image_files
from tests.layouts import make_got10k, make_otb, make_vot, write_boxes

MARK = b"\xef\xbb\xbf"


def mark(path):
    path.write_bytes(MARK + path.read_bytes())


def test_a_byte_order_mark_is_no_part_of_boxes(tmp_path):
    make_otb(tmp_path / "otb")
    before = load_dataset("otb", tmp_path / "otb").sequences[0].boxes
    mark(tmp_path / "otb" / "Deer" / "groundtruth_rect.txt")
    assert np.array_equal(load_dataset("otb", tmp_path / "otb").sequences[0].boxes, before)
    for text in (b"frame,x,y,w,h\n0,1,2,3,4\n", b"1,2,3,4\n", b"1,7,1,2,3,4,1,-1,-1,-1\n"):
        (tmp_path / "t.txt").write_bytes(MARK + text)
        assert len(read_tracks(tmp_path / "t.txt").boxes) == 1


def test_a_byte_order_mark_is_no_part_of_raw_results(tmp_path):
    make_otb(tmp_path / "otb")
    sequences = load_dataset("otb", tmp_path / "otb").sequences
    file = tmp_path / "raw" / "Deer.txt"
    write_boxes(file, sequences[0].boxes + [1, 1, 0, 0])
    mark(file)
    (result,) = read_results(tmp_path / "raw", sequences).trackers
    assert result.mean("auc") > 0.9


def test_a_byte_order_mark_in_the_layouts_of_got10k(tmp_path):
    make_got10k(tmp_path)
    before = load_dataset("got10k", tmp_path).sequences[0]
    for path in (
        tmp_path / "val" / "list.txt",
        *tmp_path.glob("val/*/groundtruth.txt"),
        *tmp_path.glob("val/*/cover.label"),
    ):
        mark(path)
    after = load_dataset("got10k", tmp_path).sequences[0]
    assert after.name == before.name and np.array_equal(after.boxes, before.boxes, equal_nan=True)


@pytest.mark.parametrize("name", ["../../evil", "/abs/path"])
def test_a_name_in_a_list_is_no_path(tmp_path, name):
    make_got10k(tmp_path)
    (tmp_path / "val" / "list.txt").write_text(name)
    with pytest.raises(InputError, match="name of a sequence"):
        load_dataset("got10k", tmp_path)


@pytest.mark.parametrize("ending", [".JPG", ".png"])
def test_images_with_another_ending_than_got10k_reads(tmp_path, ending):
    make_got10k(tmp_path)
    for image in list(tmp_path.glob("val/*/*.jpg")):
        image.rename(image.with_suffix(ending))
    with pytest.raises(InputError, match=rf"0 images but 12 boxes in .*; there are 12 of {ending}, .*rename"):
        load_dataset("got10k", tmp_path)


def test_a_bad_value_is_named_with_its_line(tmp_path):
    file = tmp_path / "b.txt"
    for text, message in (
        (b"1,2,3,4\n1,2,x,4\n", "line 2: numbers are expected, not '1,2,x,4'"),
        (b"1,2,3,4\n\n1,2,3\xb2,4\n", "line 3: bytes that are not UTF-8"),
        ("1,2,3,4\n1,2,3²,4\n".encode(), "line 2: numbers are expected"),
        (b"1_0,2,3,4\n", "line 1: numbers are expected"),
        (b"1,2,3\n", "line 1 has 3 numbers"),
    ):
        file.write_bytes(text)
        with pytest.raises(InputError, match=message):
            read_boxes(file)
    with pytest.raises(InputError, match="Is a directory"):
        read_boxes(tmp_path)


def test_a_bad_value_in_the_layouts_of_got10k_is_named_with_its_line(tmp_path):
    make_got10k(tmp_path)
    (truth,) = tmp_path.glob("val/*/groundtruth.txt")
    lines = truth.read_text().splitlines()
    lines[4] = "1,2,x,4"
    truth.write_text("\n".join(lines))
    with pytest.raises(InputError, match="line 5: numbers are expected"):
        load_dataset("got10k", tmp_path)


def test_digits_that_are_no_numbers(tmp_path):
    for name in ("img².jpg", "²3.png", "10.jpg", "9.jpg", "٣.jpg"):
        (tmp_path / name).write_bytes(b"")
    assert [file.name for file in image_files(tmp_path)].index("9.jpg") < [f.name for f in image_files(tmp_path)].index(
        "10.jpg"
    )


def test_lines_end_with_line_feeds_alone(tmp_path):
    file = tmp_path / "l.txt"
    file.write_bytes(MARK + "a b\r\nc\x0bd\u2028e\n".encode())
    assert read_lines(file) == ["a b", "c\x0bd\u2028e"]


def test_names_with_spaces_in_lists_of_vot(tmp_path):
    from cfvgg_plugin.integration.vot.sequences import read_sequences

    make_vot(tmp_path)
    (tmp_path / "bag").rename(tmp_path / "my bag")
    (tmp_path / "list.txt").write_bytes(MARK + b"my bag\r\nball1\r\n")
    assert [sequence.name for sequence in read_sequences(tmp_path)] == ["my bag", "ball1"]
    mark(tmp_path / "my bag" / "groundtruth.txt")
    assert read_sequences(tmp_path)[0].groundtruth[0][0].isdecimal()


@pytest.mark.parametrize("line", ["frame,x,y,w,h\n2147483648,1,2,3,4\n", "2147483648,1,1,2,3,4,1\n"])
def test_a_frame_number_that_is_none_takes_no_memory(tmp_path, line):
    (tmp_path / "t.txt").write_text(line)
    with pytest.raises(InputError, match="t.txt: line .* 3000000"):
        read_tracks(tmp_path / "t.txt")
