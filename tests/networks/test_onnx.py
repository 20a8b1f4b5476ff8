import hashlib
import importlib

import numpy as np
import pytest
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import backends as ours
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.system import extras

pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'cfvgg-plugin[onnx]'")
onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'cfvgg-plugin[onnx]'")

FREE = ("n", 3, "h", "w")


def write_model(path, nodes, outputs, weights=None, input_shape=FREE, input_type=onnx.TensorProto.FLOAT):
    """An ONNX file of some nodes on an input `rgb`; outputs: {name: rank}; weights: {name: array}."""
    helper = onnx.helper
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("rgb", input_type, input_shape)],
        [
            helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [f"{name}{axis}" for axis in range(rank)])
            for name, rank in outputs.items()
        ],
        [onnx.numpy_helper.from_array(value, name) for name, value in (weights or {}).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    path.write_bytes(model.SerializeToString())
    return path


def two_layers(path, kernels=(7, 5), strides=(2, 2), paddings=(0, 1), ceil=0, order=("deep", "shallow")):
    """conv - max pool (3, stride 2) - conv; returns the same in torch."""
    helper, rng = onnx.helper, np.random.default_rng(0)
    weights = {
        "w1": rng.normal(size=(4, 3, kernels[0], kernels[0])).astype(np.float32),
        "w2": rng.normal(size=(6, 4, kernels[1], kernels[1])).astype(np.float32),
    }

    def conv(source, weight, target, i):
        return helper.make_node(
            "Conv", [source, weight], [target], strides=[strides[i]] * 2, pads=[paddings[i]] * 4, name=target
        )

    nodes = [
        conv("rgb", "w1", "shallow", 0),
        helper.make_node("MaxPool", ["shallow"], ["pool"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=ceil),
        conv("pool", "w2", "deep", 1),
    ]
    write_model(path, nodes, dict.fromkeys(order, 4), weights)

    def reference(x):
        shallow = torch.conv2d(x, torch.from_numpy(weights["w1"]), stride=strides[0], padding=paddings[0])
        pool = torch.max_pool2d(shallow, 3, 2, ceil_mode=bool(ceil))
        deep = torch.conv2d(pool, torch.from_numpy(weights["w2"]), stride=strides[1], padding=paddings[1])
        return {"shallow": shallow, "deep": deep}

    return reference


def test_a_model_gives_its_maps_at_any_size(tmp_path):
    reference = two_layers(tmp_path / "net.onnx")
    backbone = OnnxBackbone(tmp_path / "net.onnx")
    samples = np.random.default_rng(1).integers(0, 255, (2, 71, 93, 3), np.uint8)
    maps = backbone.run(samples, ("shallow", "deep"))
    expected = reference(torch.from_numpy(samples).permute(0, 3, 1, 2).float())
    assert list(maps) == ["shallow", "deep"]
    for tap, value in maps.items():
        torch.testing.assert_close(value, expected[tap], rtol=1e-4, atol=1e-1)
    assert (backbone.run(samples, ("deep",)).keys(), backbone.run(samples, ())) == ({"deep"}, {})


def test_what_is_known_of_a_model(tmp_path):
    path = tmp_path / "net.onnx"
    two_layers(path)
    backbone = OnnxBackbone(str(path), threads=2)
    assert backbone.taps == ("shallow", "deep")  # by depth, whatever the order in the file
    assert [backbone.stride(tap) for tap in backbone.taps] == [2, 8]
    assert [backbone.channels(tap) for tap in backbone.taps] == [4, 6]
    assert backbone.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert backbone.recipe == {"source": "net.onnx", "format": "ONNX"}


@pytest.mark.parametrize(
    ("kernels", "strides", "paddings", "ceil"),
    [
        ((7, 5), (2, 2), (0, 1), 0),
        ((11, 3), (4, 1), (2, 0), 1),
        ((3, 3), (1, 3), (1, 1), 0),
        ((2, 1), (2, 2), (0, 0), 1),
    ],
)
def test_map_sizes_are_those_of_runs(tmp_path, kernels, strides, paddings, ceil):
    reference = two_layers(tmp_path / "net.onnx", kernels, strides, paddings, ceil)
    backbone = OnnxBackbone(tmp_path / "net.onnx")
    for side in range(60, 60 + 2 * backbone.stride("deep") + 1):
        for tap, maps in reference(torch.zeros(1, 3, side, side)).items():
            assert backbone.map_size(tap, side) == maps.shape[2], (tap, side)


def test_only_what_a_tap_needs_is_run(tmp_path):
    two_layers(tmp_path / "net.onnx")
    backbone = OnnxBackbone(tmp_path / "net.onnx")
    run = backbone._part(frozenset(["shallow"]))
    assert [output.name for output in run.get_outputs()] == ["shallow"]
    assert backbone._part(frozenset(["shallow"])) is run  # made once


def test_a_network_with_branches_runs_as_a_whole(tmp_path):
    """The branch reads `pool` from outside of it, which onnx's extraction of parts misses."""
    helper, boolean = onnx.helper, onnx.TensorProto.BOOL
    branch = helper.make_graph(
        [helper.make_node("Relu", ["pool"], ["inner"])],
        "branch",
        [],
        [helper.make_tensor_value_info("inner", onnx.TensorProto.FLOAT, None)],
    )
    nodes = [
        helper.make_node("MaxPool", ["rgb"], ["pool"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Constant", [], ["yes"], value=helper.make_tensor("yes", boolean, [], [True])),
        helper.make_node("If", ["yes"], ["out"], then_branch=branch, else_branch=branch),
    ]
    path = write_model(tmp_path / "net.onnx", nodes, {"out": 4})
    maps = OnnxBackbone(path).run(np.full((1, 8, 8, 3), 7, np.uint8), ["out"])
    assert torch.equal(maps["out"], torch.full((1, 3, 4, 4), 7.0))


@pytest.mark.parametrize("name", ["resnet18", "googlenet"])
def test_the_teachers_are_backbones(shared, name):
    backbone = OnnxBackbone(shared(f"teachers/{name}.onnx"))
    assert [backbone.stride(tap) for tap in backbone.taps] == [2, 4, 8, 16]
    samples = np.random.default_rng(2).integers(0, 255, (1, 75, 75, 3), np.uint8)
    for tap, maps in backbone.run(samples, backbone.taps).items():
        assert maps.shape == (1, backbone.channels(tap), *[backbone.map_size(tap, 75)] * 2)


def test_grey_samples_serve_as_three_equal_channels(tmp_path):
    two_layers(tmp_path / "net.onnx")
    backbone = OnnxBackbone(tmp_path / "net.onnx")
    samples = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 1), np.uint8)
    assert torch.equal(backbone.run(samples, ["deep"])["deep"], backbone.run(samples.repeat(3, 3), ["deep"])["deep"])


def test_outputs_that_are_no_maps_are_no_taps(tmp_path):
    helper = onnx.helper
    nodes = [
        helper.make_node("MaxPool", ["rgb"], ["pool"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("GlobalAveragePool", ["pool"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
    ]
    path = write_model(tmp_path / "net.onnx", nodes, {"flat": 2, "mean": 4, "pool": 4})
    assert OnnxBackbone(path).taps == ("pool",)
    write_model(path, nodes, {"mean": 4})
    with pytest.raises(InputError, match=r"net.onnx: no output has a map that grows.*mean"):
        OnnxBackbone(path)
    write_model(path, nodes, {"flat": 2})
    with pytest.raises(InputError, match=r"net.onnx: no output is a 4-D float map"):
        OnnxBackbone(path)


@pytest.mark.parametrize("shape", [("n", "h", "w", 3), ("n", 1, "h", "w"), ("n", 3, 224, 224), (1, 3, "h", "w")])
def test_other_input_layouts_are_named(tmp_path, shape):
    node = onnx.helper.make_node("Relu", ["rgb"], ["out"])
    path = write_model(tmp_path / "net.onnx", [node], {"out": 4}, input_shape=shape)
    with pytest.raises(InputError, match=r"net.onnx: its input is rgb.*N x 3 x H x W"):
        OnnxBackbone(path)


@pytest.mark.parametrize("damage", ["text", "empty", "truncated", "missing"])
def test_unusable_files_are_named(tmp_path, damage, capfd):
    path = tmp_path / "net.onnx"
    two_layers(path)
    content = {"text": b"not a network\n", "empty": b"", "truncated": path.read_bytes()[:1500]}
    path.unlink()
    if damage in content:
        path.write_bytes(content[damage])
    with pytest.raises(InputError, match=r"net.onnx") as caught:
        OnnxBackbone(path)
    assert "\n" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_wrong_uses_are_named(tmp_path):
    two_layers(tmp_path / "net.onnx")
    backbone = OnnxBackbone(tmp_path / "net.onnx")
    with pytest.raises(InputError, match=r"'conv9'.*shallow, deep"):
        backbone.run(np.zeros((1, 64, 64, 3), np.uint8), ["conv9"])
    with pytest.raises(InputError, match=r"net.onnx: cannot run on 1 samples of 4 x 3"):
        backbone.run(np.zeros((1, 3, 4, 3), np.uint8), ["deep"])
    with pytest.raises(InputError, match="'tpu'.*cpu or cuda"):
        OnnxBackbone(tmp_path / "net.onnx", device="tpu")
    with pytest.raises(InputError, match="threads 0"):
        OnnxBackbone(tmp_path / "net.onnx", threads=0)


def test_a_missing_gpu_is_named(tmp_path, monkeypatch):
    runtime = importlib.import_module("onnxruntime")
    two_layers(tmp_path / "net.onnx")
    monkeypatch.setattr(runtime, "get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(InputError, match="device cuda.*onnxruntime-gpu"):
        OnnxBackbone(tmp_path / "net.onnx", device="cuda")
    # promised, but its libraries do not load: onnxruntime would go on with the CPU and only warn
    monkeypatch.setattr(ours, "DEVICES", {"cuda": "CUDAExecutionProvider"})
    monkeypatch.setattr(runtime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    session = type("Session", (), {"get_providers": lambda self: ["CPUExecutionProvider"]})
    monkeypatch.setattr(runtime, "InferenceSession", lambda *args, **kwargs: session())
    with pytest.raises(InputError, match="does not start here"):
        OnnxBackbone(tmp_path / "net.onnx", device="cuda")


def test_a_missing_runtime_is_one_line(tmp_path, monkeypatch):
    def fail(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(extras.importlib, "import_module", fail)
    with pytest.raises(InputError, match=r"pip install 'cfvgg-plugin\[onnx\]'"):
        OnnxBackbone(tmp_path / "net.onnx")


def test_map_sizes_cost_no_runs(tmp_path, monkeypatch):
    """A tracker grows its input one pixel at a time until the maps have the wanted size."""
    two_layers(tmp_path / "net.onnx")
    backbone = OnnxBackbone(tmp_path / "net.onnx")
    monkeypatch.setattr(backbone, "_whole", None)
    assert [backbone.map_size("deep", side) for side in (3, 200, 208)] == [0, 23, 24]
