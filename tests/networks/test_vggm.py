import numpy as np
import pytest
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import RAW_TAPS, TAPS, VGGM, TorchBackbone, Weights, prune, width_for_compression
from cfvgg_plugin.networks.architectures.vgg_m import LAYERS, local_response_norm, multiply_adds_at
from cfvgg_plugin.networks.backbone import resize_mean
from cfvgg_plugin.networks.network import geometry, multiply_adds, parameter_count


def direct_lrn(x: np.ndarray) -> np.ndarray:
    """The formula as MatConvNet writes it, channel by channel, in float64. x: (C, H, W)."""
    out = np.empty_like(x)
    for c in range(len(x)):
        total = (x[max(c - 2, 0) : c + 3] ** 2).sum(0)
        out[c] = x[c] * (2 + 1e-4 * total) ** -0.75
    return out


def direct_conv(x: np.ndarray, w: np.ndarray, b: np.ndarray, stride: int, pad: int) -> np.ndarray:
    x = np.pad(x, ((0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (1, 2))[:, ::stride, ::stride]
    return np.einsum("chwij,ocij->ohw", windows, w) + b[:, None, None]


def direct_pool(x: np.ndarray) -> np.ndarray:
    """Max 3x3, stride 2, padded by one at the bottom and the right, as in MatConvNet."""
    x = np.pad(x, ((0, 0), (0, 1), (0, 1)), constant_values=-np.inf)
    return np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))[:, ::2, ::2].max((3, 4))


def direct_forward(network: VGGM, x: np.ndarray) -> dict[str, np.ndarray]:
    maps = {}
    for name, layer in LAYERS.items():
        conv = network.conv(name)
        w, b = (p.detach().double().numpy() for p in (conv.weight, conv.bias))
        maps[f"{name}_raw"] = direct_conv(x, w, b, layer.stride, layer.padding)
        x = np.maximum(maps[f"{name}_raw"], 0)
        x = direct_lrn(x) if layer.normalised else x
        maps[name] = x
        x = direct_pool(x) if layer.normalised else x
    return maps


@pytest.mark.parametrize(("height", "width"), [(64, 64), (61, 78), (31, 45), (32, 33)])
def test_every_tap_equals_a_direct_computation(random_weights, height, width):
    x = np.random.default_rng(height).normal(0, 60, (3, height, width))
    with torch.no_grad():
        maps = random_weights.network(torch.from_numpy(x).float()[None], TAPS + RAW_TAPS)
    expected = direct_forward(random_weights.network, x)
    taps = random_weights.geometry.taps
    for tap, value in expected.items():
        assert maps[tap][0].shape == value.shape
        assert value.shape[1:] == (taps[tap].size(height), taps[tap].size(width))
        assert np.abs(maps[tap][0].numpy() - value).max() <= 1e-5 * np.abs(value).max()


@pytest.mark.parametrize("channels", [1, 3, 12, 96])
def test_lrn_equals_the_plain_formula(channels):
    x = np.random.default_rng(1).normal(0, 300, (channels, 9, 7)).astype(np.float32)
    got = local_response_norm(torch.from_numpy(x)[None])[0].numpy()
    expected = direct_lrn(x.astype(np.float64))
    assert np.abs(got - expected).max() <= 1e-6 * np.abs(expected).max()


def test_lrn_is_differentiable_after_use_in_inference_mode():
    with torch.inference_mode():
        local_response_norm(torch.rand(1, 7, 3, 3))
    x = (100 * torch.rand(1, 7, 3, 3, dtype=torch.float64)).requires_grad_()
    assert torch.autograd.gradcheck(local_response_norm, (x,))


def test_activations_equal_those_of_the_authors(golden, student):
    data = golden("cnn_224")
    x = torch.from_numpy(data["input"].astype(np.float32)).permute(2, 0, 1)[None]
    with torch.no_grad():
        maps = student.network(x, TAPS)
    for tap, name in zip(TAPS, ("norm1", "norm2", "relu3", "relu4", "relu5"), strict=True):
        expected = data[name].transpose(2, 0, 1)
        assert np.abs(maps[tap][0].numpy() - expected).max() <= 1e-5 * np.abs(expected).max(), name


