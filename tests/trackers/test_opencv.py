import dataclasses

import cv2
import numpy as np
import pytest

from cfvgg_plugin import FrameError, InputError, create_tracker, full_names, load_settings
from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.datasets.layouts import load_otb
from cfvgg_plugin.registry import load_backbone, split_name
from cfvgg_plugin.settings import settings_hash
from cfvgg_plugin.system.machine import set_threads
from cfvgg_plugin.video.frames import read_image
from tests.conftest import OPENCV_5

CONTRIB = ["opencv/csrt", "opencv/kcf"]
needs_contrib = pytest.mark.skipif(
    not hasattr(cv2, "TrackerCSRT_create"),
    reason="OpenCV has no CSRT: pip install 'cfvgg-plugin[opencv-trackers]'",
)


def follow(tracker, images, box):
    tracker.init(images[0], box)
    return [tracker.update(image) for image in images[1:]]


def write_pair(folder, gain=1.0, name="nanotrack_{}_sim.onnx", sides="output2"):
    """NanoTrack's inputs and outputs, and a target that is redder than half: by hand, nothing is learnt.

    Backbone: 127 or 255 pixels to 8x8 or 16x16 cells. Head: logits (1, 2, 16, 16) and distances to the four sides.
    """
    onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'cfvgg-plugin[onnx]'")
    node, value = onnx.helper.make_node, onnx.helper.make_tensor_value_info
    average = np.zeros((3, 3, 64, 64), np.float32)  # of the target's size there, so that the response has one peak
    average[range(3), range(3)] = gain / 64**2
    pick_red = np.zeros((2, 3, 1, 1), np.float32)
    pick_red[1, 0] = 0.05  # OpenCV hands RGB to the network
    backbone = (
        [
            node("Sub", ["input", "half"], ["signed"]),
            node("Relu", ["signed"], ["bright"]),
            node("Conv", ["bright", "average"], ["output"], kernel_shape=[64, 64], strides=[16, 16], pads=[32] * 4),
        ],
        {"input": (1, 3, "h", "w")},
        {"output": (1, 3, "p", "q")},
        {"half": np.float32(128).reshape(1), "average": average},
    )
    head = (
        [
            node("GlobalAveragePool", ["input1"], ["template"]),
            node("Sign", ["template"], ["seen"]),
            node("Mul", ["input2", "seen"], ["common"]),
            node("Conv", ["common", "pick_red", "bias"], ["output1"], kernel_shape=[1, 1]),
            node("Conv", ["common", "nothing", "half_sides"], [sides], kernel_shape=[1, 1]),
        ],
        {"input1": (1, 3, 8, 8), "input2": (1, 3, 16, 16)},
        {"output1": (1, 2, 16, 16), sides: (1, 4, 16, 16)},
        {
            "pick_red": pick_red,
            "bias": np.array([0, -2], np.float32),
            "nothing": np.zeros((4, 3, 1, 1), np.float32),
            "half_sides": np.full(4, 32, np.float32),  # a square target's half in an image of 127 pixels with context
        },
    )
    folder.mkdir(exist_ok=True)
    for part, (nodes, inputs, outputs, weights) in (("backbone", backbone), ("head", head)):
        shapes = [[value(n, onnx.TensorProto.FLOAT, s) for n, s in ends.items()] for ends in (inputs, outputs)]
        constants = [onnx.numpy_helper.from_array(array, n) for n, array in weights.items()]
        graph = onnx.helper.make_graph(nodes, part, *shapes, constants)
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)], ir_version=8)
        (folder / name.format(part)).write_bytes(model.SerializeToString())
    return folder


@pytest.fixture
def pair(tmp_path):
    return write_pair(tmp_path / "nano")


@pytest.fixture(scope="module")
def crossing():
    """RGB frames in which a red square moves over a grey ground past a blue one, and its boxes (N, 4)."""
    images, boxes = [], []
    for t in range(20):
        x, y = 30 + 3 * t, 40 + 2 * t
        image = np.random.default_rng(t).integers(60, 120, (160, 200, 3), dtype=np.uint8)
        image[30:60, 120:150] = (20, 20, 240)
        image[y : y + 24, x : x + 24] = (240, 20, 20)
        images.append(image)
        boxes.append((x, y, 24, 24))
    return images, np.array(boxes, float)


