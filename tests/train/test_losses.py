"""Losses, that in one filter of several layers among them, beside direct sums and finite differences, in float64."""

import math

import numpy as np
import pytest
import torch

from cfvgg_plugin.filters.fourier import gaussian_label, hann_window
from cfvgg_plugin.filters.tracking_loss import respond, shifted_gaussian, tracking_loss, windowed
from cfvgg_plugin.networks.architectures.vgg_m import VGGM
from cfvgg_plugin.train.losses import fidelity_loss, joined_maps, peak_loss, relation_loss


def maps(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def label(height: int, width: int, x: float = 0, y: float = 0, sigma: float = 1.0) -> torch.Tensor:
    values = torch.tensor([[x, y]], dtype=torch.float64)
    return shifted_gaussian(height, width, torch.tensor([sigma], dtype=torch.float64), values)


def shifts_of(x: np.ndarray) -> np.ndarray:
    """(H*W, H*W) matrix whose row (a, b) is x moved by (a, b), all circular shifts of one channel."""
    return np.stack([np.roll(x, (a, b), (0, 1)).ravel() for a in range(x.shape[0]) for b in range(x.shape[1])])


def test_one_channel_filter_is_dense_ridge_regression():
    x, z, y = maps(1, 1, 6, 5), maps(1, 1, 6, 5, seed=1), label(6, 5)
    dense = shifts_of(x[0, 0].numpy())
    w = np.linalg.solve(dense.T @ dense + 0.3 * np.eye(30), dense.T @ y[0].numpy().ravel())
    expected = (shifts_of(z[0, 0].numpy()) @ w).reshape(6, 5)
    found = respond(x, z, y, 0.3, relative=False)[0]
    # rows of the dense problem move the sample, the response counts the target's displacement: opposite signs
    turned = np.roll(expected[::-1, ::-1], (1, 1), (0, 1))
    assert np.abs(found.numpy() - turned).max() < 1e-10


def test_several_channels_share_one_denominator():
    x, z, y = maps(2, 3, 6, 4), maps(2, 3, 6, 4, seed=1), label(6, 4).expand(2, -1, -1)
    fx, fz, fy = (torch.fft.fft2(v) for v in (x, z, y))
    w = fx * fy.conj()[:, None] / ((fx * fx.conj()).sum(1, keepdim=True) + 0.2)  # equation 6, conjugated as there
    expected = torch.fft.ifft2((w.conj() * fz).sum(1)).real
    assert (respond(x, z, y, 0.2, relative=False) - expected).abs().max() < 1e-10


def test_response_to_the_moved_sample_is_the_moved_label():
    x = maps(1, 4, 12, 10)
    z = x.roll((3, -2), (2, 3))
    response = respond(x, z, label(12, 10), 1e-9, relative=True)
    assert (response - label(12, 10, x=-2, y=3)).abs().max() < 1e-6


def test_label_agrees_with_the_trackers_and_wraps():
    assert torch.allclose(label(9, 8, sigma=1.3)[0].float(), gaussian_label(9, 8, 1.3), atol=1e-6)
    assert torch.allclose(label(9, 8, x=-3, y=7.0), label(9, 8, x=5, y=-2.0))
    assert label(9, 8, x=2.5, y=1)[0, 1, 2] == pytest.approx(np.exp(-0.125))


@pytest.mark.parametrize("scaling", ["energy", "range", "none"])
@pytest.mark.parametrize("negatives", [True, False])
def test_gradients_are_those_of_finite_differences(scaling, negatives):
    shift = torch.tensor([[1.0, -0.5], [0.3, 2.0]], dtype=torch.float64)
    sigma = torch.tensor([1.0, 0.8], dtype=torch.float64)
    others = maps(2, 3, 5, 6, seed=2).requires_grad_() if negatives else None

    def loss(x, z, n):
        return tracking_loss(x, z, shift, sigma, 0.1, scaling, n)

    inputs = (maps(2, 3, 5, 6).requires_grad_(), maps(2, 3, 5, 6, seed=1).requires_grad_(), others)
    assert torch.autograd.gradcheck(loss, inputs)


@pytest.mark.parametrize("scaling", ["energy", "range"])
def test_scale_of_the_features_does_not_matter_when_normalised(scaling):
    x, z = maps(2, 3, 8, 8), maps(2, 3, 8, 8, seed=1)
    shift, sigma = torch.zeros(2, 2, dtype=torch.float64), torch.ones(2, dtype=torch.float64)
    loss = tracking_loss(x, z, shift, sigma, scaling=scaling)
    assert loss.item() == pytest.approx(tracking_loss(50 * x, 9 * z, shift, sigma, scaling=scaling).item())


def test_fixed_ridge_asks_for_active_channels_and_is_in_units_of_one():
    x = maps(1, 1, 12, 12)
    z = x.roll((1, 2), (2, 3))
    shift, sigma = torch.tensor([[2.0, 1.0]], dtype=torch.float64), torch.ones(1, dtype=torch.float64)

    def loss(channels, fixed):
        pair = (m.repeat(1, channels, 1, 1) for m in (x, z))
        return tracking_loss(*pair, shift, sigma, 3.0, "range", fixed_ridge=fixed).item()

    assert loss(8, False) == pytest.approx(loss(1, False))
    assert loss(8, True) < 0.9 * loss(1, True)
    windows = windowed(x, "range"), windowed(z, "range")
    response = respond(*windows, label(12, 12), 3.0 * 144, relative=False)
    assert loss(1, True) == pytest.approx(
        ((response - label(12, 12, x=2, y=1)).square().sum() / label(12, 12).square().sum()).item()
    )


def test_ranged_maps_are_what_fdeepstrcf_reads():
    from cfvgg_plugin.trackers.fdeepstrcf.fdeepstrcf import window_maps

    given = maps(1, 4, 9, 9).float()
    read = torch.empty(4, 9, 9)
    window_maps(given[0], hann_window(9, 9), True, read)
    assert torch.allclose(windowed(given, "range")[0], read, atol=1e-5)


def test_tracking_loss_is_small_where_the_target_is_and_large_elsewhere():
    x = maps(1, 8, 16, 16)
    z = x.roll((2, 3), (2, 3))
    sigma = torch.ones(1, dtype=torch.float64)
    right, wrong = (
        tracking_loss(x, z, torch.tensor([[dx, 2.0]], dtype=torch.float64), sigma).item() for dx in (3.0, -5.0)
    )
    assert right < 0.5 < wrong


def test_negatives_add_the_energy_of_their_response():
    x, z, n = maps(1, 2, 6, 6), maps(1, 2, 6, 6, seed=1), maps(1, 2, 6, 6, seed=2)
    shift, sigma = torch.zeros(1, 2, dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    answer = respond(windowed(x, "none"), windowed(n, "none"), label(6, 6), 0.1, False)
    more = tracking_loss(x, z, shift, sigma, 0.1, "none", n) - tracking_loss(x, z, shift, sigma, 0.1, "none")
    assert more.item() == pytest.approx(answer.square().sum().item())


def test_fidelity_is_the_sum_of_squares_or_the_share_of_unexplained_energy():
    student, teacher = maps(2, 3, 4, 5), maps(2, 3, 4, 5, seed=1)
    assert fidelity_loss(student, teacher, False).item() == pytest.approx((student - teacher).square().sum().item() / 2)
    assert fidelity_loss(torch.zeros_like(teacher), teacher).item() == pytest.approx(1)


def test_relations_do_not_depend_on_rotation_or_scale_of_the_channels():
    maps_ = maps(2, 6, 5, 4)
    rotation = torch.linalg.qr(maps(1, 1, 6, 6, seed=3)[0, 0]).Q
    turned = 7 * torch.einsum("dc,nchw->ndhw", rotation, maps_)
    assert relation_loss(turned, maps_).item() == pytest.approx(0, abs=1e-12)
    assert 0.3 < relation_loss(maps(2, 6, 5, 4, seed=1), maps_).item() <= 1


def test_relation_loss_is_one_minus_the_cosine_between_matrices_of_inner_products():
    student, teacher = maps(2, 3, 4, 5), maps(2, 7, 4, 5, seed=1)
    rows = [m.permute(0, 2, 3, 1).reshape(40, -1) for m in (student, teacher)]
    grams = [(r - r.mean(0)) @ (r - r.mean(0)).T for r in rows]
    cosine = (grams[0] * grams[1]).sum() / (grams[0].norm() * grams[1].norm())
    assert relation_loss(student, teacher).item() == pytest.approx(1 - cosine.item())
    assert torch.autograd.gradcheck(relation_loss, (student.requires_grad_(), teacher))


STRIDES = {"conv1": 2, "conv2": 8, "conv5": 16}


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


def test_gradients_of_the_peak_are_those_of_finite_differences():
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
