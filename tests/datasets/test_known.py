"""Every dataset that can be named, on short sequences in its layout, and on what there is of real ones."""

import ast
import shutil
from pathlib import Path

import numpy as np
import pytest

from cfvgg_plugin.datasets import known
from cfvgg_plugin.datasets.check import check_dataset
from cfvgg_plugin.datasets.known import DATASETS, load_dataset
from cfvgg_plugin.datasets.layouts import read_regions
from cfvgg_plugin.datasets.sequence import VideoFrame
from cfvgg_plugin.errors import InputError
from tests.conftest import moving_blob
from tests.layouts import FRAMES, MAKERS, OTHERS, make_clips, make_got10k_test, make_otb, make_vot, write_boxes

LAYOUTS = {**MAKERS, **OTHERS}
UNSCORED = {"uav123": [3], "uav123_10fps": [3], "lasot": [2, 4], "got10k": [5]}
NAMES = {
    "otb": "Deer", "otb2013": "Deer", "otb2015": "Deer", "tc128": "Ball_ce1", "uav123": "uav6", "uav123_10fps": "uav6",
    "lasot": "airplane-1", "nfs": "yoyo", "dtb70": "Motor2", "got10k": "GOT-10k_Val_000001", "folder": "Mine",
}  # fmt: skip


@pytest.fixture
def make(tmp_path):
    """Make a dataset's layout; returns its root."""

    def call(name: str) -> Path:
        root = tmp_path / name
        root.mkdir()
        LAYOUTS[name](root)
        return root

    return call


def test_every_dataset_has_a_layout_here():
    assert LAYOUTS.keys() == DATASETS.keys()


@pytest.mark.parametrize("name", NAMES)
def test_a_sequence_of_every_dataset(name, make):
    dataset = load_dataset(name, make(name))
    (sequence,) = dataset.sequences
    assert (dataset.name, dataset.title, dataset.total) == (name, DATASETS[name].title, DATASETS[name].total)
    assert sequence.name == NAMES[name] and all(frame.is_file() for frame in sequence.frames)
    boxes = np.resize(moving_blob(FRAMES)[1], (len(sequence.frames), 4))
    boxes[UNSCORED.get(name, [])] = np.nan
    np.testing.assert_allclose(sequence.boxes, boxes)  # 0-based, whatever the file counts from
    entry = DATASETS[name].entries().get(sequence.name)
    assert sequence.attributes == (entry.attributes if entry else ())


def test_attributes_come_with_the_sequences(make):
    assert load_dataset("otb", make("otb")).sequences[0].attributes == ("MB", "FM", "IPR", "BC")


@pytest.mark.parametrize("name", ["vot2016", "vot2017"])
def test_vot(name, make):
    root = make(name)
    make_vot(root / "..." / "deep")  # not looked at
    shutil.copytree(root / "bag", root / "cup")  # of an earlier year
    dataset = load_dataset(name, root)
    assert [s.name for s in dataset.sequences] == ["bag", "ball1"] and dataset.total == 60
    for sequence in dataset.sequences:
        np.testing.assert_allclose(sequence.boxes, moving_blob(FRAMES)[1])


def test_polygons_become_the_rectangle_around_them(tmp_path):
    file = tmp_path / "groundtruth.txt"
    file.write_text("10,0,20,10,10,20,0,10\n1,2,3,4\n0,0,6,0,3,5\n")
    np.testing.assert_array_equal(read_regions(file), [(0, 0, 20, 20), (1, 2, 3, 4), (0, 0, 6, 5)])
    file.write_text("1,2,3,4\n1,2,3,4,5\n")
    with pytest.raises(InputError, match="line 2 has 5 numbers"):
        read_regions(file)


def test_plain_folders(tmp_path):
    boxes = np.array([(4, 6, 24, 24)] * 3)
    for name, images, file in (
        ("a", "a", "groundtruth_rect.txt"),
        ("b", "b/img", "groundtruth.txt"),
        ("c", "c/color", "c.txt"),
    ):
        (tmp_path / images).mkdir(parents=True)
        for number in (1, 2, 10):
            (tmp_path / images / f"{number}.jpg").write_bytes(b"no image is opened")
        write_boxes(tmp_path / name / file, boxes)
    (tmp_path / "notes").mkdir()
    dataset = load_dataset("folder", tmp_path)
    assert [s.name for s in dataset.sequences] == ["a", "b", "c"] and dataset.total is None
    assert [s.boxes[0, 0] for s in dataset.sequences] == [3, 4, 4]
    assert [frame.stem for frame in dataset.sequences[1].frames] == ["1", "2", "10"]


def test_a_folder_of_folders_and_clips(tmp_path):
    make_otb(tmp_path, "Mine")
    make_clips(tmp_path, "street")
    one, other = load_dataset("folder", tmp_path).sequences
    assert (one.name, other.name) == ("Mine", "street.1") and isinstance(other.frames[0], VideoFrame)
    assert check_dataset("folder", tmp_path).sound


