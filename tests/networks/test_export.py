"""Exported files, read back by the programs they are for."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from cfvgg_plugin import InputError
from cfvgg_plugin.networks import TAPS, TorchBackbone, Weights
from cfvgg_plugin.networks.export import channel_means, export_onnx, export_openvino
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.system.extras import openvino_core

onnx = pytest.importorskip("onnx", reason="onnx is not installed: pip install 'cfvgg-plugin[onnx]'")
SAMPLES = np.random.default_rng(4).integers(0, 256, (2, 97, 70, 3), np.uint8)


@pytest.fixture
def weights(random_weights) -> Weights:
    """With channel means, which the file holds exactly."""
    return dataclasses.replace(random_weights, mean=channel_means(random_weights))


def assert_near(found: np.ndarray, wanted: torch.Tensor) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found - wanted.numpy()).max() <= 1e-4 * wanted.abs().max()


def test_an_onnx_file_is_a_backbone(weights, tmp_path):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: pip install 'cfvgg-plugin[onnx]'")
    export_onnx(weights, tmp_path / "net.onnx")
    backbone, reference = OnnxBackbone(tmp_path / "net.onnx"), TorchBackbone(weights)
    assert backbone.taps == TAPS
    for tap, maps in reference.run(SAMPLES, TAPS).items():
        assert_near(backbone.run(SAMPLES, [tap])[tap].numpy(), maps)
        assert (backbone.stride(tap), backbone.channels(tap)) == (reference.stride(tap), reference.channels(tap))
        for side in range(31, 130):
            assert backbone.map_size(tap, side) == reference.map_size(tap, side)
    assert backbone.recipe["metadata"]["sha256"] == weights.sha256
    assert json.loads(backbone.recipe["metadata"]["recipe"]) == weights.recipe


def test_an_onnx_file_for_other_programs(weights, random_weights, tmp_path):
    export_onnx(weights, tmp_path / "net.onnx")
    model = onnx.load(str(tmp_path / "net.onnx"))
    onnx.checker.check_model(model, full_check=True)
    (source,) = model.graph.input
    assert source.name == "rgb"
    assert [d.dim_param or d.dim_value for d in source.type.tensor_type.shape.dim] == ["N", 3, "H", "W"]
    assert [output.name for output in model.graph.output] == list(TAPS)
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert said["mean"] == "exact" and said["taps"] == ",".join(TAPS)
    export_onnx(random_weights, tmp_path / "image.onnx")  # a mean image takes part as its channel means
    image = onnx.load(str(tmp_path / "image.onnx"))
    assert image.graph == model.graph
    assert {e.key: e.value for e in image.metadata_props}["mean"] == "channel means of the 20x20x3 mean image"


def test_normalisation_is_that_of_onnx(weights, tmp_path):
    """The drawn normalisation beside the operator LRN."""
    runtime = pytest.importorskip(
        "onnxruntime", reason="onnxruntime is not installed: pip install 'cfvgg-plugin[onnx]'"
    )
    export_onnx(weights, tmp_path / "net.onnx")
    model = onnx.load(str(tmp_path / "net.onnx"))
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    kinds = [node.op_type for node in model.graph.node]
    before = [*model.graph.node][: kinds.index("Relu") + 1]
    lrn = helper.make_node("LRN", before[-1].output, ["lrn"], size=5, alpha=5e-4, beta=0.75, bias=2.0)
    nodes = [*before, lrn]
    outputs = [helper.make_tensor_value_info("lrn", kind, ["N", 12, "h", "w"])]
    graph = helper.make_graph(nodes, "lrn", model.graph.input, outputs, model.graph.initializer)
    plain = helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
    session = runtime.InferenceSession(plain.SerializeToString(), providers=["CPUExecutionProvider"])
    maps = session.run(None, {"rgb": SAMPLES.transpose(0, 3, 1, 2).astype(np.float32)})[0]
    assert_near(maps, TorchBackbone(weights).run(SAMPLES, ["conv1"])["conv1"])


def test_an_openvino_pair(weights, tmp_path):
    pytest.importorskip("openvino", reason="openvino is not installed: pip install 'cfvgg-plugin[openvino]'")
    export_openvino(weights, tmp_path / "net.xml")
    assert sorted(path.name for path in tmp_path.glob("*net*")) == ["net.bin", "net.xml"]
    core = openvino_core()
    model = core.read_model(tmp_path / "net.xml")
    assert model.get_rt_info(["cfvgg", "sha256"]).astype(str) == weights.sha256
    network = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    found = network({"rgb": SAMPLES.transpose(0, 3, 1, 2).astype(np.float32)})
    for tap, maps in TorchBackbone(weights).run(SAMPLES, TAPS).items():
        assert_near(found[tap], maps)


def test_files_are_whole_or_missing(weights, tmp_path, monkeypatch):
    openvino = pytest.importorskip("openvino", reason="openvino is not installed: pip install 'cfvgg-plugin[openvino]'")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=r"ends in \.onnx"):
        export_onnx(weights, tmp_path / "net.xml")
    with pytest.raises(InputError, match=r"ends in \.xml"):
        export_openvino(weights, tmp_path / "net.onnx")
    with pytest.raises(InputError, match="does not exist"):
        export_openvino(weights, tmp_path / "no" / "net.xml")

    def fail(model, path, **options):
        path.write_text("half")
        path.with_suffix(".bin").write_text("half")
        raise OSError("disk full")

    monkeypatch.setattr(openvino, "save_model", fail)
    with pytest.raises(InputError, match="disk full"):
        export_openvino(weights, tmp_path / "net.xml")
    assert sorted(tmp_path.iterdir()) == before
