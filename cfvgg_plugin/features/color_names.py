"""Color Names as a feature: how far a colour is what people call black, blue, brown and so on (eleven basic terms).

The feature is that of van de Weijer et al., "Learning color names for real-world applications" (IEEE TIP 2009), whose
table is its authors'. Ours is computed, from prototypes that people gave when they were asked to name colours on
their screens, and from the distances of a standard colour space. A table of one's own can be loaded instead.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.base import Samples
from cfvgg_plugin.features.intensity import balanced_basis, cell_means
from cfvgg_plugin.networks.backbone import Backbone
from cfvgg_plugin.networks.matlab import check_matlab
from cfvgg_plugin.system.files import check_regular

LEVELS = 32
"""Steps of each of red, green and blue in a table."""
LARGEST = 2**28
"""Bytes of a user's table, unpacked."""
ROWS = LEVELS**3

PROTOTYPES: dict[str, tuple[int, ...]] = {
    "black": (0x000000,),
    "blue": (0x0343DF, 0x00035B, 0x95D0FC),
    "brown": (0x653700, 0x341C02, 0xAD8150),
    "grey": (0x929591, 0x363737, 0xD8DCD6),
    "green": (0x15B01A, 0x033500, 0x96F97B),
    "orange": (0xF97306, 0xC65102, 0xFDAA48),
    "pink": (0xFF81C0, 0xCB416B, 0xFFD1DF),
    "purple": (0x7E1E9C, 0x35063E, 0xBF77F6),
    "red": (0xE50000, 0x840000, 0xFF474C),
    "white": (0xFFFFFF,),
    "yellow": (0xFFFF14, 0xD5B60A, 0xFFFE7A),
}
"""sRGB of each basic colour term alone, with "dark" and with "light": the colour survey of R. Munroe, 2010, CC0."""

LIGHTNESS_WEIGHT = 1 / 3
"""A term spans more lightness than hue: the factor k_L of colour difference formulas, 3."""
SOFTNESS = 8.0
"""Standard deviation, in units of DIN99, of what one prototype stands for; sets how soft the naming is."""


@dataclass(frozen=True)
class ColorNamesFeature:
    """Color Names averaged over cells, in 10 orthonormal channels (or as many as one's own table has)."""

    cell: int = 4
    """Side of a cell in sample pixels."""
    table: str | None = None
    """A MATLAB file in the layout of CNnorm.mat; None for the table computed here."""
    needs_network: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.cell < 1:
            raise InputError(f"Color Names cell {self.cell}: at least 1 pixel is needed")

    def build(self, backbone: Backbone | None) -> "ColorNamesExtractor":
        """With its table. Raises InputError where that is a file which cannot be used."""
        return ColorNamesExtractor(
            color_names_table() if self.table is None else load_color_names(self.table), self.cell
        )


class ColorNamesExtractor:
    """Looks every pixel up and averages over cells."""

    def __init__(self, table: NDArray[np.float32], cell: int) -> None:
        self.channels = int(table.shape[1])
        self.stride = cell
        self._table = table

    def extract(self, samples: Samples) -> Tensor:
        """(N, H, W, 3 or 1) uint8 to (N, channels, H // cell, W // cell) float32; grey counts as r = g = b."""
        return torch.from_numpy(np.stack([cell_means(table_index(s), self._table, self.stride) for s in samples]))


def table_index(sample: NDArray[np.uint8]) -> NDArray[np.int32]:
    """(H, W, 3 or 1) uint8 to (H, W) table rows: r // 8 + 32 (g // 8) + 1024 (b // 8)."""
    index: NDArray[np.int32] = _table_index(sample)
    return index


@njit(cache=True, nogil=True)
def _table_index(sample):  # type: ignore[no-untyped-def]
    height, width, channels = sample.shape
    green, blue = (1, 2) if channels == 3 else (0, 0)
    index = np.empty((height, width), np.int32)
    for y in range(height):
        for x in range(width):
            r, g, b = sample[y, x, 0] >> 3, sample[y, x, green] >> 3, sample[y, x, blue] >> 3
            index[y, x] = np.int32(r) | np.int32(g) << 5 | np.int32(b) << 10
    return index


@lru_cache(maxsize=1)
def color_names_table() -> NDArray[np.float32]:
    """(32768, 10) float32, read-only: the naming in orthonormal channels.

    The eleven probabilities sum to one, so that their common direction says nothing and is dropped.
    """
    probabilities = name_colors(grid_colors())
    table = (probabilities @ balanced_basis(len(PROTOTYPES))).astype(np.float32)
    table.setflags(write=False)
    return table


