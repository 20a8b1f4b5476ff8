"""Networks, and a training of two steps, for the tables."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cfvgg_plugin.networks import VGGM, Weights, save_weights, width_for_compression
from tests.commands.conftest import complains, dataset, run
from tests.layouts import make_otb

__all__ = ["complains", "dataset", "run"]

RECIPE = """
name = "tiny"
optimizer = "adamw"
learning_rate = [1e-3, 1e-3]
epochs = 3
pairs_per_epoch = 4
batch = 2
[pairs]
size = 64
[teacher]
file = "teacher.safetensors"
[[sources]]
layout = "images"
root = "stills"
"""


def cells(text: str, label: str, after: str = "") -> list[str]:
    """The figures of the line with this label, the first one after the line that starts with `after`."""
    lines = text.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith(after))
    return next(line.strip().removeprefix(label) for line in lines[begin:] if line.strip().startswith(label)).split()


@pytest.fixture
def otb2015(tmp_path) -> Path:
    """Two sequences of OTB-2015 by name, with rendered frames."""
    for name, count in (("Deer", 9), ("Skiing", 7)):
        make_otb(tmp_path / "otb2015", name, count)
    return tmp_path / "otb2015"


@pytest.fixture
def networks(tmp_path, random_weights) -> dict[int, Path]:
    """Weight files with random weights by compression ratio."""
    torch.manual_seed(4)
    files = {}
    for ratio in (16, 64, 96):
        files[ratio] = tmp_path / f"x{ratio}.safetensors"
        network = VGGM(width_for_compression(ratio)).eval()
        save_weights(Weights(network, random_weights.mean, {"source": "random"}), files[ratio])
    return files


@pytest.fixture
def recipe(tmp_path, random_weights) -> Path:
    """A recipe of two steps an epoch beside its data and teacher."""
    stills = tmp_path / "data" / "stills"
    stills.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number in range(3):
        image = cv2.resize(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8), (160, 120))
        cv2.imwrite(str(stills / f"{number}.png"), image)
    save_weights(random_weights, tmp_path / "data" / "teacher.safetensors")
    (tmp_path / "data" / "recipe.toml").write_text(RECIPE)
    return tmp_path / "data" / "recipe.toml"
