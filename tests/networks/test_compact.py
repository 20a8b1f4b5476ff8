"""The compact architecture: where its maps stand, that every back-end gives them, and that it learns."""

import numpy as np
import pytest
import torch

from cfvgg_plugin.networks import Weights, load_weights
from cfvgg_plugin.networks.architectures.compact import Settings
from cfvgg_plugin.networks.backends import BACKENDS, bind
from cfvgg_plugin.networks.export import export_onnx
from cfvgg_plugin.networks.network import geometry
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.train.loop import train
from cfvgg_plugin.train.recipe import load_recipe
from tests.train.conftest import HERE, RECIPE, data, log_of  # noqa: F401 (data is a fixture)

SAMPLES = np.random.default_rng(5).integers(0, 256, (2, 101, 76, 3), np.uint8)


@pytest.fixture(scope="module")
def weights() -> Weights:
    torch.manual_seed(1)
    return Weights(Settings().build().eval(), np.array([123.7, 116.8, 103.9], np.float32), {"made": "here"})


def check_near(found, wanted):
    assert set(found) == set(wanted)
    for tap, maps in wanted.items():
        assert found[tap].shape == maps.shape and (found[tap] - maps).abs().max() <= 1e-4 * maps.abs().max(), tap


def test_every_map_has_side_over_stride_cells():
    found = geometry(Settings())
    assert [(tap.channels, tap.stride, tap.offset) for tap in found.taps.values()] == [
        (16, 4, 0), (32, 8, 0), (64, 8, 0), (64, 16, 0), (64, 16, 0),
    ]  # fmt: skip
    assert sum(value.numel() for value in Settings().build().parameters()) == 167_920
    assert [tap.channels for tap in geometry(Settings(conv1=8, conv5=96)).taps.values()] == [8, 32, 64, 64, 96]


def test_maps_stand_centred_in_the_sample(weights):
    """Turned upside down and left to right, with filters turned likewise, a sample has its maps turned."""
    turned = Settings().build().eval()
    turned.load_state_dict({name: value.flip(2, 3) if value.ndim == 4 else value for name, value in
                            weights.network.state_dict().items()})  # fmt: skip
    x = torch.from_numpy(np.random.default_rng(2).normal(0, 60, (1, 3, 96, 128)).astype(np.float32))
    with torch.inference_mode():
        maps, others = (net(image, net.taps) for net, image in ((weights.network, x), (turned, x.flip(2, 3))))
    check_near({tap: value.flip(2, 3) for tap, value in others.items()}, maps)


def test_bright_edges_do_not_outweigh_faint_ones(weights):
    with torch.inference_mode():
        maps = weights.network(torch.full((1, 3, 64, 64), 1e4), ("conv1",))["conv1"]
    assert 0.9 < maps.max() < 1 and maps.min() >= 0


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "torch"])
def test_backends_and_exported_files_give_its_maps(weights, backend, tmp_path):
    for package in ({"onnx": "onnxruntime"}.get(backend, backend), "onnx"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    for taps in (weights.network.taps, ("conv1",), ("conv5", "conv3")):
        check_near(bind(weights, backend).run(SAMPLES, taps), bind(weights).run(SAMPLES, taps))
    if backend == "onnx":
        export_onnx(weights, tmp_path / "c.onnx")
        exported = OnnxBackbone(tmp_path / "c.onnx")
        check_near(exported.run(SAMPLES, exported.taps), bind(weights).run(SAMPLES, weights.network.taps))


def test_a_few_steps_of_training_lower_its_loss(data, tmp_path):  # noqa: F811
    text = RECIPE.format(pairs=4 * 40).replace("validate_every = 8", "validate_every = 40").replace("2e-3", "1e-2")
    text = text.replace("batch = 4", "batch = 4\npool = 8")  # the same eight pairs again
    (data / "compact.toml").write_text('architecture = "compact"\n' + text)
    outcome = train(load_recipe(data / "compact.toml"), tmp_path / "run", HERE, workers=0)
    totals = [line["total"] for line in log_of(tmp_path / "run") if "total" in line]
    assert np.mean(totals[-3:]) < 0.9 * totals[0]
    assert load_weights(outcome.file).architecture == "compact"
