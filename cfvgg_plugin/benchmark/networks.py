"""Speed of networks and features on this machine, the networks beside the paper's table I."""

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median
from typing import Any

import cv2
import numpy as np
import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.features import DeepFeature, Feature, GreyFeature, HOGFeature
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.architectures.vgg_m import VGGM, multiply_adds_at
from cfvgg_plugin.networks.backbone import TorchBackbone
from cfvgg_plugin.networks.backends import BACKENDS, bind
from cfvgg_plugin.networks.network import Network, multiply_adds, parameter_count
from cfvgg_plugin.networks.weights import Weights
from cfvgg_plugin.system.machine import processor_name

SIDE = 224
BATCHES = (5, 20)
"""Samples of several targets, if they went through the network together."""
PAPER = {
    "CF-VGG": {"milliseconds": 9.0, "giga_multiply_adds": 0.048, "megabytes": 1.5},
    "VGG-M": {"milliseconds": 76.0, "giga_multiply_adds": 1.82, "megabytes": 95.0},
}
"""Table I: one core at 4 GHz; its megabytes are those of the stored model."""
_TABLE2_SIZES = {"conv1": (112, 112), "conv2": (28, 28), "conv3": (14, 14), "conv4": (14, 14), "conv5": (14, 14)}


@dataclass(frozen=True)
class NetworkSpeed:
    """One network at 224x224, batch 1."""

    network: str
    """Its architecture with settings."""
    milliseconds: float
    """Median of the forward pass to the deepest tap, from a float sample in memory."""
    giga_multiply_adds: float
    """Equation 12 at the true map sizes (of VGG-M: 109, 26, 13)."""
    giga_multiply_adds_table2: float | None
    """Equation 12 at the map sizes of table II (112, 28, 14), as the paper counts; None of another architecture."""
    megabytes: float
    """Weights and biases as float32."""


@dataclass(frozen=True)
class NetworkBenchmark:
    """Student and teacher in one run."""

    threads: int
    student: NetworkSpeed
    teacher: NetworkSpeed
    backends: dict[str, float]
    """Median milliseconds of the student to its deepest tap, from a uint8 sample, in every installed backend."""
    batches: dict[int, dict[str, float]]
    """The same a sample, of batches of so many samples."""

    @property
    def ratio(self) -> float:
        """How many times faster the student is."""
        return self.teacher.milliseconds / self.student.milliseconds

    def as_dict(self) -> dict[str, object]:
        """JSON values: both networks, their ratio, and the paper's figures."""
        return {
            "threads": self.threads,
            "networks": {"CF-VGG": asdict(self.student), "VGG-M": asdict(self.teacher)},
            "ratio": self.ratio,
            "backends": self.backends,
            "batches": self.batches,
            "paper": PAPER,
        }


def benchmark_network(weights: Weights | None = None, by_backend: bool = True) -> NetworkBenchmark:
    """Time student (given weights, or CF-VGG's architecture with random ones) and VGG-M's widths alternately.

    by_backend: time the student in every installed backend, too.
    """
    torch.manual_seed(0)
    weights = weights or Weights(VGGM(1 / 8).eval(), np.full(3, 120, np.float32))
    student, teacher = weights.network, VGGM(1)
    runs = [_runner(network) for network in (student, teacher)]
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(15):  # alternating, so that a busy moment of the machine hits both
        for run, collected, repeats in zip(runs, times, (20, 1), strict=True):
            collected += [_clock(run) for _ in range(repeats)]
    small, big = (_speed(n, median(t)) for n, t in zip((student, teacher), times, strict=True))
    batches = benchmark_batches(weights, (1, *BATCHES)) if by_backend else {1: {}}
    return NetworkBenchmark(torch.get_num_threads(), small, big, batches.pop(1), batches)


def benchmark_backends(weights: Weights) -> dict[str, float]:
    """As `benchmark_batches`, of single samples."""
    return benchmark_batches(weights, (1,))[1]


