"""Small sequences for the evaluation's tests."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest

from cfvgg_plugin.datasets.sequence import Sequence
from tests.conftest import moving_blob


@pytest.fixture
def sequences(tmp_path) -> list[Sequence]:
    """Three short videos of one moving target, of different lengths."""
    made = []
    for name, count in (("One", 10), ("Two", 6), ("Three", 8)):
        folder = tmp_path / "videos" / name
        folder.mkdir(parents=True)
        images, boxes = moving_blob(count)
        files = []
        for number, image in enumerate(images, 1):
            files.append(folder / f"{number:04d}.png")
            cv2.imwrite(str(files[-1]), image[:, :, ::-1])
        made.append(Sequence(name, tuple(files), boxes.astype(np.float64), ("OCC",) if count > 6 else ("OCC", "FM")))
    return made


def without_frame(sequence: Sequence, number: int) -> Sequence:
    """The sequence with one file that is no image."""
    broken = sequence.frames[number].with_name("broken.png")
    broken.write_bytes(b"not an image")
    files: tuple[Path, ...] = (*sequence.frames[:number], broken, *sequence.frames[number + 1 :])
    return dataclasses.replace(sequence, frames=files)