def test_every_target_of_mot(make):
    root = make("mot")
    three, seven = load_dataset("mot", root).sequences
    boxes = moving_blob(FRAMES)[1]
    assert (three.name, seven.name) == ("SEQ.3", "SEQ.7")
    assert [frame.name for frame in seven.frames] == [f"{number:06d}.jpg" for number in range(3, 10)]
    np.testing.assert_array_equal(three.boxes, boxes)
    np.testing.assert_array_equal(seven.boxes, boxes[2:9])
    assert check_dataset("mot", root).sound
    (root / "train" / "SEQ" / "gt" / "gt.txt").write_text("0,3,1,2,3,4,1\n")
    with pytest.raises(InputError, match="gt.txt: line 1: frame 0, id 3"):
        load_dataset("mot", root)


def test_every_track_of_vid(make):
    root = make("vid")
    first, second = load_dataset("vid", root).sequences
    boxes = moving_blob(FRAMES)[1]
    boxes[6] = np.nan
    np.testing.assert_array_equal(first.boxes, boxes)
    boxes[4] = np.nan
    np.testing.assert_array_equal(second.boxes, boxes[3:6])
    assert (first.name, second.name) == ("ILSVRC2015_val_00000000.0", "ILSVRC2015_val_00000000.1")
    assert [frame.name for frame in second.frames] == [f"{number:06d}.JPEG" for number in (3, 4, 5)]
    assert check_dataset("vid", root).sound
    file = next(root.rglob("000002.xml"))
    for text in ("<annotation>", file.read_text().replace("<xmin>", "<xmin>x")):
        file.write_text(text)
        with pytest.raises(InputError, match=r"000002.xml: cannot be read"):
            load_dataset("vid", root)


def test_no_image_is_opened(make):
    root = make("otb2015")
    for image in (root / "Deer" / "img").iterdir():
        image.write_bytes(b"")
    assert len(load_dataset("otb2015", root).sequences[0].frames) == FRAMES


def test_the_two_benchmarks_in_one_folder(tmp_path):
    for name in ("Deer", "Biker", "Jogging-1", "Human4", "Unknown"):
        make_otb(tmp_path, name)
    (tmp_path / "Human4" / "groundtruth_rect.txt").rename(tmp_path / "Human4" / "groundtruth_rect.2.txt")
    (tmp_path / "Human4" / "groundtruth_rect.1.txt").write_text("\n")
    names = {name: [s.name for s in load_dataset(name, tmp_path).sequences] for name in ("otb", "otb2013", "otb2015")}
    assert names["otb"] == ["Biker", "Deer", "Human4.2", "Jogging-1", "Unknown"]
    assert names["otb2013"] == ["Deer", "Jogging-1"] and names["otb2015"] == names["otb"][:4]
    jogging, human = load_dataset("otb2015", tmp_path, ["Human4.2", "Jogging.1"]).sequences[::-1]
    assert jogging.attributes == ("OCC", "DEF", "OPR") and human.attributes == ("IV", "SV", "OCC", "DEF")
    shutil.copytree(tmp_path / "Jogging-1", tmp_path / "Jogging")
    (tmp_path / "Jogging" / "groundtruth_rect.txt").rename(tmp_path / "Jogging" / "groundtruth_rect.1.txt")
    with pytest.raises(InputError, match=r"Jogging.1: is there 2 times"):
        load_dataset("otb2013", tmp_path)


def test_sequences_of_one_folder_of_images(make, tmp_path):
    """car1_1 ends with the frame that car1_2 begins with."""
    root = make("uav123")
    folder = root / "data_seq" / "UAV123" / "car1"
    folder.mkdir()
    for number in range(1, 1628):
        (folder / f"{number:06d}.jpg").touch()
    for name, count in (("car1_1", 751), ("car1_2", 877)):
        write_boxes(root / "anno" / "UAV123" / f"{name}.txt", np.full((count, 4), 9))
    one, two, _ = load_dataset("uav123", root).sequences
    assert len(one.frames) == 751 and one.frames[-1] == two.frames[0] and two.frames[-1].stem == "001627"
    write_boxes(root / "anno" / "UAV123" / "truck1.txt", np.full((463, 4), 9))  # whose images are not there
    assert [s.name for s in load_dataset("uav123", root).sequences] == ["car1_1", "car1_2", "uav6"]


def test_the_test_set_of_got10k_has_first_boxes_alone(tmp_path):
    make_got10k_test(tmp_path)
    (sequence,) = load_dataset("got10k", tmp_path).sequences
    assert len(sequence.frames) == len(sequence.boxes) == FRAMES
    assert np.isfinite(sequence.boxes[0]).all() and np.isnan(sequence.boxes[1:]).all()


def test_a_video_that_goes_on_after_the_last_frame_of_the_list(make):
    root = make("lasot")
    images = root / "airplane" / "airplane-1" / "img"
    shutil.copy(images / "00000012.jpg", images / "00000013.jpg")
    with pytest.raises(InputError, match="13 frames but 12 boxes"):
        load_dataset("lasot", root)


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_sequence_is_named_with_the_remedy(name, make):
    root = make(name)
    images = sorted(root.rglob("*.jpg"))
    images[2].unlink()
    with pytest.raises(InputError, match=f"'cfvgg data check {name} --root .*' finds every fault"):
        load_dataset(name, root)


