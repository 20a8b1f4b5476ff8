import json
import pickle
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import scipy.io
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import TAPS, VGGM, Weights, load_weights, save_weights
from cfvgg_plugin.networks.store import find_weights, import_weights, stored_weights

MEAN = np.random.default_rng(0).uniform(90, 130, (224, 224, 3)).astype(np.float32)


def matconvnet_layers(network: VGGM, old: bool = False) -> list[dict]:
    """The layers of a network as MatConvNet stores them."""
    layers = []
    shapes = {"conv1": (2, 0), "conv2": (2, 1)}
    for name in TAPS:
        conv = network.conv(name)
        w = conv.weight.detach().numpy().transpose(2, 3, 1, 0)
        b = conv.bias.detach().numpy()[None]
        stride, pad = shapes.get(name, (1, 1))
        parameters = {"filters": w, "biases": b} if old else {"weights": np.array([w, b], dtype=object)}
        layers.append({"type": "conv", "name": name, "stride": [stride] * 2, "pad": [pad] * 4, **parameters})
        layers.append({"type": "relu", "name": name.replace("conv", "relu")})
        if name in shapes:
            layers.append({"type": "normalize" if old else "lrn", "name": "norm", "param": [5.0, 2.0, 1e-4, 0.75]})
            pool = {"method": "max", "pool": [3, 3], "stride": [2, 2], "pad": [0, 1, 0, 1]}
            layers.append({"type": "pool", "name": "pool", **pool})
    return layers


def write_mat(path: Path, layers: list[dict], mean: np.ndarray | None = MEAN, nested: bool = True) -> Path:
    cell = np.empty((1, len(layers)), object)
    cell[0, :] = layers
    content: dict = {"layers": cell}
    normalization = {} if mean is None else {"normalization": {"averageImage": mean}}
    content |= {"meta": normalization} if nested else normalization
    scipy.io.savemat(path, {"net": content} if nested else content)
    return path


@pytest.fixture
def network() -> VGGM:
    torch.manual_seed(1)
    return VGGM(1 / 8)


def same(a: VGGM, b: VGGM) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


@pytest.mark.parametrize("nested", [True, False])
@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("width", [1 / 8, 1 / 4])
def test_matconvnet_layouts(tmp_path, nested, old, width):
    torch.manual_seed(2)
    network = VGGM(width)
    classifier = {"type": "conv", "name": "fc6", "stride": 1, "pad": 0, "weights": np.array([0.0, 1.0])}
    layers = [*matconvnet_layers(network, old), {"type": "pool", "name": "pool5"}, classifier, {"type": "softmax"}]
    read = load_weights(write_mat(tmp_path / "net.mat", layers, nested=nested))
    assert same(read.network, network)
    np.testing.assert_array_equal(read.mean, MEAN)
    assert read.network.width == width


def test_safetensors_round_trip(tmp_path, network):
    path = tmp_path / "student.safetensors"
    written = Weights(network, np.array([124, 117, 104], np.float32), {"teacher": "resnet18", "steps": 5})
    save_weights(written, path)
    read = load_weights(path)
    assert same(read.network, network)
    assert read.recipe == written.recipe
    assert read.sha256 == written.sha256
    np.testing.assert_array_equal(read.mean, written.mean)
    with safetensors.safe_open(path, "pt") as file:
        assert {"architecture", "settings", "taps", "recipe", "sha256"} <= file.metadata().keys()
    assert list(tmp_path.iterdir()) == [path]


def test_older_files_name_a_width_alone(tmp_path, network):
    weights = Weights(network, MEAN, {"steps": 5})
    said = {"format": "cfvgg-weights/1", "width": "0.125", "recipe": json.dumps({"steps": 5}), "sha256": weights.sha256}
    path = tmp_path / "old.safetensors"
    path.write_bytes(safetensors.torch.save(weights.tensors(), said))
    read = load_weights(path)
    assert (read.architecture, read.settings.width, read.recipe) == ("vgg_m", 0.125, {"steps": 5})
    assert same(read.network, network) and read.sha256 == weights.sha256
    shipped = load_weights(find_weights("cf_vgg"))  # results and model card name this hash
    assert shipped.sha256 == "04de755f41e97bef04560fe4b682230e4ee7b1e7b2e21e8f2e81995acce76b2c"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "resnet"}, "unknown architecture 'resnet'; there are compact, vgg_m"),
        ({"settings": '{"depth": 3}'}, "unknown entry network.depth; there are width"),
        ({"settings": '{"width": "wide"}'}, "network.width: float is expected"),
        ({"settings": '{"width": 7.0}'}, "width 7.0: must be above 0"),
        ({"settings": "{"}, "do not say which network it is"),
        ({"settings": "3"}, "do not say which network it is"),
        ({"settings": '{"width": 0.25}'}, "not the vgg_m .width 0.25. that it claims to be"),
    ],
)
def test_files_of_another_network_are_named(tmp_path, network, changes, words):
    path = tmp_path / "net.safetensors"
    weights = Weights(network, MEAN)
    save_weights(weights, path)
    with safetensors.safe_open(path, "pt") as file:
        said = file.metadata() | changes
    path.write_bytes(safetensors.torch.save(weights.tensors(), said))
    with pytest.raises(InputError, match=rf"net.safetensors: .*{words}"):
        load_weights(path)


