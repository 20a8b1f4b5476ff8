import numpy as np
import pytest
import torch

from cfvgg_plugin.filters import series
from cfvgg_plugin.filters.conjugate_gradient import solve
from cfvgg_plugin.filters.eco import (
    Memory,
    apply_regulariser,
    autocorrelation,
    make_regulariser,
    preconditioner,
    regularisation_window,
    sparse_spectrum,
    train,
)
from cfvgg_plugin.filters.joint import JointSettings, principal_components, project, train_jointly
from cfvgg_plugin.filters.moments import make_moments
from cfvgg_plugin.filters.packing import Packing, make_packing
from cfvgg_plugin.filters.sample_space import make_sample_space

SIZES, CHANNELS = (7, 3, 7), (2, 3, 1)


@pytest.fixture
def packing() -> Packing:
    return make_packing(SIZES, CHANNELS)


def random_blocks(seed: int, channels: tuple[int, ...] = CHANNELS) -> list[torch.Tensor]:
    """Series of real maps, one block each."""
    generator = torch.Generator().manual_seed(seed)
    return [
        series.to_series(torch.randn(c, k, k, generator=generator)) / k for c, k in zip(channels, SIZES, strict=True)
    ]


def full(half: np.ndarray) -> np.ndarray:
    """(C, K, K) centred spectrum from its right half (C, K, L)."""
    left = half[:, ::-1, :0:-1].conj()
    return np.concatenate([left, half], axis=2)


def coefficients() -> np.ndarray:
    return np.array([[0, 0.1, 0], [0.05, 0.3, 0.05], [0, 0.1, 0]], np.float32)


def dense_regulariser(size: int) -> np.ndarray:
    """(many, size^2) convolution of a centred spectrum with the window's coefficients, as a matrix."""
    w, pad = coefficients(), 1
    matrix = np.zeros(((size + 2 * pad) ** 2, size**2))
    for y in range(size):
        for x in range(size):
            image = np.zeros((size + 2 * pad, size + 2 * pad))
            image[y : y + 3, x : x + 3] = w
            matrix[:, y * size + x] = image.ravel()
    return matrix


def test_packing_is_ordered_by_frequency(packing):
    blocks = random_blocks(0)
    packed = packing.pack(blocks)
    for block, back in zip(blocks, packing.unpack(packed), strict=True):
        assert torch.equal(block, back)
    centre = 3 * 4  # frequency (0, 0) of the largest series: both large blocks, then the small one
    values = packed[packing.start[centre] : packing.start[centre + 1]]
    expected = [blocks[0][0, 3, 0], blocks[0][1, 3, 0], blocks[2][0, 3, 0], *blocks[1][:, 1, 0]]
    np.testing.assert_array_equal(values, [complex(v) for v in expected])
    assert np.diff(packing.start).min() == 3 and np.diff(packing.start).max() == 6


def test_regulariser_is_the_convolution_twice(packing):
    blocks = random_blocks(1)
    regulariser = make_regulariser(coefficients())
    out = np.zeros(packing.length, np.complex64)
    apply_regulariser(packing.pack(blocks), packing, regulariser, out)
    for block, got in zip(blocks, packing.unpack(out), strict=True):
        size = block.shape[1]
        matrix = dense_regulariser(size)
        for channel, result in zip(full(block.numpy()), full(got.numpy()), strict=True):
            np.testing.assert_allclose(result.ravel(), matrix.T @ matrix @ channel.ravel(), atol=1e-5)