def test_images_and_boxes_of_nfs_may_differ_by_one(make):
    root = make("nfs")
    images = sorted(root.rglob("*.jpg"))
    images[-1].unlink()
    assert len(load_dataset("nfs", root).sequences[0].frames) == FRAMES
    for image in images[-5:-1]:
        image.unlink()
    with pytest.raises(InputError, match=r"8 images but 12 boxes in .*yoyo.txt"):
        load_dataset("nfs", root)


def test_two_images_of_a_frame(make):
    root = make("otb")
    shutil.copy(root / "Deer" / "img" / "0004.jpg", root / "Deer" / "img" / "0004.png")
    with pytest.raises(InputError, match="frame 0004 is there twice"):
        load_dataset("otb", root)


@pytest.mark.parametrize(
    ("name", "file", "text"),
    [
        ("lasot", "airplane/airplane-1/groundtruth.txt", ""),
        ("lasot", "airplane/airplane-1/full_occlusion.txt", "0,0,0"),
        ("lasot", "airplane/airplane-1/out_of_view.txt", None),
        ("got10k", "val/GOT-10k_Val_000001/cover.label", None),
        ("dtb70", "Motor2/groundtruth_rect.txt", "1,2,3\n" * FRAMES),
        ("uav123", "anno/UAV123/uav6.txt", "NaN,NaN,NaN,NaN\n" * 109),
        ("tc128", "Ball_ce1/Ball_ce1_frames.txt", None),
        ("nfs", "yoyo/30/yoyo.txt", "nothing\n"),
        ("otb2015", "Deer/groundtruth_rect.txt", "a,b,c,d\n"),
    ],
)
def test_a_damaged_file_is_named(name, file, text, make):
    root = make(name)
    (root / file).unlink() if text is None else (root / file).write_text(text)
    words = Path(file).name if text is None or name != "uav123" else "first box"
    with pytest.raises(InputError, match=words):
        load_dataset(name, root)


def test_what_there_is_not(make, tmp_path):
    with pytest.raises(InputError, match="'otb2016': not known; there are otb, otb2013"):
        load_dataset("otb2016", tmp_path)
    with pytest.raises(InputError, match="no: does not exist"):
        load_dataset("otb", tmp_path / "no")
    root = make("otb2015")
    with pytest.raises(InputError, match="no sequence Bird9, Basketball of OTB-2015 in .*; there are Deer$"):
        load_dataset("otb2015", root, ["Bird9", "Deer", "Basketball", "Bird9"])
    with pytest.raises(InputError, match="no sequence is named"):
        load_dataset("otb2015", root, [])
    assert [s.name for s in load_dataset("otb2015", root, ["Deer", "Deer"]).sequences] == ["Deer"]


@pytest.mark.parametrize("name", DATASETS)
@pytest.mark.parametrize("empty", [True, False])
def test_another_layout_or_an_empty_folder(name, empty, tmp_path):
    if not empty:
        (tmp_path / "some" / "folder").mkdir(parents=True)
        (tmp_path / "val").mkdir()
    with pytest.raises(InputError, match="no sequence of .* there; it would hold .*"):
        load_dataset(name, tmp_path)


def test_datasets_need_no_host():
    """Hosts' packages are imported in integration/ alone, which takes from here and gives nothing."""
    for file in Path(known.__file__).parent.glob("*.py"):
        modules = [
            node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom | ast.Import)
        ]
        names = [getattr(node, "module", "") or alias.name for node in modules for alias in node.names]
        assert not [name for name in names if "integration" in name or name.startswith("got10k")], file


def test_the_real_sequences_of_otb(shared):
    dataset = load_dataset("otb2015", shared("data/otb"))
    assert len(dataset.sequences) == 12 and dataset.total == 100
    sequences = {s.name: s for s in dataset.sequences}
    assert sequences["Diving"].attributes == ("SV", "DEF", "IPR") and len(sequences["Diving"].frames) == 215
    for name, entry in DATASETS["otb2015"].entries().items():
        assert name not in sequences or len(sequences[name].boxes) == len(entry.frames)
    names = [s.name for s in load_dataset("otb2013", shared("data/otb")).sequences]
    assert names == [
        "Couple", "Crossing", "David", "Deer", "Football1", "Freeman1", "Girl", "MotorRolling", "Skiing",
    ]  # fmt: skip


def test_the_real_sequences_of_vot(shared):
    bag, cup = load_dataset("folder", shared("data/vot")).sequences
    np.testing.assert_allclose(bag.boxes[0], (291.827, 124.711, 150.346, 139.578))  # around a polygon
    np.testing.assert_allclose(cup.boxes[0], (124.67, 92.308, 46.73, 58.572))
    dataset = load_dataset("vot2016", shared("data/vot"))
    assert [s.name for s in dataset.sequences] == ["bag"] and len(dataset.sequences[0].frames) == 196
