"""Similarity to the target, and the search of the whole frame."""

import math

import numpy as np
import pytest
import torch

from cfvgg_plugin.boxes import Box, overlaps
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.long_term.settings import LongTermSettings
from cfvgg_plugin.long_term.template import Template, cut
from cfvgg_plugin.long_term.tracker import Sweep, lay_parts
from cfvgg_plugin.networks import TorchBackbone
from cfvgg_plugin.registry import load_backbone, load_settings

HOG = LongTermSettings(tap=None)


@pytest.fixture(scope="module")
def backbone():
    return load_backbone(load_settings("feco"), None)


@pytest.fixture(params=["conv3", None])
def template(request, away, backbone) -> Template:
    images, boxes = away
    settings = LongTermSettings(tap=request.param)
    return Template(images[0], Box(*boxes[0]), 48, settings, backbone if request.param else None)


def test_the_target_is_the_most_similar_place_of_the_frame(template, away):
    images, boxes = away
    for number in (0, 10, 30):
        image, box = images[number], Box(*boxes[number])
        found = template.compare(cut(image, (0, 0, 240, 180), 48 / math.sqrt(box.w * box.h), template.multiple))
        row, column = np.unravel_index(found.values.argmax(), found.values.shape)
        assert found.x[column] == pytest.approx(box.x + box.w / 2, abs=4)
        assert found.y[row] == pytest.approx(box.y + box.h / 2, abs=4)
        assert template.at(image, box) > 0.8
        assert template.at(images[20], box) < 0.5
    assert template.at(images[0], Box(*boxes[0])) == pytest.approx(1, abs=0.02)
    assert template.chance(images[0], Box(*boxes[0])) < 0.5


def test_similarity_is_the_mean_cosine_of_whitened_cells(away):
    """Beside the same computed cell by cell, for one place."""
    images, boxes = away
    template = Template(images[0], Box(*boxes[0]), 48, HOG, None)
    window = cut(images[10], (0, 0, 240, 180), 2, template.multiple)
    unit = template._unit(template._maps(window.pixels)).double()
    rows, columns = template.cells
    assert (rows, columns) == (6, 6)
    look = template.look(images[0], Box(*boxes[0])).double() * rows * columns
    row, column = 9, 12
    cells = unit[:, row - rows // 2 : row - rows // 2 + rows, column - columns // 2 : column - columns // 2 + columns]
    expected = float((cells * look).sum(0).mean())
    assert float(template.compare(window).values[row, column]) == pytest.approx(expected, abs=1e-5)
    assert torch.allclose(look.norm(dim=0), torch.ones(rows, columns, dtype=torch.float64), atol=1e-4)


def test_what_the_background_is_made_of_counts_little(away):
    images, boxes = away
    template = Template(images[0], Box(*boxes[0]), 48, LongTermSettings(tap=None, ridge=1e-3), None)
    maps = template._maps(cut(images[0], (0, 0, 240, 180), 2, template.multiple).pixels)
    white = torch.einsum("cd,dhw->chw", template._whiten, maps - template._mean[:, None, None])
    spread = white.flatten(1).std(1)
    assert float(spread.median()) == pytest.approx(1, abs=0.3)


def test_a_second_look_is_averaged(template, away):
    images, boxes = away
    first = template.at(images[0], Box(*boxes[0]))
    template.remember(template.look(images[20], Box(100, 20, 24, 24)))
    assert template.at(images[0], Box(*boxes[0])) < first


@pytest.mark.parametrize(
    ("frame", "overlap", "pixels"), [((320, 240), (40, 60), 20_000), ((1920, 1080), (90, 30), 1e5)]
)
def test_parts_cover_the_frame_with_overlap(frame, overlap, pixels):
    parts = lay_parts(frame, overlap, pixels)
    assert all((right - left) * (bottom - top) <= 1.01 * pixels for left, top, right, bottom in parts)
    seen = np.zeros(frame[::-1], int)
    for left, top, right, bottom in parts:
        seen[int(top) : math.ceil(bottom), int(left) : math.ceil(right)] += 1
    assert seen.min() == 1
    rng = np.random.default_rng(0)
    for x, y in rng.uniform(0, np.array(frame) - overlap, (200, 2)):  # every place is whole in some part
        assert any(
            p[0] <= x + 1e-6 and p[1] <= y + 1e-6 and x + overlap[0] <= p[2] + 1e-6 and y + overlap[1] <= p[3] + 1e-6
            for p in parts
        )


def test_a_sweep_finds_the_target_within_its_frames_and_its_budget(template, away, monkeypatch):
    images, boxes = away
    sweep = Sweep((180, 240), (24, 24), (0.7, 1, 1.4), template, 80_000)
    spent: list[int] = []
    maps = template._maps
    monkeypatch.setattr(template, "_maps", lambda pixels: spent.append(pixels.size // 3) or maps(pixels))
    best, frames = [], 0
    while sum(spent) < 180 * 240 * 4 * (1 / 0.49 + 1 + 0.51):
        before = sum(spent)
        best += sweep.step(images[30], template)
        frames += 1
        assert sum(spent) - before < 100_000  # 80,000 and what rounding to whole cells adds
    found = max(best, key=lambda candidate: candidate.similarity)
    assert frames <= 12 and overlaps(found.box, boxes[30])[0] > 0.4
    assert found.similarity > 0.3


def test_settings_that_cannot_be_are_refused(random_weights):
    for change in ({"budget_ms": 0}, {"scales": ()}, {"scales": (0.5, -1)}, {"ridge": float("nan")}):
        with pytest.raises(InputError, match=f"long-term settings: {next(iter(change))}"):
            LongTermSettings(**change)
    assert LongTermSettings(budget_ms=2, pixels_per_ms=1000).pixels == 2000
    image, other = np.zeros((60, 80, 3), np.uint8), LongTermSettings(tap="conv9")
    with pytest.raises(InputError, match="conv9"):
        Template(image, Box(20, 20, 20, 20), 48, other, TorchBackbone(random_weights))