def dense_filter(samples: list[list[torch.Tensor]], weights: np.ndarray, label: np.ndarray) -> list[np.ndarray]:
    """Minimiser of E(h) over full spectra by ordinary least squares in float64."""
    grid = SIZES[0]
    rows, targets = [], []
    counts = [c * k * k for c, k in zip(CHANNELS, SIZES, strict=True)]
    for weight, blocks in zip(weights, samples, strict=True):
        data = np.zeros((grid * grid, sum(counts)), complex)
        column = 0
        for block in blocks:
            spectrum = full(block.numpy().astype(complex))
            margin = (grid - spectrum.shape[1]) // 2
            for channel in spectrum:
                for (y, x), value in np.ndenumerate(channel):
                    data[(y + margin) * grid + x + margin, column] = value
                    column += 1
        rows.append(np.sqrt(weight) * data)
        targets.append(np.sqrt(weight) * label.ravel())
    penalty = []
    for index, (count, size) in enumerate(zip(CHANNELS, SIZES, strict=True)):
        matrix = dense_regulariser(size)
        for channel in range(count):
            row = np.zeros((len(matrix), sum(counts)))
            start = sum(counts[:index]) + channel * size * size
            row[:, start : start + size * size] = matrix
            penalty.append(row)
    system = np.concatenate([*rows, *penalty])
    right = np.concatenate([*targets, np.zeros(len(system) - grid * grid * len(samples))])
    solution = np.linalg.lstsq(system, right, rcond=None)[0]
    parts = np.split(solution, np.cumsum(counts)[:-1])
    return [p.reshape(c, k, k) for p, c, k in zip(parts, CHANNELS, SIZES, strict=True)]


def packed_label(packing: Packing) -> np.ndarray:
    labels = [
        torch.from_numpy(series.gaussian_series(k, SIZES[0], 1.0)).expand(c, -1, -1)
        for c, k in zip(CHANNELS, SIZES, strict=True)
    ]
    return np.ascontiguousarray(packing.pack([label.to(torch.complex64) for label in labels]).real)


def remembered(memory: Memory, samples: np.ndarray, weights: np.ndarray) -> Memory:
    """The memory with samples (P, n) in it; the rates are those that leave them these weights."""
    for j, sample in enumerate(samples.T):
        memory.add(np.ascontiguousarray(sample), float(weights[j] / weights[: j + 1].sum()))
    return memory


@pytest.mark.parametrize("make", [make_moments, lambda start: make_sample_space(start, 5)])
def test_training_converges_to_the_dense_least_squares_solution(packing, make):
    samples = [random_blocks(seed) for seed in (2, 3, 4)]
    weights = np.array([0.5, 0.3, 0.2], np.float32)
    packed = np.stack([packing.pack(s) for s in samples], axis=1)
    memory = remembered(make(packing.start), packed, weights)
    regulariser = make_regulariser(coefficients())
    energy = (np.abs(packed) ** 2 @ weights).astype(np.float32)
    diagonal = preconditioner(energy, packing, regulariser, 0.3, 0.1)
    start = np.zeros(packing.length, np.complex64)
    h, _ = train(start, memory, packed_label(packing), packing, regulariser, diagonal, 400, None, 1.0)
    half = series.gaussian_series(SIZES[0], SIZES[0], 1.0)
    expected = dense_filter(samples, weights, full(half[None])[0])
    for got, want in zip(packing.unpack(h), expected, strict=True):
        np.testing.assert_allclose(full(got.numpy()), want, atol=2e-3 * np.abs(want).max())


def test_momentum_speeds_up_the_next_call(packing):
    samples = [random_blocks(seed) for seed in (5, 6)]
    weights = np.array([0.6, 0.4], np.float32)
    packed = np.stack([packing.pack(s) for s in samples], axis=1)
    memory = remembered(make_moments(packing.start), packed, weights)
    regulariser = make_regulariser(coefficients())
    diagonal = preconditioner((np.abs(packed) ** 2 @ weights).astype(np.float32), packing, regulariser, 0.3, 0.1)
    label = packed_label(packing)

    def run(iterations, momentum=None, start=None):
        begin = np.zeros(packing.length, np.complex64) if start is None else start
        return train(begin, memory, label, packing, regulariser, diagonal, iterations, momentum, 1.0)

    exact, _ = run(400)
    half, state = run(4)
    with_momentum, _ = run(4, state, half)
    without, _ = run(4, None, half)
    straight, _ = run(8)
    distance = [np.linalg.norm(h - exact) for h in (with_momentum, without, straight)]
    assert distance[0] < distance[1]
    assert distance[0] == pytest.approx(distance[2], rel=1e-2)  # nothing changed: as if it had not been interrupted