def test_the_family_has_a_default():
    assert {"opencv/csrt", "opencv/kcf", "opencv/nanotrack", "opencv/vittrack"} < set(full_names())
    assert load_settings("opencv") == load_settings("opencv/csrt")
    with pytest.raises(InputError, match="did you mean opencv/csrt"):
        split_name("opencv/scrt")


@needs_contrib
@pytest.mark.parametrize("name", CONTRIB)
@pytest.mark.parametrize("grey", [False, True])
def test_boxes_are_those_of_opencv_itself(name, grey, shared):
    """Deer is fast: KCF fails there within the first frames."""
    sequence = load_otb(shared("data/otb"), ["Deer"])[0]
    paths, box = sequence.frames[:20], tuple(int(v) for v in sequence.boxes[0])
    bgr = [cv2.imread(str(path)) for path in paths]
    images = [image[:, :, ::-1] for image in bgr]
    if grey:
        images = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) for image in bgr]
        bgr = [cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) for image in images]
    theirs = getattr(cv2, f"Tracker{name.partition('/')[2].upper()}_create")()
    theirs.init(bgr[0], box)
    last, fails = box, 0
    for image, ours in zip(bgr[1:], follow(create_tracker(name), images, np.array(box) + 0.3), strict=True):
        found, new = theirs.update(image)
        last, fails = (new if found else last), fails + (not found)
        assert ours.box == last
        assert (ours.score, ours.lost) == ((1.0, False) if found else (0.0, True))
    assert fails > 0 or name == "opencv/csrt"


@needs_contrib
def test_csrt_keeps_a_real_target(shared):
    sequence = load_otb(shared("data/otb"), ["Crossing"])[0]
    images = [read_image(path) for path in sequence.frames]
    results = follow(create_tracker("opencv/csrt"), images, sequence.boxes[0])
    overlap = overlaps([r.box for r in results], sequence.boxes[1:])
    assert overlap.min() > 0.3 and overlap.mean() > 0.6
    assert not any(r.lost for r in results)


@needs_contrib
@pytest.mark.parametrize("name", CONTRIB)
def test_runs_are_identical_also_after_starting_again(name, blob):
    images, boxes = blob
    tracker = create_tracker(name)
    first = follow(tracker, images, boxes[0])
    assert follow(tracker, images, boxes[0]) == first
    assert follow(create_tracker(name), images, boxes[0]) == first
    assert overlaps([r.box for r in first], boxes[1:]).min() > 0.5


@needs_contrib
def test_colour_and_grey_frames_may_mix_and_sizes_may_not(blob):
    images, boxes = blob
    for first, second in ((images[0], images[1][:, :, 0]), (images[0][:, :, 0], images[1])):
        tracker = create_tracker("opencv/csrt")
        tracker.init(first, boxes[0])
        assert overlaps(tracker.update(second).box, boxes[1])[0] > 0.5
    with pytest.raises(FrameError, match="80x120 pixels in a stream of 160x120"):
        tracker.update(images[0][:, :80])


@needs_contrib
@pytest.mark.parametrize("name", CONTRIB)
@pytest.mark.parametrize("box", [(0, 0, 160, 120), (-50, -40, 300, 300), (-5, 20, 30, 30), (80.3, 60.7, 4.2, 4.9)])
def test_extreme_targets_are_tracked_without_failing(name, box, blob):
    images, _ = blob
    for result in follow(create_tracker(name), images[:4], box):
        assert np.isfinite(result.box).all() and result.score in {0, 1}


@needs_contrib
def test_a_box_that_opencv_cannot_start_on_is_named(blob):
    images, _ = blob
    with pytest.raises(InputError, match="box 10,10,1,1: OpenCV's CSRT tracker cannot start on it") as caught:
        create_tracker("opencv/csrt").init(images[0], (10, 10, 1, 1))
    assert "\n" not in str(caught.value)


