"""Model card and pictures of a finished run."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.filters.tracking_loss import respond, shifted_gaussian, windowed
from cfvgg_plugin.networks import TorchBackbone, Weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.network import parameter_count
from cfvgg_plugin.system.files import replacing, write_text
from cfvgg_plugin.train.patches import Pair
from cfvgg_plugin.train.validation import groups_of

try:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
except ImportError:  # told in `write_card`
    plt = None  # type: ignore[assignment]


def write_card(weights: Weights, out: Path, history: list[dict[str, Any]], pairs: Sequence[Pair]) -> None:
    """MODEL_CARD.md, and PNG pictures of the loss, the first filters, and responses on a few training pairs."""
    write_text(out / "MODEL_CARD.md", model_card(weights))
    if plt is None:
        raise InputError("pictures need matplotlib: pip install 'cfvgg-plugin[train]'; the weights are written")
    _plot_curves(history, out / "loss.png")
    _plot_filters(weights, out / "filters.png")
    _plot_responses(weights, pairs, out / "responses.png")


def model_card(weights: Weights) -> str:
    """What the weights are, how they came about, and what for; Markdown."""
    facts = weights.recipe
    recipe = facts["recipe"]
    lines = [
        f"# {recipe['name']}",
        "",
        f"A student of architecture {settings_text(weights.settings)}, {parameter_count(weights.network):,}"
        " parameters, for correlation-filter tracking on a processor. It is no classifier.",
        "",
        f"- weights: sha256 `{weights.sha256}` (of the tensors)",
        f"- loss: {recipe['loss']}, tracking levels {', '.join(recipe['levels'])}"
        + (f", one filter on {' and '.join(recipe['joined'])}" if recipe["joined"] else "")
        + (", filters answer zero to other pairs" if recipe["negatives"] else ""),
        *([f"- start: {recipe['init']} (sha256 `{facts['init']['sha256']}`)"] if facts["init"] else []),
        *([f"- kept from it: {', '.join(recipe['frozen'])}"] if recipe["frozen"] else []),
        *([f"- teacher: {t['file']} (sha256 `{t['sha256']}`)" for t in facts["teachers"]] or ["- teacher: none"]),
        *(f"- data: {name}, {count} clips" for name, count in facts["data"].items()),
        f"- {facts['pairs']:,} pairs in {facts['steps']:,} steps of {recipe['optimizer']}, seed {recipe['seed']},"
        f" {facts['seconds'] / 60:.0f} minutes on {facts['processor']}",
        f"- files that could not be decoded: {facts['skipped_files']}",
    ]
    if facts["localisation"]:
        lines += ["", "One-shot localisation on held-out videos (right within 0.15, 0.3, 0.5 target sizes):", ""]
        lines += ["| layers | 0.15 | 0.3 | 0.5 |", "|---|---|---|---|"]
        lines += [
            f"| {name} | " + " | ".join(f"{v:.3f}" for v in row) + " |" for name, row in facts["localisation"].items()
        ]
    lines += ["", "The recipe:", "", "```json", json.dumps(recipe, indent=2), "```", ""]
    if facts["init"] and facts["init"]["history"]:
        lines += ["What it started from:", "", "```json", json.dumps(facts["init"]["history"], indent=2), "```", ""]
    return "\n".join(lines)


def _plot_curves(history: list[dict[str, Any]], path: Path) -> None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    names = dict.fromkeys(name for line in history for name in line)
    for axes, starts in ((left, ("total", "tracking", "fidelity")), (right, ("localise", "quality"))):
        for name in (name for name in names if name.startswith(starts)):
            points = [(line["step"], line[name]) for line in history if name in line]
            axes.plot(*zip(*points, strict=True), label=name, linewidth=1)
        axes.set_xlabel("step")
        if axes.has_data():
            axes.legend(fontsize=7)
    left.set_ylabel("loss")
    right.set_ylabel("one-shot localisation, held out")
    _save(figure, path)


def _plot_filters(weights: Weights, path: Path) -> None:
    """The first convolution that sees the image's three channels."""
    convs = (m.weight.detach() for m in weights.network.modules() if isinstance(m, nn.Conv2d))
    found = next((weight for weight in convs if weight.shape[1] == 3), None)
    if found is None:
        return
    kernels = found.permute(0, 2, 3, 1).numpy()
    figure, grid = plt.subplots(2, (len(kernels) + 1) // 2, figsize=(len(kernels), 4), squeeze=False)
    for axes, kernel in zip(grid.flat, kernels, strict=False):
        axes.imshow(np.clip(kernel / (2 * np.abs(kernel).max()) + 0.5, 0, 1))
    for axes in grid.flat:
        axes.axis("off")
    _save(figure, path)


def _plot_responses(weights: Weights, pairs: Sequence[Pair], path: Path) -> None:
    """Target patch, search patch and the response of every level, each pair in a row."""
    taps = groups_of(weights.network.taps)[-1]
    figure, grid = plt.subplots(
        len(pairs), 2 + len(taps), figsize=(2.2 * (2 + len(taps)), 2.2 * len(pairs)), squeeze=False
    )
    backbone = TorchBackbone(weights)
    for row, pair in zip(grid, pairs, strict=True):
        maps = backbone.run(np.stack([pair.x, pair.z]), taps)
        row[0].imshow(pair.x)
        row[1].imshow(pair.z)
        size = pair.z.shape[0]
        row[1].plot((0.5 + pair.shift[0]) * size, (0.5 + pair.shift[1]) * size, "r+", markersize=14)
        for axes, tap in zip(row[2:], taps, strict=True):
            x, z = (windowed(maps[tap][i : i + 1], "energy") for i in (0, 1))
            cells = size / backbone.stride(tap)
            sigma = torch.tensor([0.1 * pair.target * cells])
            label = shifted_gaussian(x.shape[2], x.shape[3], sigma, torch.zeros(1, 2))
            axes.imshow(torch.fft.fftshift(respond(x, z, label, 0.01, relative=True)[0]).numpy())
            axes.set_title(tap, fontsize=8)
        for axes in row:
            axes.axis("off")
    _save(figure, path)


def _save(figure: Any, path: Path) -> None:
    figure.tight_layout()
    with replacing(path) as temporary:
        figure.savefig(temporary, dpi=90)
    plt.close(figure)
