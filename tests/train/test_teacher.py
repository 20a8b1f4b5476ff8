"""Teacher maps on the student's cells."""

import pytest
import torch

from cfvgg_plugin.train.teacher import at_cells


def centres(cells: int, stride: int) -> torch.Tensor:
    """Pixels from the patch's middle to the cells of maps that stand centred in it."""
    return (torch.arange(cells, dtype=torch.float64) - (cells - 1) / 2) * stride


def ramps(height: int, width: int, stride: int) -> torch.Tensor:
    """(1, 2, height, width) maps whose values are the places of their cells, y and x."""
    return torch.stack(torch.meshgrid(centres(height, stride), centres(width, stride), indexing="ij"))[None]


@pytest.mark.parametrize(("cells", "stride"), [((14, 12), 16), ((24, 22), 8), ((48, 44), 4), ((6, 6), 32)])
def test_maps_are_read_where_the_students_cells_are(cells, stride):
    found = at_cells(ramps(*cells, stride), stride, (9, 7), 16)
    assert torch.allclose(found, ramps(9, 7, 16), atol=1e-9)


def test_own_cells_stay():
    maps = torch.randn((2, 3, 11, 11), generator=torch.Generator().manual_seed(0))
    assert torch.allclose(at_cells(maps, 16, (11, 11), 16), maps, atol=1e-6)


def test_beyond_the_teachers_maps_the_border_is_repeated():
    assert at_cells(torch.ones(1, 1, 5, 5), 16, (11, 11), 16).eq(1).all()


def test_gradients_reach_the_teacher_maps_and_single_cells_serve():
    maps = torch.full((1, 1, 1, 1), 2.0, requires_grad=True)
    at_cells(maps, 16, (3, 3), 16).sum().backward()
    assert maps.grad is not None
    assert maps.grad.item() == pytest.approx(9)
