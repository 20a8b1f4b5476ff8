import pickle

import numpy as np
import pytest
import scipy.io

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.color_names import (
    PROTOTYPES,
    ROWS,
    ColorNamesFeature,
    color_names_table,
    din99,
    grid_colors,
    load_color_names,
    name_colors,
    table_index,
)
from cfvgg_plugin.features.intensity import balanced_basis


def write_table(path, name="table", shape=(ROWS, 3), **more):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    scipy.io.savemat(path, {name: values, "inputType": "color", **more})
    return values


def linear_cka(first, second):
    """Similarity of two sets of features of the same things, whatever their rotation and scale (Kornblith 2019)."""
    first, second = first - first.mean(0), second - second.mean(0)
    norm = np.linalg.norm(first.T @ first) * np.linalg.norm(second.T @ second)
    return np.linalg.norm(first.T @ second) ** 2 / norm


@pytest.mark.parametrize(
    ("color", "term"),
    [
        ((5, 5, 5), "black"),
        ((0, 0, 255), "blue"),
        ((90, 50, 20), "brown"),
        ((128, 128, 128), "grey"),
        ((0, 128, 0), "green"),
        ((255, 140, 0), "orange"),
        ((255, 170, 190), "pink"),
        ((128, 0, 128), "purple"),
        ((220, 10, 10), "red"),
        ((250, 250, 250), "white"),
        ((250, 240, 0), "yellow"),
    ],
)
def test_clear_colours_get_their_names(color, term):
    probabilities = name_colors(np.array([color], float))[0]
    assert list(PROTOTYPES)[probabilities.argmax()] == term
    assert probabilities.sum() == pytest.approx(1)


def test_the_colour_space_is_that_of_the_standard():
    """White, black and sRGB red, whose DIN99 coordinates follow from its CIELAB ones (53.24, 80.09, 67.20)."""
    white, black, red = din99(np.array([[255, 255, 255], [0, 0, 0], [255, 0, 0]], float))
    np.testing.assert_allclose(white, [100, 0, 0], atol=0.01)
    np.testing.assert_allclose(black, [0, 0, 0], atol=1e-9)
    angle = np.deg2rad(16)
    e = 80.09 * np.cos(angle) + 67.20 * np.sin(angle)
    f = 0.7 * (67.20 * np.cos(angle) - 80.09 * np.sin(angle))
    assert np.hypot(*red[1:]) == pytest.approx(np.log(1 + 0.045 * np.hypot(e, f)) / 0.045, abs=0.01)
    assert red[0] == pytest.approx(105.51 * np.log(1 + 0.0158 * 53.24), abs=0.01)


def test_the_table_holds_all_of_the_naming_in_orthonormal_channels():
    table = color_names_table()
    assert table.shape == (ROWS, 10)
    np.testing.assert_allclose(table @ balanced_basis(11).T + 1 / 11, name_colors(grid_colors()), atol=1e-6)
    assert table is color_names_table()


def test_the_naming_agrees_with_the_published_table(shared):
    """CKA is 0.92 and the first name is the same for 83 % of the grid's colours; ours has 77 % of its energy."""
    ours, published = color_names_table(), load_color_names(shared("reference/tables/CNnorm.mat"))
    assert linear_cka(ours.astype(float), published.astype(float)) > 0.92
    same = (ours @ balanced_basis(11).T).argmax(1) == (published @ balanced_basis(11).T).argmax(1)
    assert same.mean() > 0.8
    assert (ours**2).sum(1).mean() == pytest.approx(0.77 * (published**2).sum(1).mean(), rel=0.05)


def test_maps_are_table_rows_averaged_over_whole_cells():
    samples = np.random.default_rng(0).integers(0, 255, (2, 10, 13, 3), np.uint8)
    extractor = ColorNamesFeature(cell=3).build(None)
    maps = extractor.extract(samples)
    r, g, b = (samples // 8).astype(int).transpose(3, 0, 1, 2)
    rows = color_names_table()[r + 32 * g + 1024 * b][:, :9, :12]
    np.testing.assert_allclose(maps, rows.reshape(2, 3, 3, 4, 3, 10).mean((2, 4)).transpose(0, 3, 1, 2), atol=1e-5)
    assert (extractor.channels, extractor.stride, ColorNamesFeature.needs_network) == (10, 3, False)


def test_the_grid_is_in_the_order_of_the_index():
    colors = np.floor(grid_colors()).astype(np.uint8)
    np.testing.assert_array_equal(table_index(colors[:, None]), np.arange(ROWS)[:, None])


def test_grey_samples_serve_as_equal_colours():
    samples = np.random.default_rng(0).integers(0, 255, (1, 8, 8, 1), np.uint8)
    extractor = ColorNamesFeature().build(None)
    np.testing.assert_array_equal(extractor.extract(samples), extractor.extract(samples.repeat(3, 3)))


def test_a_table_of_ones_own_is_looked_up(tmp_path):
    values = write_table(tmp_path / "own.mat")
    extractor = ColorNamesFeature(cell=1, table=str(tmp_path / "own.mat")).build(None)
    sample = np.full((1, 2, 2, 3), (9, 17, 25), np.uint8)
    assert extractor.channels == 3
    np.testing.assert_array_equal(extractor.extract(sample)[0, :, 1, 1], values[1 + 32 * 2 + 1024 * 3])


def test_a_changed_file_is_read_again(tmp_path):
    path = tmp_path / "own.mat"
    write_table(path)
    assert load_color_names(path) is load_color_names(path)
    write_table(path, shape=(ROWS, 2))
    assert load_color_names(path).shape == (ROWS, 2)


def _unusable(tmp_path):
    good = tmp_path / "good.mat"
    write_table(good)
    infinite = np.zeros((ROWS, 2))
    infinite[7, 1] = 1e300  # more than float32 holds
    scipy.io.savemat(tmp_path / "infinite.mat", {"table": infinite})
    write_table(tmp_path / "shape.mat", shape=(3, ROWS))
    write_table(tmp_path / "two.mat", second=np.zeros((ROWS, 3)))
    scipy.io.savemat(tmp_path / "complex.mat", {"table": np.full((ROWS, 2), 1j)})
    scipy.io.savemat(tmp_path / "four.mat", {"table": np.zeros((ROWS, 2))}, format="4")
    (tmp_path / "truncated.mat").write_bytes(good.read_bytes()[:9000])
    (tmp_path / "header.mat").write_bytes(good.read_bytes()[:100])
    (tmp_path / "text.mat").write_text("black, blue\n" * 50)
    (tmp_path / "pickle.mat").write_bytes(pickle.dumps(np.zeros(3)))
    (tmp_path / "empty.mat").write_bytes(b"")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("infinite", "not finite"),
        ("shape", "0 arrays of 32768 rows.*expected"),
        ("two", "2 arrays"),
        ("complex", "0 arrays"),
        ("four", "not a MATLAB v5"),
        ("truncated", "damaged or truncated"),
        ("header", "damaged or truncated"),
        ("text", "not a MATLAB v5"),
        ("pickle", "not a MATLAB v5"),
        ("empty", "not a MATLAB v5"),
        ("missing", "No such file"),
    ],
)
def test_unusable_tables_are_named(tmp_path, name, says):
    _unusable(tmp_path)
    with pytest.raises(InputError, match=f"{name}.mat: .*{says}") as caught:
        ColorNamesFeature(table=str(tmp_path / f"{name}.mat")).build(None)
    assert "\n" not in str(caught.value)


def test_an_impossible_cell_is_named():
    with pytest.raises(InputError, match="cell 0"):
        ColorNamesFeature(cell=0)
