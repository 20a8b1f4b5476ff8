"""Small training data of our own."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features.sampling import Image
from cfvgg_plugin.train.disturbances import disturb_pair
from cfvgg_plugin.train.patches import Pair, Pairs, cut_pair
from cfvgg_plugin.train.processes import Process
from tests.conftest import moving_blob

RECIPE = """
name = "tiny"
loss = "tracking"
optimizer = "adamw"
learning_rate = [2e-3, 1e-3]
epochs = 1
pairs_per_epoch = {pairs}
batch = 4
average = 0.9
checkpoint_every = 4
validate_every = 8
ranged = ["conv2"]
[pairs]
size = 64
moving = 0.5
rotation = 10.0
stretch = 0.1
[[sources]]
layout = "images"
root = "stills"
[[sources]]
layout = "otb"
root = "videos"
[validation]
layout = "otb"
root = "videos"
"""
HERE = Process(torch.device("cpu"))


def make_pair(
    images: tuple[Image, Image], boxes: tuple[Box, Box] | None, spec: Pairs, rng: np.random.Generator, **other: Image
) -> Pair:
    """A pair as the student sees it, by one generator as a run without a pool does."""
    return disturb_pair(cut_pair(images, boxes, spec, rng, **other), spec, rng)


def log_of(out: Path) -> list[dict]:
    """Lines of a run's log."""
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def write_video(folder: Path, frames: int = 8) -> None:
    """A video in OTB layout."""
    (folder / "img").mkdir(parents=True)
    images, boxes = moving_blob(frames)
    for number, image in enumerate(images, 1):
        cv2.imwrite(str(folder / "img" / f"{number:04d}.png"), image[:, :, ::-1])
    np.savetxt(folder / "groundtruth_rect.txt", boxes + [1, 1, 0, 0], "%g", ",")


@pytest.fixture
def data(tmp_path) -> Path:
    """Folder with stills/, videos/ and recipe.toml of 12 steps."""
    stills = tmp_path / "data" / "stills"
    stills.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number in range(6):
        image = cv2.resize(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8), (160, 120))
        cv2.imwrite(str(stills / f"{number}.png"), image)
    write_video(tmp_path / "data" / "videos" / "blob")
    (tmp_path / "data" / "recipe.toml").write_text(RECIPE.format(pairs=48))
    return tmp_path / "data"
