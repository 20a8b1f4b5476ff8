"""The loss in one filter of several layers, beside direct sums and finite differences."""

import math

import numpy as np
import pytest
import torch

from cfvgg_plugin.filters.tracking_loss import windowed
from cfvgg_plugin.networks.architectures.vgg_m import VGGM
from cfvgg_plugin.train.peak import joined_maps, peak_loss

STRIDES = {"conv1": 2, "conv2": 8, "conv5": 16}


def maps(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def small(seed: int) -> dict[str, torch.Tensor]:
    """Maps of two layers of a patch of 48 pixels."""
    return {"conv2": maps(2, 2, 6, 6, seed=seed), "conv5": maps(2, 3, 3, 3, seed=seed + 1)}


def test_maps_of_both_layers_cover_the_same_pixels_on_the_finer_cells():
    student = VGGM()
    found = student(torch.randn(1, 3, 192, 192), ("conv1", "conv5"))
    assert found["conv1"].shape[-1] * 2 == 186 and found["conv5"].shape[-1] * 16 == 176
    one, cell = joined_maps(found, STRIDES)
    assert one.shape == (1, student.channels["conv1"] + student.channels["conv5"], 44, 44) and cell == 4
    inner = torch.nn.functional.avg_pool2d(found["conv1"][:, :, 2:90, 2:90], 2)
    assert torch.allclose(one[:, : student.channels["conv1"]], windowed(inner, "energy"))


def test_coarse_maps_are_enlarged_by_their_fourier_series():
    coarse = maps(1, 1, 3, 3)
    one, cell = joined_maps({"conv2": maps(1, 1, 6, 6, seed=1), "conv5": coarse}, STRIDES)
    assert cell == 8
    series = np.fft.fft2(windowed(coarse, "energy")[0, 0].numpy()) / 9
    frequencies = np.array([0, 1, -1])
    waves = np.exp(2j * math.pi * np.arange(6)[:, None] * frequencies / 6)
    assert np.abs(waves @ series @ waves.T - one[0, 1].numpy()).max() < 1e-12


def test_gradients_are_those_of_finite_differences():
    shift = torch.tensor([[8.0, -4.0], [3.0, 16.0]], dtype=torch.float64)
    sigma = torch.tensor([8.0, 10.0], dtype=torch.float64)
    x, z = ([m.requires_grad_() for m in small(seed).values()] for seed in (0, 5))

    def loss(*found):
        named = [dict(zip(("conv2", "conv5"), pair, strict=True)) for pair in (found[:2], found[2:])]
        return peak_loss(*named, STRIDES, shift, sigma, 0.5)

    assert torch.autograd.gradcheck(loss, (*x, *z))


def test_flat_maps_are_as_likely_everywhere():
    flat = {tap: torch.ones_like(m) for tap, m in small(0).items()}
    loss = peak_loss(flat, flat, STRIDES, torch.zeros(2, 2).double(), torch.full((2,), 8.0).double(), 1.0)
    assert loss.item() == pytest.approx(math.log(36), abs=1e-6)


def test_least_where_a_network_sees_the_moved_target():
    torch.manual_seed(0)
    noise = torch.nn.functional.interpolate(torch.randn(1, 3, 64, 64), scale_factor=5, mode="bilinear") * 60
    student = VGGM()
    dx, dy = 16, -32  # pixels; the patches are cut from one picture
    x = student(noise[:, :, 64:256, 64:256], ("conv1", "conv5"))
    z = student(noise[:, :, 64 - dy : 256 - dy, 64 - dx : 256 - dx], ("conv1", "conv5"))

    def loss(at_x: float, at_y: float) -> float:
        return peak_loss(x, z, STRIDES, torch.tensor([[at_x, at_y]]), torch.tensor([4.0]), 1.0).item()

    right = loss(dx, dy)
    for wrong in ((0, 0), (-dx, -dy), (dy, dx), (dx + 8, dy), (dx, dy - 8)):
        assert right < loss(*wrong) - 1