def grid_colors() -> NDArray[np.float64]:
    """(32768, 3) sRGB 0..255 at the middle of every row's 8 x 8 x 8 colours."""
    row = np.arange(ROWS)
    levels = np.stack([row % LEVELS, row // LEVELS % LEVELS, row // LEVELS**2], axis=1)
    return levels.astype(np.float64) * 8 + 3.5


def name_colors(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) sRGB 0..255 to (N, 11) probabilities of the terms in the order of PROTOTYPES.

    Each term is an equal mixture of Gaussians at its prototypes, and all terms are equally common.
    """
    scale = np.array([LIGHTNESS_WEIGHT, 1, 1]) / SOFTNESS
    points = np.ascontiguousarray((din99(colors) * scale).T)
    likelihoods = []
    for term in PROTOTYPES.values():
        rgb = np.array([(value >> 16, value >> 8 & 255, value & 255) for value in term], np.float64)
        squares = sum((axis - means[:, None]) ** 2 for axis, means in zip(points, (din99(rgb) * scale).T, strict=True))
        likelihoods.append(torch.logsumexp(torch.from_numpy(-squares / 2), 0) - np.log(len(term)))
    normalised: NDArray[np.float64] = torch.softmax(torch.stack(likelihoods), 0).T.contiguous().numpy()
    return normalised


def din99(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) sRGB 0..255 to (N, 3) L99, a99, b99 (DIN 6176:2001, k_E = k_CH = 1) under D65.

    Euclidean distances there are differences as seen; unlike in CIELAB, vivid colours do not lie far apart.
    """
    lightness, a, b = _cielab(colors).T
    cosine, sine = np.cos(np.deg2rad(16)), np.sin(np.deg2rad(16))
    redness, yellowness = a * cosine + b * sine, 0.7 * (b * cosine - a * sine)
    chroma = np.hypot(redness, yellowness)
    shrink = np.log1p(0.045 * chroma) / (0.045 * np.maximum(chroma, 1e-9))
    return np.stack([105.51 * np.log1p(0.0158 * lightness), redness * shrink, yellowness * shrink], axis=1)


def _cielab(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) sRGB 0..255 to CIELAB of the sRGB white (IEC 61966-2-1, CIE 15)."""
    value = colors / 255
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    relative = linear @ matrix.T / matrix.sum(1)
    root = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root.T
    lab: NDArray[np.float64] = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)
    return lab


def load_color_names(path: str | Path) -> NDArray[np.float32]:
    """(32768, D) float32, read-only: the one such array of a MATLAB v5 file, as CNnorm.mat is; kept while unchanged.

    Raises InputError for a file that is missing, damaged, of another format or shape, or not finite.
    """
    path = Path(path)
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"Color Names table {path}: {error.strerror or error}") from None
    return _load(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int, _size: int) -> NDArray[np.float32]:
    """The table of a file in one state of it."""
    check_regular(path)
    expected = f"expected a MATLAB v5 file with one numeric {ROWS} x D array, as CNnorm.mat"
    try:
        with path.open("rb") as file:
            head = file.read(20)
    except OSError as error:
        raise InputError(f"Color Names table {path}: {error.strerror or error}") from None
    if not head.startswith(b"MATLAB 5.0 MAT-file"):  # so that no other reader, and no pickle, is ever tried
        raise InputError(f"Color Names table {path}: not a MATLAB v5 file; {expected}")
    check_matlab(path, LARGEST)
    try:
        tables = _numeric_tables(path)
    except Exception as error:  # scipy raises a different type for every kind of damage
        raise InputError(
            f"Color Names table {path}: damaged or truncated MATLAB file ({type(error).__name__}); copy it again"
        ) from None
    if len(tables) != 1:
        raise InputError(f"Color Names table {path}: {len(tables)} arrays of {ROWS} rows in it; {expected}")
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite then, and refused below
        table = np.ascontiguousarray(tables[0], np.float32)
    if not np.isfinite(table).all():
        raise InputError(f"Color Names table {path}: it has values that are not finite numbers; copy it again")
    table.setflags(write=False)
    return table


def _numeric_tables(path: Path) -> list[NDArray[Any]]:
    """Every real (32768, D) array of a MATLAB v5 file; only arrays that claim this shape are read."""
    from scipy.io import loadmat, whosmat  # noqa: PLC0415 (a twentieth of a tracker's start)

    kinds = ("double", "single", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
    names = [
        name
        for name, shape, kind in whosmat(str(path))
        if len(shape) == 2 and shape[0] == ROWS and shape[1] > 0 and kind in kinds
    ]
    content = loadmat(str(path), variable_names=names) if names else {}
    return [content[name] for name in names if np.isrealobj(content[name])]