def test_conjugate_gradients_solve_a_small_system():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(6, 6))
    matrix = root @ root.T + np.eye(6)
    right = rng.normal(size=6).astype(np.complex64)
    ones = np.ones(6, np.float32)
    x, _ = solve(lambda v: (matrix @ v).astype(np.complex64), right, np.zeros(6, np.complex64), ones, ones, 12)
    np.testing.assert_allclose(x.real, np.linalg.solve(matrix, right.real), atol=1e-3)


def test_sparse_window_keeps_its_minimum_and_matches_the_authors(golden):
    data = golden("feco_crossing_f1")
    window = regularisation_window(208, tuple(data["base_target_sz"].ravel()), 1e-4, 10e-3, 2)
    found = sparse_spectrum(window, 0.05, 1e-4)
    np.testing.assert_allclose(found, data["reg_filter1"], atol=1e-7)
    kernel = {(y, x): value for y, x, value in autocorrelation(found)}
    assert kernel[0, 0] == pytest.approx(float(data["reg_energy1"].item()), rel=1e-5)
    assert all(kernel[-y, -x] == pytest.approx(value) for (y, x), value in kernel.items())


def test_joint_training_lowers_the_objective(packing):
    raw = random_blocks(7, (4, 5, 3))
    start = [principal_components(torch.randn(c, 9, 9), d) for c, d in zip((4, 5, 3), CHANNELS, strict=True)]
    regulariser = make_regulariser(coefficients())
    label = packed_label(packing)
    penalty = 1e-6

    def objective(h, projections):
        x = packing.pack([project(s, p) for s, p in zip(raw, projections, strict=True)])
        first = packing.start[:-1]
        score = np.add.reduceat(x * h, first)
        out = np.zeros_like(h)
        apply_regulariser(h, packing, regulariser, out)
        data = (packing.weights[first] * np.abs(score - label[first]) ** 2).sum()
        return (
            data
            + (packing.weights * (h.conj() * out).real).sum()
            + penalty * sum(p.square().sum().item() for p in projections)
        )

    values = []
    for steps in (1, 3, 10):
        settings = JointSettings(steps, 20, penalty)
        values.append(objective(*train_jointly(raw, start, label, packing, regulariser, settings)))
    assert values[0] > values[1] > values[2]


def test_first_frame_equals_that_of_the_authors(golden):
    """Filter and projections after 10 Gauss-Newton steps of 20 conjugate gradients each, from their own start."""
    data = golden("feco_crossing_f1")

    def block(name):
        return torch.from_numpy(np.ascontiguousarray(data[name][::-1, ::-1].conj().transpose(2, 0, 1))).to(
            torch.complex64
        )

    packing = make_packing((53, 13, 53), (3, 12, 10))
    for b in (1, 3):
        found = principal_components(
            torch.from_numpy(np.ascontiguousarray(data[f"xl{b}"].transpose(2, 0, 1))), packing.channels[b - 1]
        )
        np.testing.assert_allclose(np.abs((found.numpy() * data[f"P_init{b}"]).sum(0)), 1, atol=1e-4)
    sigma = float(data["sig_y"].ravel()[0])
    labels = [
        torch.from_numpy(series.gaussian_series(k, 53, sigma)).expand(c, -1, -1)
        for c, k in zip(packing.channels, packing.sizes, strict=True)
    ]
    label = np.ascontiguousarray(packing.pack([x.to(torch.complex64) for x in labels]).real)
    start = [torch.from_numpy(data[f"P_init{b}"]) for b in (1, 2, 3)]
    samples = [block(f"xlf{b}") for b in (1, 2, 3)]
    h, projections = train_jointly(
        samples, start, label, packing, make_regulariser(data["reg_filter1"]), JointSettings()
    )
    for b, (got, projection) in enumerate(zip(packing.unpack(h), projections, strict=True), 1):
        expected = block(f"hf{b}")
        assert torch.linalg.norm(got - expected) < 2e-3 * torch.linalg.norm(expected)
        np.testing.assert_allclose(projection.numpy(), data[f"P{b}"], atol=1e-4)