def test_the_released_student(student):
    assert sum(p.numel() for p in student.network.parameters()) == 103_760
    np.testing.assert_allclose(student.mean.mean((0, 1)), [123.659, 116.766, 103.932], atol=1e-3)


def spoil(layers: list[dict], index: int, **change: object) -> list[dict]:
    return [layer | change if i == index else layer for i, layer in enumerate(layers)]


@pytest.mark.parametrize(
    ("index", "change", "words"),
    [
        (0, {"stride": [4, 4]}, "conv1 has stride"),
        (4, {"pad": [2, 2, 2, 2]}, "conv2 has stride .* padding"),
        (2, {"param": [5.0, 1.0, 2e-5, 0.75]}, "normalises with"),
        (3, {"pad": [0, 0, 0, 0]}, "pools"),
        (1, {"type": "dropout"}, "unexpected layer"),
        (0, {"weights": np.array([np.zeros((11, 11, 3, 12)), np.zeros(12)], dtype=object)}, "11x11x3x12.*7x7x3x12"),
        (4, {"weights": np.array([np.zeros((5, 5, 12, 32)), np.zeros(31)], dtype=object)}, "do not match"),
        (4, {"weights": np.array([np.full((5, 5, 12, 32), np.nan), np.zeros(32)], dtype=object)}, "finite"),
        (12, {"type": "relu"}, "4 convolutions"),
    ],
)
def test_another_network_is_refused(tmp_path, network, index, change, words):
    path = write_mat(tmp_path / "net.mat", spoil(matconvnet_layers(network), index, **change))
    with pytest.raises(InputError, match=words):
        load_weights(path)


def test_unusable_files_are_named(tmp_path, network):
    good = tmp_path / "good.safetensors"
    save_weights(Weights(network, MEAN), good)
    mat = write_mat(tmp_path / "net.mat", matconvnet_layers(network))
    altered = bytearray(good.read_bytes())
    altered[-100] ^= 1
    tensors = Weights(network, MEAN).tensors()
    other = {"format": "cfvgg-weights/1", "width": "0.25", "recipe": "{}", "sha256": ""}
    cases = {
        "text.safetensors": (b"these are not weights\n", "not a weight file"),
        "empty.mat": (b"", "not a weight file"),
        "short.mat": (mat.read_bytes()[:5000], "truncated"),
        "short.safetensors": (good.read_bytes()[:-10], "truncated"),
        "altered.safetensors": (bytes(altered), "sha256"),
        "weights.pt": (pickle.dumps({"conv1": [1.0]}), "pickle"),
        "torch.pth": (b"PK\x03\x04" + bytes(200), "pickle"),
        "hdf.mat": (b"MATLAB 7.3 MAT-file, Platform" + bytes(200), "-v7"),
        "other.safetensors": (safetensors.torch.save(tensors), "another program"),
        "width.safetensors": (safetensors.torch.save(tensors, other), "width 0.25. that it claims"),
    }
    for name, (content, words) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match=words) as caught:
            load_weights(path)
        assert name in str(caught.value)
    with pytest.raises(InputError, match="No such file"):
        load_weights(tmp_path / "missing.mat")
    with pytest.raises(InputError, match="mean image"):
        load_weights(write_mat(tmp_path / "nomean.mat", matconvnet_layers(network), mean=None))
    scipy.io.savemat(tmp_path / "table.mat", {"w2crs": np.zeros((4, 4))})
    with pytest.raises(InputError, match="w2crs"):
        load_weights(tmp_path / "table.mat")


def test_a_pickle_is_never_run(tmp_path):
    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "ran",)

    (tmp_path / "evil.mat").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError, match="never opened"):
        load_weights(tmp_path / "evil.mat")
    assert not (tmp_path / "ran").exists()


def test_stored_names(tmp_path, network):
    mat = write_mat(tmp_path / "CF_VGGM.mat", matconvnet_layers(network))
    assert find_weights(None).parent.parent.name == "cfvgg_plugin"
    _, path = import_weights(mat)
    assert stored_weights()["cf_vggm"] == path == find_weights("cf_vggm")
    assert same(load_weights(path).network, network)
    import_weights(mat, "compact")
    assert find_weights(None).parent == path.parent  # one's own goes before the package's
    with pytest.raises(InputError, match="no such file.*cf_vgg"):
        find_weights("cf_vgggg")
    with pytest.raises(InputError, match="weight name"):
        import_weights(mat, "../evil")
