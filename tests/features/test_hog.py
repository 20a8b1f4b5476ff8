import math

import numpy as np
import pytest

from cfvgg_plugin.features import HOGFeature
from cfvgg_plugin.features.fhog import fhog


def direct_fhog(image: np.ndarray, cell: int) -> np.ndarray:
    """FHOG written pixel by pixel from its definition; image (H, W, C) float64, result (31, h, w)."""
    height, width, channels = image.shape
    rows, columns = height // cell, width // cell
    histogram = np.zeros((rows, columns, 18))
    for y in range(rows * cell):
        for x in range(columns * cell):
            best = (0.0, 0.0, -1.0)
            for c in range(channels):
                up, down, left, right = max(y - 1, 0), min(y + 1, height - 1), max(x - 1, 0), min(x + 1, width - 1)
                gx = (image[y, right, c] - image[y, left, c]) / (right - left)
                gy = (image[down, x, c] - image[up, x, c]) / (down - up)
                if gx * gx + gy * gy > best[2]:
                    best = (gx, gy, gx * gx + gy * gy)
            bin_ = math.floor((math.degrees(math.atan2(best[1], best[0])) % 360) / 20 + 0.5) % 18
            for cy in range(rows):
                for cx in range(columns):
                    weight_y = 1 - abs((y + 0.5) / cell - (cy + 0.5))
                    weight_x = 1 - abs((x + 0.5) / cell - (cx + 0.5))
                    if weight_y > 0 and weight_x > 0:
                        histogram[cy, cx, bin_] += weight_y * weight_x * math.sqrt(best[2]) / cell**2
    histogram[[0, -1]] *= 8 / 7
    histogram[:, [0, -1]] *= 8 / 7
    both = histogram[:, :, :9] + histogram[:, :, 9:]
    energy = (both**2).sum(2)
    norm = np.zeros((rows + 1, columns + 1))
    norm[1:-1, 1:-1] = energy[:-1, :-1] + energy[1:, :-1] + energy[:-1, 1:] + energy[1:, 1:]
    norm = np.pad(norm[1:-1, 1:-1], 1, mode="edge")
    norm = 1 / np.sqrt(norm + 1e-4 / 4 / cell**4)
    blocks = [norm[1:, 1:], norm[:-1, 1:], norm[1:, :-1], norm[:-1, :-1]]
    clipped = [np.minimum(np.concatenate([histogram, both], 2) * n[:, :, None], 0.2) for n in blocks]
    texture = [c[:, :, :18].sum(2, keepdims=True) * 0.2357 for c in clipped]
    return np.concatenate([sum(clipped) / 2, *texture], 2).transpose(2, 0, 1)


@pytest.mark.parametrize(("shape", "cell"), [((24, 20, 3), 4), ((23, 31, 1), 5), ((18, 18, 3), 6), ((9, 8, 1), 4)])
def test_fhog_equals_its_definition(shape, cell):
    # smooth, and of odd amplitude: no gradient lies on the border of two orientation bins
    y, x, c = np.indices(shape)
    image = np.rint(120 + 60 * np.sin(x * 0.77 + 0.4 * c) + 50 * np.cos(y * 0.51 + x * 0.17)).astype(np.uint8)
    expected = direct_fhog(image.astype(float), cell)
    got = fhog(image, cell)
    assert got.shape == expected.shape == (31, shape[0] // cell, shape[1] // cell)
    assert np.linalg.norm(got - expected) <= 2e-4 * np.linalg.norm(expected)  # roots are good to 12 bits


@pytest.mark.parametrize(
    ("image", "out"), [("crop", "fhog_out32"), ("crop_gray", "fhog_gray32"), ("crop_small", "fhog_small32")]
)
def test_fhog_equals_the_toolbox(golden, image, out):
    data = golden("fhog_64x80")
    pixels, expected = data[image].astype(np.uint8), data[out][:, :, :31].transpose(2, 0, 1)
    got = fhog(pixels if pixels.ndim == 3 else pixels[:, :, None])
    assert np.abs(got - expected).max() < 5e-7


@pytest.mark.parametrize("frame", [1, 2])
def test_fhog_of_a_tracker_sample_equals_the_authors(golden, frame):
    data = golden(f"feco_crossing_f{frame}")
    expected = data["raw_fhog"].transpose(2, 0, 1)
    assert np.abs(fhog(data["patch2"]) - expected).max() < 5e-7  # with exact roots a gradient changes its bin: 0.05


def test_flat_and_smallest_images():
    assert not fhog(np.full((16, 16, 3), 90, np.uint8)).any()
    assert np.isfinite(fhog(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))).all()


def test_extractor_stacks_samples():
    samples = np.random.default_rng(0).integers(0, 255, (3, 30, 22, 3), np.uint8)
    extractor = HOGFeature(cell=6).build(None)
    maps = extractor.extract(samples)
    assert maps.shape == (3, extractor.channels, 5, 3)
    np.testing.assert_array_equal(maps[1].numpy(), fhog(samples[1], 6))
