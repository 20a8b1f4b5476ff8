"""Where the target lies in a patch, whatever was done to it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features.sampling import cut, disturb, view
from cfvgg_plugin.train.disturbances import occlude
from cfvgg_plugin.train.patches import Pairs
from tests.train.conftest import make_pair

PLAIN = Pairs(size=96, light=0.0, blur=0.0, occlusion=0.0, grey=0.0, scale=0.0)


def dot(x: float, y: float, size: tuple[int, int] = (120, 160)) -> np.ndarray:
    """Black image with a soft white dot."""
    ys, xs = np.mgrid[: size[0], : size[1]]
    value = 255 * np.exp(-((xs - x) ** 2 + (ys - y) ** 2) / 18)
    return np.repeat(value.astype(np.uint8)[:, :, None], 3, 2)


def middle_of(patch: np.ndarray) -> np.ndarray:
    """(x, y) of the light's centre of gravity from the patch's middle, in patch sides."""
    weight = patch[:, :, 0].astype(float)
    ys, xs = np.mgrid[: patch.shape[0], : patch.shape[1]]
    centre = np.array([(weight * xs).sum(), (weight * ys).sum()]) / weight.sum()
    return (centre - (patch.shape[0] - 1) / 2) / patch.shape[0]


def test_plain_window_is_the_image_itself():
    image = np.random.default_rng(0).integers(0, 255, (40, 50, 3), dtype=np.uint8)
    assert (cut(image, (24.5, 19.5), view(20, 20), 20) == image[10:30, 15:35]).all()
    mirrored = cut(image, (24.5, 19.5), view(20, 20, mirrored=True), 20)
    assert (mirrored == image[10:30, 15:35][:, ::-1]).all()


def test_large_window_is_averaged_not_sampled():
    image = np.random.default_rng(0).integers(0, 255, (400, 400, 3), dtype=np.uint8)
    assert cut(image, (199.5, 199.5), view(400, 40), 40).std() < 0.2 * image.std()


@settings(max_examples=60, deadline=None)
@given(
    st.floats(50, 110), st.floats(40, 80), st.integers(0, 10**6), st.floats(0, 30), st.floats(0, 0.3), st.floats(0, 0.3)
)
def test_target_is_in_the_middle_of_x_and_displaced_as_said_in_z(x, y, seed, rotation, stretch, scale):
    image, box = dot(x, y), Box(x - 9.5, y - 9.5, 20, 20)
    spec = Pairs(**{**vars(PLAIN), "video_rotation": rotation, "video_stretch": stretch, "scale": scale})
    pair = make_pair((image, image), (box, box), spec, np.random.default_rng(seed))
    assert np.abs(middle_of(pair.x)).max() < 0.01
    assert np.abs(middle_of(pair.z) - pair.shift).max() < 0.012


def test_targets_of_videos_are_turned_in_z_as_far_as_the_recipe_says():
    ys, xs = np.mgrid[:120, :160]
    bar = (255 * np.exp(-((xs - 80) ** 2) / 200 - (ys - 60) ** 2 / 18)).astype(np.uint8)
    image, box = np.repeat(bar[:, :, None], 3, 2), Box(70.5, 50.5, 20, 20)

    def angle(patch):
        y, x = (np.mgrid[:96, :96] - 47.5 - 96 * np.array(middle_of(patch))[::-1, None, None]) * patch[:, :, 0] ** 0.5
        return np.degrees(np.arctan2(2 * (x * y).sum(), (x * x).sum() - (y * y).sum())) / 2

    spec = Pairs(**{**vars(PLAIN), "video_rotation": 15.0, "rotation": 90.0, "shift": 0.1})
    pairs = [make_pair((image, image), (box, box), spec, np.random.default_rng(seed)) for seed in range(20)]
    assert max(abs(angle(p.x)) for p in pairs) < 0.5
    turns = np.abs([angle(p.z) for p in pairs])
    assert 10 < turns.max() < 15.5 and np.ptp(turns) > 8


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_target_moves_over_another_image_to_the_place_that_is_said(seed):
    # the target is the random square that the pair chooses: white, on a black ground, it shows where it was put
    white, black = np.full((100, 140, 3), 255, np.uint8), np.zeros((90, 120, 3), np.uint8)
    spec = Pairs(**{**vars(PLAIN), "rotation": 20.0, "stretch": 0.2, "moving": 1.0})
    pair = make_pair((white, white), None, spec, np.random.default_rng(seed), ground=black)
    assert np.abs(middle_of(pair.x)).max() < 0.01
    assert np.abs(middle_of(pair.z) - pair.shift).max() < 0.01
    side = np.sqrt((pair.x > 127).mean() / 3 * 3)
    assert 0.8 * pair.target < side < 1.3 * pair.target


def test_same_seed_same_pair_other_seed_another(blob):
    images, boxes = blob
    views = (images[0], images[5]), (Box(*boxes[0]), Box(*boxes[5]))
    one, same, other = (make_pair(*views, Pairs(size=64), np.random.default_rng(s)) for s in (1, 1, 2))
    assert (one.z == same.z).all() and one.shift == same.shift
    assert one.shift != other.shift


def test_occlusion_hides_a_part_of_the_target_only():
    rng = np.random.default_rng(3)
    patch = cv2.resize(rng.integers(0, 255, (30, 30, 3), dtype=np.uint8), (100, 100))
    hidden = (occlude(patch, np.zeros(2), 0.3, rng) != patch).any(2)
    assert 0.005 < hidden.mean() < 0.3**2
    ys, xs = np.nonzero(hidden)
    assert xs.min() > 0.2 * 100 and xs.max() < 0.8 * 100 and ys.min() > 0.2 * 100 and ys.max() < 0.8 * 100


def test_disturbance_keeps_the_shape_and_does_nothing_at_strength_zero(blob):
    image = blob[0][0]
    assert (disturb(image, 0.0, 0.0, np.random.default_rng(0)) == image).all()
    changed = disturb(image, 0.4, 1.0, np.random.default_rng(0))
    assert changed.shape == image.shape and changed.dtype == np.uint8 and (changed != image).mean() > 0.5


@pytest.mark.parametrize("box", [Box(-30, -20, 60, 50), Box(150, 110, 4, 4), Box(0, 0, 160, 120)])
def test_targets_at_the_edge_and_as_large_as_the_frame_give_whole_patches(box, blob):
    pair = make_pair((blob[0][0], blob[0][1]), (box, box), Pairs(size=64), np.random.default_rng(0))
    assert pair.x.shape == pair.z.shape == (64, 64, 3)
