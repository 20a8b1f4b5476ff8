"""Background-aware adaptation of a student to its target on the first frame (paper, section IV-B, equations 9-11).

The student is tuned so that the filter learned on the target patch answers with the label where the target is, and
with nothing on patches of the background. No teacher takes part, and the given weights stay untouched.
"""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.sampling import Image, cut, disturb, view
from cfvgg_plugin.filters.tracking_loss import LEAST_SIGMA, tracking_loss
from cfvgg_plugin.networks import Backbone, TorchBackbone, Weights
from cfvgg_plugin.networks.backbone import resize_mean
from cfvgg_plugin.networks.network import Network


@dataclass(frozen=True)
class AdaptationSettings:
    """How a student is adapted; the numbers of iterations and samples, momentum and decay are the paper's."""

    iterations: int = 8
    samples: int = 32
    """Patches an iteration, half of them with the target, half without."""
    learning_rate: float = 1e-3
    """Of plain SGD on the scale-free losses; set once and not tuned (the paper does not state its own)."""
    momentum: float = 0.9
    weight_decay: float = 0.005
    levels: tuple[str, ...] = ("conv1", "conv2", "conv5")
    """Taps of the loss: low, middle, high."""
    size: int = 160
    """Side of the patches in pixels."""
    context: float = 4.5
    """Side of the patches in target sizes."""
    shift: float = 0.25
    """Displacement of the target in its patches, at most, in patch sides."""
    light: float = 0.2
    """Strength of changes of light, see `disturbances.disturb`."""
    blur: float = 0.3
    """Probability of blur."""
    label_sigma: float = 0.1
    """Width of the labels, in target sizes."""
    regularisation: float = 0.01
    """Lambda of equation (6), in units of the sample's mean spectral energy."""
    seed: int = 0


def adapted(backbone: Backbone | None, image: Image, box: Box, settings: AdaptationSettings | None) -> Backbone | None:
    """What a tracker's features come from: the given network, or its copy adapted to the target where that is set."""
    return backbone if settings is None else adapt(backbone, image, box, settings)


def adapt(backbone: Backbone | None, image: Image, box: Box, settings: AdaptationSettings) -> TorchBackbone:
    """A copy of the student, adapted to the target in `box` of the first frame.

    image: (H, W, 3) RGB or (H, W) grey uint8. Raises InputError for a network that cannot be trained: only students
    run by torch on the processor can.
    """
    if not isinstance(backbone, TorchBackbone):
        raise InputError("adaptation needs a student that torch runs: give .safetensors or .mat weights, backend torch")
    image = image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)
    given = backbone.weights
    given.geometry.check(settings.size, settings.size, settings.levels)
    strides = {tap: backbone.stride(tap) for tap in settings.levels}
    network = copy.deepcopy(given.network).cpu().requires_grad_(True)  # in eval mode: a batch norm keeps its statistics
    mean = torch.from_numpy(resize_mean(given.mean, settings.size, settings.size))
    optimizer = torch.optim.SGD(
        network.parameters(), settings.learning_rate, settings.momentum, weight_decay=settings.weight_decay
    )
    rng = np.random.default_rng(settings.seed)
    side = settings.context * math.sqrt(box.w * box.h)
    template = cut(image, box.centre, view(side, settings.size), settings.size)
    with torch.enable_grad():
        for _ in range(settings.iterations):
            loss = _loss(network, strides, mean, template, image, box, settings, rng)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call,unused-ignore]
            optimizer.step()
    return TorchBackbone(Weights(network.eval().requires_grad_(False), given.mean, {"adapted": dict(given.recipe)}))


def _loss(
    network: Network, strides: Mapping[str, int], mean: Tensor, template: Image, image: Image, box: Box,
    settings: AdaptationSettings, rng: np.random.Generator,
) -> Tensor:  # fmt: skip
    """The online tracking loss (10) of one set of random patches."""
    positives, shifts = positive_patches(image, box, settings, rng)
    negatives = negative_patches(image, box, settings, rng)
    patches = torch.from_numpy(np.stack([template, *positives, *negatives]))
    maps = network((patches.float() - mean).permute(0, 3, 1, 2), settings.levels)
    shift = torch.from_numpy(shifts).float()
    losses = []
    for tap in settings.levels:
        cells = settings.size / strides[tap]
        sigma = max(settings.label_sigma * cells / settings.context, LEAST_SIGMA)
        x, z, background = maps[tap].split([1, len(positives), len(negatives)])
        losses.append(
            tracking_loss(
                x, z, shift * cells, torch.full((len(positives),), sigma), settings.regularisation,
                negatives=background if len(negatives) else None,
            )
        )  # fmt: skip
    return torch.stack(losses).sum()


def positive_patches(
    image: Image, box: Box, settings: AdaptationSettings, rng: np.random.Generator
) -> tuple[list[Image], NDArray[np.float64]]:
    """Half of the samples: patches with the target, flipped, shifted, blurred, lit; and its (x, y) in patch sides."""
    count = settings.samples // 2
    side = settings.context * math.sqrt(box.w * box.h)
    shifts = rng.uniform(-settings.shift, settings.shift, (count, 2))
    patches = []
    for shift in shifts:
        mirrored = bool(rng.random() < 0.5)
        matrix = view(side, settings.size, mirrored=mirrored)
        patch = cut(image, box.centre - matrix @ (shift * settings.size), matrix, settings.size)
        patches.append(disturb(patch, settings.light, settings.blur, rng))
    return patches, shifts


def negative_patches(image: Image, box: Box, settings: AdaptationSettings, rng: np.random.Generator) -> list[Image]:
    """The other half: windows around random places of the image that share no pixel with the target.

    Where the target leaves no room for one (it fills the image), there are none.
    """
    count = settings.samples - settings.samples // 2
    side = settings.context * math.sqrt(box.w * box.h)
    height, width = image.shape[:2]
    centres = rng.uniform((0, 0), (width - 1, height - 1), (64 * count, 2))
    apart = np.abs(centres - box.centre) >= (side + np.array([box.w, box.h])) / 2
    chosen = centres[apart.any(axis=1)][:count]
    if not len(chosen):
        return []
    matrix = view(side, settings.size)
    return [cut(image, centre, matrix, settings.size) for centre in chosen[np.arange(count) % len(chosen)]]
