"""The student in every backend beside the student in torch, and shared by Python threads."""

import dataclasses
import importlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
import torch

from cfvgg_plugin import InputError, create_tracker, load_settings
from cfvgg_plugin.benchmark.trackers import backends_of
from cfvgg_plugin.evaluation.raw import Choice
from cfvgg_plugin.networks import backends
from cfvgg_plugin.networks.backends import BACKENDS, bind, fastest
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.registry import load_backbone

PACKAGES = {"onnx": ["onnxruntime", "onnx"], "openvino": ["openvino", "onnx"]}


@pytest.fixture(params=[name for name in BACKENDS if name != "torch"])
def backend(request) -> str:
    for package in PACKAGES[request.param]:
        pytest.importorskip(package, reason=f"{package} is not installed: pip install 'cfvgg-plugin[{request.param}]'")
    return request.param


def samples(count: int, height: int, width: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (count, height, width, channels), np.uint8)


def assert_near(found: dict[str, torch.Tensor], wanted: dict[str, torch.Tensor]) -> None:
    assert found.keys() == wanted.keys()
    for tap, maps in wanted.items():
        assert found[tap].shape == maps.shape and found[tap].dtype == torch.float32
        assert (found[tap] - maps).abs().max() <= 1e-4 * maps.abs().max(), tap


@pytest.mark.parametrize("size", [(1, 64, 64), (3, 75, 98), (1, 25, 25), (1, 31, 31), (2, 128, 57)])
@pytest.mark.parametrize("mean", ["image", "channels"])
def test_maps_are_those_of_torch(random_weights, backend, size, mean):
    weights = random_weights
    if mean == "channels":
        weights = dataclasses.replace(weights, mean=np.array([123.7, 116.8, 103.9], np.float32))
    reference, other = bind(weights), bind(weights, backend)
    assert (other.taps, other.sha256, other.recipe) == (reference.taps, reference.sha256, reference.recipe)
    assert (reference.backend, other.backend) == ("torch", backend)
    assert_near(other.run(samples(*size), other.taps), reference.run(samples(*size), other.taps))


def test_some_taps_and_grey_samples(random_weights, backend):
    reference, other = bind(random_weights), bind(random_weights, backend)
    grey = samples(1, 60, 60, 1)
    for taps in (("conv5", "conv1"), ("conv2_raw",), ("conv3", "conv3")):
        assert_near(other.run(grey, taps), reference.run(grey, taps))
    assert other.run(grey, ()) == {}


def test_maps_of_one_run_outlive_the_next(random_weights, backend):
    other = bind(random_weights, backend)
    first = other.run(samples(1, 64, 64), ("conv3",))["conv3"]
    kept = first.clone()
    other.run(255 - samples(1, 64, 64), ("conv3",))
    assert torch.equal(first, kept)


def test_the_authors_student(student, backend):
    assert_near(
        bind(student, backend).run(samples(1, 217, 217), ("conv1", "conv5")),
        bind(student).run(samples(1, 217, 217), ("conv1", "conv5")),
    )


def test_a_tracker_has_the_same_boxes(random_weights, backend, blob):
    images, boxes = blob
    found = []
    for name in ("torch", backend):
        tracker = create_tracker("fkcf/conv2", weights=random_weights, backend=name)
        tracker.init(images[0], boxes[0])
        found.append([tracker.update(image).box for image in images[1:8]])
    np.testing.assert_allclose(found[1], found[0], atol=0.01)


def test_wrong_samples_are_named_as_by_torch(random_weights, backend):
    other = bind(random_weights, backend)
    with pytest.raises(InputError, match="40x24 pixels: needs at least 25"):
        other.run(samples(1, 24, 40), ("conv1",))
    with pytest.raises(InputError, match=r"unknown network tap \['conv9'\]"):
        other.run(samples(1, 64, 64), ("conv9",))


def test_a_missing_package_is_one_line(random_weights, backend, monkeypatch):
    original = importlib.import_module
    for package in PACKAGES[backend]:

        def hide(name, *args, hidden=package):
            if name == hidden:
                raise ModuleNotFoundError(name)
            return original(name, *args)

        monkeypatch.setattr(importlib, "import_module", hide)
        with pytest.raises(InputError, match=rf"{package}: pip install 'cfvgg-plugin\[{backend}\]'") as caught:
            bind(random_weights, backend)
        assert "\n" not in str(caught.value)


def test_backends_that_cannot_be(random_weights, tmp_path):
    with pytest.raises(InputError, match="'tensorrt'.*torch, onnx, openvino"):
        bind(random_weights, "tensorrt")
    settings = load_settings("fkcf/conv2")
    for name, backend, said in (("a.onnx", "openvino", "onnxruntime"), ("a.xml", "torch", "for other programs")):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(InputError, match=said):
            load_backbone(settings, tmp_path / name, backend=backend)


SIGNAL_AFTER_TWO_NETWORKS = """
import gc, signal
import numpy as np
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.networks.weights import load_weights
from cfvgg_plugin.networks.backends import bind
first, second = (bind(load_weights(find_weights(None)), "openvino") for _ in range(2))
for network in (first, second):
    network.run(np.zeros((1, 64, 64, 3), np.uint8), ["conv1"])
del network, first
gc.collect()
del second
gc.collect()
signal.signal(signal.SIGUSR1, lambda *_: print("handled"))
signal.raise_signal(signal.SIGUSR1)
"""