def test_sizes_and_costs_are_those_of_the_paper():
    student, teacher = VGGM(1 / 8), VGGM(1)
    assert list(student.channels.values()) == [12, 32, 64, 64, 64]
    assert parameter_count(student) == 103_760
    assert [geometry(student.settings).taps[tap].size(224) for tap in TAPS] == [109, 26, 13, 13, 13]
    table2 = {"conv1": (112, 112), "conv2": (28, 28), "conv3": (14, 14), "conv4": (14, 14), "conv5": (14, 14)}
    assert multiply_adds_at(student, table2) / 1e9 == pytest.approx(0.048, abs=5e-4)
    assert multiply_adds(student.settings, 224) / 1e9 == pytest.approx(0.0432, abs=5e-5)
    assert multiply_adds_at(teacher, table2) / 1e9 == pytest.approx(1.82, abs=5e-3)
    assert parameter_count(teacher) / parameter_count(student) == pytest.approx(63, abs=0.5)


@pytest.mark.parametrize(("ratio", "megabytes"), [(1, 95), (16, 5.8), (32, 2.9), (64, 1.5), (96, 0.99)])
def test_compression_ratios_of_table_3(ratio, megabytes):
    share = parameter_count(VGGM(width_for_compression(ratio))) / parameter_count(VGGM(1))
    assert share == pytest.approx(megabytes / 95, rel=0.12)


def test_only_needed_layers_run(random_weights):
    network = VGGM(1 / 8)
    network.conv("conv3").register_forward_hook(lambda *_: pytest.fail("conv3 ran for conv2"))
    assert set(network(torch.zeros(1, 3, 64, 64), ("conv2", "conv1_raw"))) == {"conv2", "conv1_raw"}


def test_unusable_requests_are_named():
    network = VGGM(1 / 8)
    backbone = TorchBackbone(Weights(network, np.zeros(3, np.float32)))
    with pytest.raises(InputError, match="conv9.*conv1"):
        backbone.run(np.zeros((1, 64, 64, 3), np.uint8), ("conv9",))
    with pytest.raises(InputError, match="20x64 pixels.*25"):
        backbone.run(np.zeros((1, 64, 20, 3), np.uint8), ("conv5",))
    with pytest.raises(InputError, match="ratio 0.5"):
        width_for_compression(0.5)
    with pytest.raises(InputError, match="width 2"):
        VGGM(2)


def test_pruning_keeps_whole_filters_and_matching_channels():
    torch.manual_seed(0)
    teacher = VGGM(1 / 4)
    student = prune(teacher, 1 / 8, seed=7)
    kept = torch.arange(3)
    for name in LAYERS:
        source, target = teacher.conv(name), student.conv(name)
        columns = source.weight[:, kept]
        kept = torch.stack([(columns == w).flatten(1).all(1).nonzero()[0, 0] for w in target.weight])
        assert (kept.diff() > 0).all()
        assert torch.equal(source.bias[kept], target.bias)
    assert torch.equal(prune(teacher, 1 / 8, seed=7).conv("conv5").weight, student.conv("conv5").weight)
    assert not torch.equal(prune(teacher, 1 / 8, seed=8).conv("conv5").weight, student.conv("conv5").weight)
    with pytest.raises(InputError, match="cannot prune"):
        prune(student, 1 / 4)


def test_resizing_a_mean_image_equals_matlab(golden):
    data = golden("averageImage_resized")
    mean = data["avg"].astype(np.float32)
    for name in ("avg227", "avg200", "avg300"):
        expected = data[name]
        assert np.abs(resize_mean(mean, *expected.shape[:2]) - expected).max() < 1e-4


@pytest.mark.parametrize(("height", "width"), [(10, 40), (224, 224), (301, 99), (31, 500)])
def test_a_constant_mean_stays_constant(height, width):
    resized = resize_mean(np.full((224, 224, 3), 117.5, np.float32), height, width)
    assert resized.shape == (height, width, 3)
    np.testing.assert_allclose(resized, 117.5, rtol=1e-6)


def test_enlarging_a_mean_reproduces_a_ramp_inside():
    ramp = np.repeat(np.arange(40, dtype=np.float32)[None, :, None], 40, 0).repeat(3, 2)
    resized = resize_mean(ramp, 40, 80)[0, 8:-8, 0]
    np.testing.assert_allclose(resized, (np.arange(80)[8:-8] + 0.5) / 2 - 0.5, atol=1e-5)


def test_channel_means_are_repeated():
    resized = resize_mean(np.array([1, 2, 3], np.float32), 10, 20)
    np.testing.assert_array_equal(resized, np.broadcast_to([1, 2, 3], (10, 20, 3)))