@needs_contrib
def test_options_are_opencvs_own(blob):
    images, boxes = blob
    settings = load_settings("opencv/kcf")
    strict = dataclasses.replace(settings, options=(("detect_thresh", 0.999),))
    assert settings_hash(strict) != settings_hash(settings)
    assert all(r.lost for r in follow(create_tracker("opencv/kcf", settings=strict), images, boxes[0])[1:])
    for options, message in (
        ((("detct", 1.0),), "no option 'detct': it has .*detect_thresh"),
        ((("sigma", "x"),), "'x'"),
    ):
        with pytest.raises(InputError, match=message):
            create_tracker("opencv/kcf", settings=dataclasses.replace(settings, options=options))


@pytest.mark.parametrize("name", CONTRIB)
def test_a_lean_opencv_says_what_to_install(name, monkeypatch):
    monkeypatch.delattr(cv2, f"Tracker{load_settings(name).algorithm}_Params", raising=False)
    with pytest.raises(InputError, match=r"needs opencv-contrib-python: pip install 'cfvgg-plugin\[opencv-trackers\]'"):
        create_tracker(name)


def test_opencv_computes_with_the_threads_that_are_set():
    try:
        set_threads(2)
        assert cv2.getNumThreads() == 2
    finally:
        set_threads(1)
    assert cv2.getNumThreads() == 1


def test_nanotrack_follows_what_its_networks_see(pair, crossing, capfd):
    """Red, not blue: the channels arrive in the order that the network expects."""
    images, boxes = crossing
    tracker = create_tracker("opencv/nanotrack", weights=pair)
    first = follow(tracker, images, boxes[0])
    assert overlaps([r.box for r in first], boxes[1:]).min() > 0.4
    assert all(0.6 < r.score <= 1 and not r.lost for r in first)
    assert follow(tracker, images, boxes[0]) == first
    assert follow(create_tracker("opencv/nanotrack", weights=pair), images, boxes[0]) == first
    gone = tracker.update(np.full_like(images[0], 90))
    assert gone.lost and gone.score < 0.6
    assert capfd.readouterr() == ("", "")


def test_nanotracks_files_are_found_from_either_and_name_the_results(pair, tmp_path):
    settings = load_settings("opencv/nanotrack")
    whole = load_backbone(settings, pair)
    assert whole.backend == "opencv" and whole.recipe["neckhead"]["source"] == "nanotrack_head_sim.onnx"
    for file in pair.iterdir():
        assert load_backbone(settings, str(file)) == whole
    assert load_backbone(settings, whole) is whole
    copy = write_pair(tmp_path / "copy", name="v2-{}.ONNX")
    assert load_backbone(settings, copy).sha256 == whole.sha256
    other = load_backbone(settings, write_pair(tmp_path / "other", gain=2.0))
    assert settings_hash(settings, other.sha256) != settings_hash(settings, whole.sha256)


def test_files_that_are_no_pair_are_refused(pair, tmp_path, random_weights):
    def refused(message, weights, **more):
        with pytest.raises(InputError, match=message) as caught:
            create_tracker("opencv/nanotrack", weights=weights, **more)
        assert "\n" not in str(caught.value)

    expected = "expected a folder with two .onnx files, one with 'backbone' in its name and one with 'head'"
    refused(f"needs --weights: {expected}", None)
    refused(f"no such file or folder; {expected}", tmp_path / "nowhere")
    refused(f"0 files with 'backbone' in their name there; {expected}", tmp_path)
    refused(expected, random_weights)
    refused("device cuda: OpenCV runs NanoTrack on the processor", pair, device="cuda")
    (pair / "second_head.onnx").write_bytes(b"")
    refused("2 files with 'head'", pair)
    chosen = load_backbone(load_settings("opencv/nanotrack"), pair / "second_head.onnx")
    assert chosen.paths["neckhead"].name == "second_head.onnx"
    refused("onnx and second_head.onnx: OpenCV cannot run this as NanoTrack", pair / "second_head.onnx")
    (pair / "notes.txt").write_text("")
    refused(f"notes.txt: {expected}", pair / "notes.txt")


