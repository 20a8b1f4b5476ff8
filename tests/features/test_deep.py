import numpy as np
import pytest
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features import DeepFeature, GreyFeature
from cfvgg_plugin.networks import TorchBackbone
from cfvgg_plugin.networks.backbone import resize_mean


@pytest.mark.parametrize("tap", ["conv1", "conv2_raw", "conv5"])
def test_deep_maps_are_the_networks_own(random_weights, tap):
    samples = np.random.default_rng(0).integers(0, 255, (2, 70, 93, 3), np.uint8)
    extractor = DeepFeature(tap).build(TorchBackbone(random_weights))
    maps = extractor.extract(samples)
    x = samples - resize_mean(random_weights.mean, 70, 93)
    with torch.no_grad():
        expected = random_weights.network(torch.from_numpy(x).permute(0, 3, 1, 2).contiguous(), (tap,))[tap]
    assert maps.shape == (2, extractor.channels, *(random_weights.geometry.taps[tap].size(side) for side in (70, 93)))
    torch.testing.assert_close(maps, expected, rtol=1e-4, atol=1e-4)


def test_grey_samples_serve_as_three_equal_channels(random_weights):
    samples = np.random.default_rng(0).integers(0, 255, (1, 64, 64, 1), np.uint8)
    extractor = DeepFeature("conv2").build(TorchBackbone(random_weights))
    assert torch.equal(extractor.extract(samples), extractor.extract(samples.repeat(3, 3)))


def test_samples_of_the_authors_give_their_features(golden, student):
    data = golden("feco_crossing_f1")
    for tap, name in (("conv1", "cnn_norm1_full"), ("conv3", "cnn_relu3_full"), ("conv5", "cnn_relu5_full")):
        maps = (
            DeepFeature(tap).build(TorchBackbone(student)).extract(data["patch1"][None])[0].numpy().transpose(1, 2, 0)
        )
        assert np.abs(maps - data[name]).max() < 1e-3 * np.abs(data[name]).max(), tap


def test_unusable_features_are_named(random_weights):
    with pytest.raises(InputError, match="needs network weights"):
        DeepFeature("conv1").build(None)
    with pytest.raises(InputError, match="conv7.*conv1"):
        DeepFeature("conv7").build(TorchBackbone(random_weights))


def test_grey_values_are_averaged_over_cells():
    sample = np.arange(48, dtype=np.uint8).reshape(1, 6, 8, 1) * 5
    maps = GreyFeature(cell=2).extract(sample)
    expected = sample[0, :, :, 0].reshape(3, 2, 4, 2).mean((1, 3)) / 255 - 0.5
    np.testing.assert_allclose(maps[0, 0].numpy(), expected, atol=1e-6)
    assert GreyFeature().extract(np.zeros((2, 5, 5, 3), np.uint8)).shape == (2, 1, 5, 5)