def test_signals_are_handled_after_openvino_networks_are_gone():
    """Each of its Cores moves the stack of signal handlers; one that was freed would end the process."""
    pytest.importorskip("openvino", reason="openvino is not installed: pip install 'cfvgg-plugin[openvino]'")
    done = subprocess.run(
        [sys.executable, "-c", SIGNAL_AFTER_TWO_NETWORKS], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "handled\n"), done.stderr


def test_openvino_has_no_gpu_here(random_weights):
    pytest.importorskip("openvino", reason="openvino is not installed: pip install 'cfvgg-plugin[openvino]'")
    with pytest.raises(InputError, match="device cuda"):
        bind(random_weights, "openvino", "cuda")


def test_threads_are_those_of_torch(random_weights, monkeypatch, tmp_path):
    """`--threads` sets torch's; the backends, and networks in ONNX files, follow."""
    told = []
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    for target in ("backends.ORTBackbone", "backends.OpenVINOBackbone"):
        monkeypatch.setattr(
            f"cfvgg_plugin.networks.{target}", lambda weights, device, threads: told.append(threads), raising=True
        )
    bind(random_weights, "onnx")
    bind(random_weights, "openvino")
    monkeypatch.setattr("cfvgg_plugin.registry.OnnxBackbone", lambda path, device, threads: told.append(threads))
    (tmp_path / "a.onnx").write_bytes(b"")
    load_backbone(load_settings("fkcf/conv2"), tmp_path / "a.onnx")
    assert told == [3, 3, 3]
    assert OnnxBackbone.backend == "onnx"


@pytest.mark.parametrize(
    ("installed", "expected"),
    [
        ({"openvino", "onnxruntime", "onnx"}, "onnx"),
        ({"openvino", "onnxruntime"}, "torch"),
        ({"openvino", "onnx"}, "openvino"),
        (set(), "torch"),
    ],
)
def test_auto_is_the_fastest_that_is_installed(monkeypatch, random_weights, installed, expected):
    monkeypatch.setattr(backends, "_loads", lambda name: name in installed)
    assert fastest() == expected and fastest("cuda") == "torch"
    if expected == "torch":
        assert bind(random_weights, "auto").backend == "torch"


@pytest.mark.parametrize("name", ["feco/adaptive", "fdeepstrcf/adaptive"])
def test_auto_is_torch_where_the_student_is_trained(monkeypatch, random_weights, name):
    network = load_backbone(load_settings(name), random_weights, backend="auto")
    assert network is not None and network.backend == "torch"
    assert backends_of(Choice(name, None, name), ["auto", "torch", "onnx"]) == ["torch", "onnx"]


def test_auto_passes_over_what_is_installed_but_cannot_be_loaded(tmp_path):
    package = tmp_path / "openvino"
    package.mkdir()
    (package / "__init__.py").write_text('raise ImportError("libfirst.so.1: cannot open")')
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from cfvgg_plugin.networks.backends import fastest\n"
        "from cfvgg_plugin.system.extras import import_extra\n"
        "assert fastest() != 'openvino'\n"
        "import_extra('openvino', 'openvino', 'backend openvino needs')"
    )
    run = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "which is installed but cannot be imported (libfirst.so.1: cannot open)" in run.stderr


@pytest.fixture(params=BACKENDS)
def any_backend(request) -> str:
    pytest.importorskip(dict(PACKAGES, torch=["torch"])[request.param][0])
    return request.param


def at_once(*calls):
    """What the calls return, each from a thread of its own, begun at the same time."""
    barrier = Barrier(len(calls))

    def begin(call):
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(begin, call) for call in calls]]


def check_maps(network, taps):
    """Sixty runs in three threads, on samples of two sizes, against the same runs one after another."""
    rng = np.random.default_rng(0)
    samples = [rng.integers(0, 256, (1, side, side, 3), np.uint8) for side in (97, 131) * 30]
    alone = [network.run(x, taps) for x in samples]
    for start, maps in enumerate(
        at_once(*(lambda i=i: [network.run(x, taps) for x in samples[i::3]] for i in range(3)))
    ):
        for found, expected in zip(maps, alone[start::3], strict=True):
            assert all(torch.equal(found[tap], expected[tap]) for tap in taps)


def test_threads_share_a_network(random_weights, any_backend):
    check_maps(bind(random_weights, any_backend), ("conv1", "conv5"))


def test_threads_share_a_network_of_a_file(shared):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    check_maps(OnnxBackbone(shared("teachers/resnet18.onnx")), ("conv1", "layer3"))


def test_networks_may_begin_at_the_same_time(random_weights, any_backend):
    """Each thread binds, draws and compiles a network of its own."""
    sample = np.random.default_rng(0).integers(0, 256, (1, 97, 97, 3), np.uint8)
    maps = at_once(*[lambda: bind(random_weights, any_backend).run(sample, ("conv3",))["conv3"]] * 4)
    assert all(torch.equal(found, maps[0]) for found in maps)


def follow(tracker, images, box):
    tracker.init(images[0], box)
    return [tracker.update(image) for image in images[1:]]


@pytest.mark.parametrize("name", ["feco", "fdeepstrcf"])
def test_two_trackers_give_the_boxes_that_they_give_alone(name, any_backend, blob):
    """Of one network; the one goes forwards through the frames and the other backwards."""
    images, boxes = blob
    network = create_tracker(name, backend=any_backend)._backbone
    runs = [(images[:12], boxes[0]), (images[11::-1], boxes[11])]
    alone = [follow(create_tracker(name, weights=network), *run) for run in runs]
    together = at_once(*(lambda run=run: follow(create_tracker(name, weights=network), *run) for run in runs))
    assert together == alone