def test_networks_of_another_form_are_refused(tmp_path):
    wrong = write_pair(tmp_path / "wrong", sides="sides")
    with pytest.raises(InputError, match="OpenCV cannot run this as NanoTrack"):
        create_tracker("opencv/nanotrack", weights=wrong)


RIVALS = {"opencv/nanotrack": "rivals/nanotrack_v2", "opencv/vittrack": "rivals/vittrack"}


@pytest.mark.parametrize("name", RIVALS)
def test_published_networks_give_the_boxes_of_opencv_itself(name, shared):
    """VitTrack fails in Deer's 36th frame in OpenCV 5."""
    files, sequence = shared(RIVALS[name]), load_otb(shared("data/otb"), ["Deer"])[0]
    paths, box = sequence.frames[:40], tuple(int(v) for v in sequence.boxes[0])
    if name == "opencv/nanotrack":
        params = cv2.TrackerNano_Params()
        params.backbone, params.neckhead = (str(files / f"nanotrack_{part}.onnx") for part in ("backbone", "head"))
        theirs = cv2.TrackerNano_create(params)
    else:
        params = cv2.TrackerVit_Params()
        params.net = str(next(files.glob("*.onnx")))
        theirs = cv2.TrackerVit_create(params)
    theirs.init(cv2.imread(str(paths[0])), box)
    ours = create_tracker(name, weights=files)
    last, lost = box, 0
    for path, mine in zip(
        paths[1:], follow(ours, [read_image(path) for path in paths], sequence.boxes[0]), strict=True
    ):
        found, new = theirs.update(cv2.imread(str(path)))
        last = new if found else last
        assert mine.box == last
        assert mine.score == pytest.approx(min(theirs.getTrackingScore(), 1) if found else 0)
        lost += mine.lost
    fails = name == "opencv/vittrack" and OPENCV_5
    assert (0 if fails else -1) < lost < 10


@pytest.mark.parametrize(("name", "least"), [("opencv/nanotrack", 0.7), ("opencv/vittrack", 0.5)])
def test_published_networks_follow_a_real_target(name, least, shared):
    sequence = load_otb(shared("data/otb"), ["Freeman1"])[0]
    images = [read_image(path) for path in sequence.frames[:60]]
    results = follow(create_tracker(name, weights=shared(RIVALS[name])), images, sequence.boxes[0])
    assert overlaps([r.box for r in results], sequence.boxes[1:60]).mean() > least


def test_vittracks_file_is_found_from_its_folder(shared, tmp_path):
    settings, folder = load_settings("opencv/vittrack"), shared("rivals/vittrack")
    whole = load_backbone(settings, folder)
    (file,) = folder.glob("*.onnx")
    assert load_backbone(settings, file) == whole and whole.recipe["net"]["source"] == file.name
    with pytest.raises(InputError, match="OpenCV cannot run this as VitTrack"):
        create_tracker("opencv/vittrack", weights=shared("rivals/nanotrack_v2/nanotrack_head.onnx"))


def test_what_is_no_file_of_vittracks_is_refused(pair, tmp_path):
    (tmp_path / "notes.txt").write_text("")
    expected = "expected an .onnx file or a folder with one"
    for weights, said in (
        (None, f"VitTrack needs --weights: {expected}"),
        (pair, f"nano: 2 .onnx files there; {expected}"),
        (tmp_path, f"0 .onnx files there; {expected}"),
        (tmp_path / "notes.txt", f"notes.txt: {expected}"),
        (tmp_path / "nowhere", f"no such file or folder; {expected}"),
    ):
        with pytest.raises(InputError, match=said):
            create_tracker("opencv/vittrack", weights=weights)


def test_an_opencv_without_vittrack_says_so(monkeypatch, pair):
    monkeypatch.delattr(cv2, "TrackerVit_Params", raising=False)
    with pytest.raises(InputError, match=r"needs OpenCV 4\.9 or newer"):
        create_tracker("opencv/vittrack", weights=pair / "nanotrack_head_sim.onnx")
