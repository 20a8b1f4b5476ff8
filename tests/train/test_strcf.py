"""The loss in fDeepSTRCF's own filter, beside the tracker's solver and finite differences."""

import pytest
import torch
from torch.fft import rfft2

from cfvgg_plugin.filters import strcf
from cfvgg_plugin.filters.fourier import gaussian_label
from cfvgg_plugin.train.strcf import FINE, SETTINGS, STRIDE, TAP, fit, strcf_loss


def maps(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def pixels(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_the_tap_is_the_one_that_the_tracker_reads():
    (feature,) = SETTINGS.blocks[-1].features
    assert feature.tap == TAP and len(SETTINGS.blocks) == 2 and FINE < STRIDE


@pytest.mark.parametrize("side", [8, 11])
def test_filters_are_the_trackers(side):
    spectra = rfft2(maps(2, 5, side, side))
    problems = [
        strcf.Problem(
            label=rfft2(gaussian_label(side, side, 0.8)),
            window=strcf.regularisation_window((side, side), (n, n), 1e5, 1e-3),
            cells=44**2,
            temporal=15.0,
            penalties=strcf.penalty_schedule(1.0, 10.0, 0.1, 2),
        )
        for n in (2, 3)
    ]
    expected = torch.stack([strcf.fit(s, p) for s, p in zip(spectra, problems, strict=True)])
    labels, weights = torch.stack([p.label for p in problems]), torch.stack([p.window for p in problems])
    found = fit(spectra, labels.to(spectra), weights.double(), 44**2)
    assert (found - expected).abs().max() < 1e-9 * expected.abs().max()


def test_loss_is_low_where_the_target_is_and_high_elsewhere():
    """A moved sample has its peak where it was moved to."""
    x = maps(1, 6, 12, 12)
    x[:, :, 4:9, 4:9] += 3 * maps(1, 6, 5, 5, seed=1)
    z = x.roll((1, -2), (2, 3))
    right, wrong = (strcf_loss(x, z, STRIDE * pixels(s), pixels(60.0), 0.1) for s in ((-2.0, 1.0), (2.0, -1.0)))
    assert right < wrong - 0.5


def test_gradients_are_those_of_finite_differences():
    x, z = maps(2, 3, 8, 8).requires_grad_(), maps(2, 3, 8, 8, seed=1).requires_grad_()
    shift, target = pixels((10.0, -5.0), (3.0, 20.0)), pixels(30.0, 45.0)
    assert torch.autograd.gradcheck(lambda x, z: strcf_loss(x, z, shift, target, 0.1), (x, z))
