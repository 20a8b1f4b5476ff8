import numpy as np
import pytest

from cfvgg_plugin.demo import HEIGHT, WIDTH, poses, render


def test_the_truth_is_exact():
    """Beside the mask of the rendered target: the box of all pixels that differ from a scene without it."""
    for pose in poses(9):
        y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)
        turn = np.deg2rad(pose.angle)
        dx, dy = x - pose.x, y - pose.y
        u, v = dx * np.cos(turn) - dy * np.sin(turn), dx * np.sin(turn) + dy * np.cos(turn)
        inside = (u / (118 * pose.scale)) ** 2 + (v / (125 * pose.scale)) ** 2 <= 1
        rows, columns = np.where(inside.any(1))[0], np.where(inside.any(0))[0]
        box = pose.box
        assert (columns[0], rows[0]) == pytest.approx((box.x, box.y), abs=1.6)
        assert (columns[-1], rows[-1]) == pytest.approx((box.x + box.w - 1, box.y + box.h - 1), abs=1.6)


def test_rendering_is_reproducible_and_inside_the_frame():
    first, second = list(render(12)), list(render(12))
    assert len(first) == 12
    for (image, box), (again, same) in zip(first, second, strict=True):
        np.testing.assert_array_equal(image, again)
        assert image.shape == (HEIGHT, WIDTH, 3) and box == same
        assert box.x > 0 and box.y > 0 and box.x + box.w < WIDTH and box.y + box.h < HEIGHT
    assert len({box.w for _, box in first}) > 3  # it scales
    assert len({round(float(image.mean()), 1) for image, _ in first}) > 3
