"""A network that nothing in the package knows: it trains, is saved, exported, adapted and tracks like any other."""

import dataclasses
import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from cfvgg_plugin import InputError, create_tracker, load_settings
from cfvgg_plugin.adaptation import AdaptationSettings
from cfvgg_plugin.commands.weights import print_weights
from cfvgg_plugin.features import DeepFeature
from cfvgg_plugin.networks import Network, TorchBackbone, Weights, load_weights, save_weights
from cfvgg_plugin.networks import architectures as known
from cfvgg_plugin.networks.backends import BACKENDS, bind
from cfvgg_plugin.networks.export import export_onnx, export_openvino
from cfvgg_plugin.networks.network import geometry, unreached
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.train import loop
from cfvgg_plugin.train.loop import train
from cfvgg_plugin.train.recipe import load_recipe
from tests.train.conftest import HERE, RECIPE, data, log_of  # noqa: F401 (data is a fixture)


@dataclasses.dataclass(frozen=True)
class TinySettings:
    """Depthwise convolutions with batch norm; two taps."""

    channels: int = 8

    def build(self) -> "Tiny":
        return Tiny(self)


class Tiny(Network):
    taps = ("edge", "part")
    raw_taps = ("part_raw",)

    def __init__(self, settings: TinySettings) -> None:
        super().__init__()
        self.settings = settings
        count = settings.channels
        self.first = nn.Sequential(nn.Conv2d(3, count, 4, 4, bias=False), nn.BatchNorm2d(count), nn.ReLU())
        self.deep = nn.Sequential(nn.Conv2d(count, count, 3, 3, 1, groups=count), nn.Conv2d(count, 2 * count, 1))
        self.norm = nn.BatchNorm2d(2 * count)

    def forward(self, x: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        maps = {"edge": self.first(x / 64)}
        if set(taps) - maps.keys():
            maps["part_raw"] = self.deep(maps["edge"])
            maps["part"] = self.norm(maps["part_raw"]).relu()
        return {tap: maps[tap] for tap in taps}


@pytest.fixture(autouse=True)
def _known(monkeypatch):
    monkeypatch.setattr(known, "_registered", {})
    known.register("tiny", TinySettings)


@pytest.fixture
def weights() -> Weights:
    torch.manual_seed(0)
    network = TinySettings(6).build().train()
    network(torch.randn(4, 3, 96, 96) * 60, network.taps)  # statistics of its own
    return Weights(network.eval(), np.array([120, 110, 100], np.float32), {"made": "here"})


SAMPLES = np.random.default_rng(4).integers(0, 256, (2, 77, 60, 3), np.uint8)


def near(found, wanted) -> bool:
    return all((found[tap] - maps).abs().max() <= 1e-4 * maps.abs().max() for tap, maps in wanted.items())


def test_its_geometry_is_measured():
    found = geometry(TinySettings(5))
    assert {name: (tap.channels, tap.stride) for name, tap in found.taps.items()} == {
        "edge": (5, 4), "part": (10, 12), "part_raw": (10, 12),
    }  # fmt: skip
    network = TinySettings(5).build().eval()
    for side in (found.smallest, 31, 48, 53, 100):
        for name, maps in network(torch.zeros(1, 3, side, side), tuple(found.taps)).items():
            assert maps.shape[2] == found.taps[name].size(side)
    assert found.smallest == 4
    assert unreached(TinySettings(), ["part"]) == set()
    assert {name.split(".")[0] for name in unreached(TinySettings(), ["part_raw"])} == {"norm"}
    assert {name.split(".")[0] for name in unreached(TinySettings(), ["edge"])} == {"deep", "norm"}


def test_a_file_names_it(weights, tmp_path):
    save_weights(weights, tmp_path / "t.safetensors")
    read = load_weights(tmp_path / "t.safetensors")
    assert (read.architecture, read.settings, read.recipe) == ("tiny", TinySettings(6), {"made": "here"})
    assert read.sha256 == weights.sha256
    assert near(TorchBackbone(read).run(SAMPLES, read.network.taps), TorchBackbone(weights).run(SAMPLES, ["part"]))
    known._registered.clear()
    with pytest.raises(
        InputError, match=r"t.safetensors: metadata: unknown architecture 'tiny'; there are compact, vgg_m"
    ):
        load_weights(tmp_path / "t.safetensors")


def test_name_and_settings_enter_its_hash(weights):
    """Networks of the same tensors may still compute different maps."""
    other = dataclasses.make_dataclass("Other", [("stride", int, 4)], bases=(TinySettings,), frozen=True)
    known.register("other", other)
    twin = Tiny(other(6))
    twin.load_state_dict(weights.network.state_dict())
    assert dataclasses.replace(weights, network=twin).sha256 != weights.sha256


@pytest.mark.parametrize("backend", [name for name in BACKENDS if name != "torch"])
def test_backends_run_it(weights, backend):
    pytest.importorskip({"onnx": "onnxruntime"}.get(backend, backend), reason=f"{backend} is not installed")
    pytest.importorskip("onnx", reason="onnx is not installed")
    for taps in (["edge"], ["part"], ["part_raw", "edge"]):
        for samples in (SAMPLES, SAMPLES[:1, :40, :40, :1]):
            assert near(bind(weights, backend).run(samples, taps), bind(weights).run(samples, taps))


def test_exported_files_run_it(weights, tmp_path):
    pytest.importorskip("onnx", reason="onnx is not installed")
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")
    export_onnx(weights, tmp_path / "t.onnx")
    exported = OnnxBackbone(tmp_path / "t.onnx")
    assert exported.taps == weights.network.taps
    assert near(exported.run(SAMPLES, exported.taps), bind(weights).run(SAMPLES, exported.taps))
    assert exported.recipe["metadata"]["description"].startswith("tiny (channels 6)")
    openvino = pytest.importorskip("openvino", reason="openvino is not installed")
    export_openvino(weights, tmp_path / "t.xml")
    model = openvino.Core().compile_model(tmp_path / "t.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    maps = model(SAMPLES.transpose(0, 3, 1, 2).astype(np.float32))
    assert near({tap: torch.from_numpy(maps[tap]) for tap in exported.taps}, bind(weights).run(SAMPLES, exported.taps))


def recipe_of(folder: Path, **changes: object):
    text = RECIPE.replace('ranged = ["conv2"]', 'ranged = ["part"]')
    lines = 'architecture = "tiny"\nlevels = ["edge", "part"]\njoined = ["edge", "part"]\n'  # before the tables
    (folder / "tiny.toml").write_text(lines + text.format(pairs=48) + "[network]\nchannels = 6\n")
    return load_recipe(folder / "tiny.toml", **changes)


def test_it_is_trained(data, tmp_path):  # noqa: F811
    outcome = train(recipe_of(data), tmp_path / "run", HERE, workers=0)
    read = load_weights(outcome.file)
    assert (read.architecture, read.settings) == ("tiny", TinySettings(6))
    assert read.recipe["recipe"]["network"] == {"channels": 6}
    assert list(outcome.scores) == ["edge", "part", "edge+part"]
    statistics = read.network.first[1]
    assert statistics.num_batches_tracked == 12 and statistics.running_mean.abs().max() > 0
    assert "tiny (channels 6)" in (tmp_path / "run" / "MODEL_CARD.md").read_text()
    assert log_of(tmp_path / "run")
    tuned = recipe_of(data, init=str(outcome.file), frozen=["first"])
    again = train(tuned, tmp_path / "again", HERE, workers=0).weights.network.state_dict()
    for name, value in read.network.state_dict().items():
        assert torch.equal(again[name], value) == name.startswith("first"), name


def test_an_interrupted_training_ends_like_another(data, tmp_path, monkeypatch):  # noqa: F811
    """The statistics of its batch norm, which no optimiser knows, go on, too."""
    recipe = recipe_of(data)
    whole = train(recipe, tmp_path / "whole", HERE, workers=0)
    original = loop.save_checkpoint

    def save_and_stop(*args):
        original(*args)
        monkeypatch.setattr(loop, "save_checkpoint", original)
        raise KeyboardInterrupt

    monkeypatch.setattr(loop, "save_checkpoint", save_and_stop)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "half", HERE, workers=0)
    resumed = train(recipe, tmp_path / "half", HERE, resume=True, workers=0)
    assert resumed.weights.sha256 == whole.weights.sha256
    assert resumed.weights.recipe["recipe"]["architecture"] == "tiny"


def test_recipes_that_do_not_fit_it(data):  # noqa: F811
    for changes, said in (
        ({"architecture": "tony"}, "unknown architecture 'tony'; there are compact, vgg_m, tiny"),
        ({"network": {"width": 1.0}}, "unknown entry network.width; there are channels"),
        ({"network": {"channels": "six"}}, "network.channels: int is expected"),
    ):
        with pytest.raises(InputError, match=said):
            recipe_of(data, **changes)
    for changes, said in (
        ({"levels": ["edge", "whole"]}, "no tap 'whole'; it has edge, part"),
        ({"init": "prune", "teacher": {"file": "t.safetensors"}}, "is for VGG-M"),
        ({"frozen": ["conv1"], "init": "t.safetensors"}, "no layer 'conv1'; it has first, deep, norm"),
        ({"network": {"channels": 7}, "init": "t.safetensors"}, r"tiny \(channels 6\), the recipe's student tiny"),
    ):
        save_weights(Weights(TinySettings(6).build(), np.zeros(3, np.float32)), data / "t.safetensors")
        with pytest.raises(InputError, match=said):
            train(recipe_of(data, **changes), data / "run", HERE, workers=0)


def test_it_is_adapted_and_tracks(weights, blob, capsys):
    images, boxes = blob
    quick = AdaptationSettings(iterations=2, samples=4, levels=("edge", "part"), size=64)
    settings = load_settings("fkcf/conv2")
    fkcf = dataclasses.replace(settings, feature=DeepFeature("edge"))
    feco = load_settings("feco/adaptive")
    shallow, deep, hog = feco.blocks
    blocks = (
        dataclasses.replace(shallow, feature=DeepFeature("edge")),
        dataclasses.replace(deep, feature=DeepFeature("part")),
    )
    feco = dataclasses.replace(feco, blocks=(*blocks, hog), adaptation=quick)
    for name, chosen in (("fkcf", fkcf), ("feco", feco)):
        tracker = create_tracker(name, weights=weights, settings=chosen)
        tracker.init(images[0], boxes[0])
        for image in images[1:10]:
            box = tracker.update(image).box
        assert np.abs(np.array(box) - boxes[9]).max() < 6
    print_weights()
    assert "cf_vgg" in capsys.readouterr().out


def test_a_tap_that_is_no_map_is_named():
    class Pooled(Tiny):
        def forward(self, x, taps):
            return {tap: maps.mean((2, 3), keepdim=True) for tap, maps in super().forward(x, taps).items()}

    class PooledSettings(TinySettings):
        def build(self):
            return Pooled(self)

    known.register("pooled", PooledSettings)
    with pytest.raises(InputError, match="tap edge is no map that grows"):
        TorchBackbone(Weights(PooledSettings().build(), np.zeros(3, np.float32)))


def test_the_example_for_contributors(tmp_path):
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text()
    own = text[text.index("## A network of your own") :]
    (tmp_path / "small.py").write_text(own.split("```python\n")[1].split("```")[0])
    spec = importlib.util.spec_from_file_location("small", tmp_path / "small.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    known.register("small", module.Settings)
    found = geometry(known.read_settings("small", {"channels": 32}, "recipe"))
    assert [(tap.channels, tap.stride) for tap in found.taps.values()] == [(32, 4), (64, 16)]
    weights = Weights(module.Settings().build().eval(), np.zeros(3, np.float32))
    save_weights(weights, tmp_path / "small.safetensors")
    assert load_weights(tmp_path / "small.safetensors").sha256 == weights.sha256