def benchmark_batches(weights: Weights, sizes: Sequence[int]) -> dict[int, dict[str, float]]:
    """Median milliseconds a sample, by batch size, of a network to its deepest tap in every installed backend, in turn.

    From uint8 samples at 224x224, as a tracker calls it: with the mean's subtraction and the way back to torch.
    """
    samples = np.random.default_rng(0).integers(0, 256, (max(sizes), SIDE, SIDE, 3), np.uint8)
    runs: dict[tuple[int, str], Callable[[], object]] = {}
    for backend in BACKENDS:
        with contextlib.suppress(InputError):  # not installed
            network = bind(weights, backend)
            taps = weights.network.taps[-1:]
            runs |= {(size, backend): partial(network.run, samples[:size], taps) for size in sizes}
    times: dict[tuple[int, str], list[float]] = {key: [] for key in runs}
    for _ in range(15):
        for (size, backend), run in runs.items():
            times[size, backend] += [_clock(run) / size for _ in range(max(10 // size, 1))]
    found: dict[int, dict[str, float]] = {size: {} for size in sizes}
    for (size, backend), collected in times.items():
        found[size][backend] = median(collected[len(collected) // 15 :])
    return found


def _runner(network: Network) -> Callable[[], None]:
    network = network.to(memory_format=torch.channels_last).eval()  # type: ignore[call-overload]
    sample = torch.from_numpy(np.random.default_rng(0).normal(0, 60, (1, SIDE, SIDE, 3)).astype(np.float32)).permute(
        0, 3, 1, 2
    )

    def run() -> None:
        with torch.inference_mode():
            network(sample, network.taps[-1:])

    for _ in range(3):
        run()
    return run


def _clock(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return 1000 * (time.perf_counter() - start)


def _speed(network: Network, milliseconds: float) -> NetworkSpeed:
    return NetworkSpeed(
        settings_text(network.settings),
        milliseconds,
        multiply_adds(network.settings, SIDE) / 1e9,
        multiply_adds_at(network, _TABLE2_SIZES) / 1e9 if isinstance(network, VGGM) else None,
        parameter_count(network) * 4 / 1e6,
    )


def benchmark_features() -> dict[str, float]:
    """Median milliseconds of a sample: FHOG and grey at 250x250, layers of a student with random weights at 224x224."""
    rng = np.random.default_rng(0)
    noise = (rng.integers(0, 256, (side, side, 3), np.uint8) for side in (SIDE, 250))
    samples: dict[int, Any] = {len(image): cv2.GaussianBlur(image, (0, 0), 2)[None] for image in noise}
    torch.manual_seed(0)
    backbone = TorchBackbone(Weights(VGGM(1 / 8).eval(), np.full(3, 120, np.float32)))
    features: dict[str, tuple[Feature, int]] = {
        "FHOG cell 4": (HOGFeature(4), 250),
        "grey cell 4": (GreyFeature(4), 250),
    }
    features |= {f"CF-VGG {tap}": (DeepFeature(tap), SIDE) for tap in ("conv1", "conv2", "conv3", "conv5")}
    times = {}
    for name, (feature, side) in features.items():
        extract = partial(feature.build(backbone).extract, samples[side])
        times[name] = median([_clock(extract) for _ in range(105)][5:])
    return times


def format_network(result: NetworkBenchmark) -> str:
    """The benchmark as a table, the paper's figures in brackets."""
    rows = []
    for name, speed in (("CF-VGG", result.student), ("VGG-M", result.teacher)):
        at_table2 = speed.giga_multiply_adds_table2
        paper = {key: f" ({value:g})" for key, value in PAPER[name].items()} if at_table2 is not None else {}
        rows.append((
            f"{name}: {speed.network}" if paper else speed.network,
            f"{speed.milliseconds:.2f}{paper.get('milliseconds', '')}",
            f"{speed.giga_multiply_adds:.4f}",
            f"{at_table2:.4f}{paper['giga_multiply_adds']}" if at_table2 is not None else "-",
            f"{speed.megabytes:.2f}{paper.get('megabytes', '')}",
        ))  # fmt: skip
    header = ("224x224, batch 1 (paper)", "ms", "G multiply-adds", "at table II's sizes", "MB of weights")
    ratio = f"VGG-M takes {result.ratio:.1f} times as long (paper: 8.4)"
    backends = _shown(result.backends)
    batches = "".join(f"\na sample in batches of {n}: {_shown(speeds)}" for n, speeds in result.batches.items())
    missing = [name for name in BACKENDS if name not in result.backends]
    hint = f" (not installed: {', '.join(missing)})" if missing else ""
    return (
        f"{format_table(header, rows)}\n{ratio}\nthe student from a uint8 sample, by backend: {backends}{hint}{batches}"
        f"\n{result.threads} thread(s) of {processor_name()}"
    )


def _shown(speeds: dict[str, float]) -> str:
    return ", ".join(f"{name} {milliseconds:.2f} ms" for name, milliseconds in speeds.items())
