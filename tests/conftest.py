"""Fixtures of all tests: data of other people, which is not part of the project, and small files in its formats."""

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io
import torch

from cfvgg_plugin.networks import VGGM, Weights, load_weights
from cfvgg_plugin.system.machine import set_threads
from tests.forked import Program, context

SHARED = Path(os.environ.get("CFVGG_SHARED", Path(__file__).parent.parent.parent / "shared"))


OPENCV_5 = int(cv2.__version__.split(".")[0]) >= 5
"""Whether it decodes no truncated JPEG, and warps and runs VitTrack as when the expected values were noted."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell's background jobs ignore Ctrl-C, and so would the programs that are tested
    signal.signal(signal.SIGINT, signal.default_int_handler)


SLOW = Path(__file__).parent / "slow.txt"
"""Tests of more than 1.5 s on one busy core, by `pytest --durations=0`: a file and a function a line."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the slow ones, which `make test-fast` leaves out."""
    slow = set(SLOW.read_text(encoding="utf-8").split())
    for item in items:
        if item.nodeid.partition("[")[0] in slow:
            item.add_marker("slow")


def wait_until(condition: Callable[[], Any], process: Program, seconds: float = 240) -> None:
    """Until the condition holds, the process has ended or the time is over; which it was, is the caller's to assert.

    A machine that has compiled nothing yet may take a minute to a tracker's first frames.
    """
    deadline = time.monotonic() + seconds
    while not condition() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    set_threads(1)  # before every test: some set others


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFVGG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CFVGG_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Program]]:
    """Start `python -m MODULE ARGS`; nothing of it runs after the test."""
    started = []

    def start(module: str, *args: object, limit: int = 0) -> Program:
        started.append(Program(tmp_path_factory.mktemp("said"), module, *args, limit=limit))
        return started[-1]

    yield start
    for one in started:
        one.sweep()


@pytest.fixture
def forked_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool's processes start in a moment; those of real programs, in other tests, import all that they need."""
    forked = context()
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: forked)


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Path of a shared file or folder; skips where it is missing, except in CI, which has it."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            if os.environ.get("CI"):
                pytest.fail(f"{path} is missing in CI")
            pytest.skip(f"{path} is not here (other people's data; set CFVGG_SHARED)")
        return path

    return find


@pytest.fixture(scope="session")
def golden(shared: Callable[[str], Path]) -> Callable[[str], dict[str, Any]]:
    """What the authors' own code computes, by file name."""
    return lambda name: scipy.io.loadmat(str(shared(f"reference/golden/{name}.mat")))


@pytest.fixture(scope="session")
def student(shared: Callable[[str], Path]) -> Weights:
    """The network that the paper's authors released."""
    return load_weights(shared("reference/cf_vgg/CF_VGGM.mat"))


@pytest.fixture(scope="session")
def random_weights() -> Weights:
    """CF-VGG's architecture with random weights of a plausible size."""
    torch.manual_seed(3)
    network = VGGM(1 / 8).eval()
    mean = np.random.default_rng(0).uniform(90, 130, (20, 20, 3)).astype(np.float32)
    return Weights(network, mean, {"source": "random"})


def moving_blob(frames: int = 30, size: tuple[int, int] = (120, 160)) -> tuple[list[np.ndarray], np.ndarray]:
    """RGB frames in which a textured square moves over a textured ground, and its boxes (N, 4)."""
    rng = np.random.default_rng(5)
    ground = rng.integers(60, 130, (*size, 3), dtype=np.uint8)
    patch = np.kron(rng.integers(0, 255, (6, 6, 3), dtype=np.uint8), np.ones((4, 4, 1), np.uint8))
    images, boxes = [], []
    for t in range(frames):
        x, y = 30 + 2 * t, 40 + round(12 * np.sin(t / 5))
        image = ground.copy()
        image[y : y + 24, x : x + 24] = patch
        images.append(image)
        boxes.append((x, y, 24, 24))
    return images, np.array(boxes, float)


@pytest.fixture(scope="session")
def blob() -> tuple[list[np.ndarray], np.ndarray]:
    return moving_blob()
