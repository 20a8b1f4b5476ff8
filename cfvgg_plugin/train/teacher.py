"""The frozen network whose maps the student imitates."""

import math
from collections.abc import Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import Backbone, TorchBackbone, Weights, load_weights
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.train.recipe import Recipe, Teacher


def load_teacher(teacher: Teacher, path: Path, device: str = "cpu") -> Backbone:
    """The network, with the taps that the recipe names. Raises InputError where it is missing or lacks one."""
    backbone: Backbone
    if path.suffix.lower() == ".onnx":
        backbone = OnnxBackbone(path, device, torch.get_num_threads())
    else:
        backbone = TorchBackbone(load_weights(path), device)
    for _, tap in teacher.taps:
        if tap not in backbone.taps:
            raise InputError(f"teacher {path}: has no tap {tap!r}; it has {', '.join(backbone.taps)}")
    return backbone


def vgg_m_of(recipe: Recipe) -> Weights:
    """The VGG-M teacher itself, with its mean, for pruning. Raises InputError where the teacher is another network."""
    if recipe.teacher is None:
        raise InputError("init prune: needs a [teacher] to prune")
    path = recipe.path(recipe.teacher.file)
    if path.suffix.lower() == ".onnx":
        raise InputError(f"init prune: {path} is not VGG-M; give its .mat file as the teacher, or init = 'random'")
    return load_weights(path)


def teach(backbone: Backbone, teacher: Teacher, x: Tensor, z: Tensor) -> list[Tensor]:
    """Teacher maps (2M, C, h, w), first of x, then of z, of the first M = share * N pairs; one tensor a tap.

    x, z: (N, S, S, 3) uint8 on the CPU.
    """
    count = max(math.ceil(teacher.share * x.shape[0]), 1)
    samples = torch.cat([x[:count], z[:count]]).numpy()
    taps: Sequence[str] = list(dict.fromkeys(tap for _, tap in teacher.taps))
    maps = backbone.run(samples, taps)
    return [maps[tap].clone() for _, tap in teacher.taps]  # clones: autograd refuses tensors of inference mode


def at_cells(maps: Tensor, stride: int, size: tuple[int, int], step: int) -> Tensor:
    """Maps (N, C, h, w) with a cell every `stride` pixels, read at the cells of another network: (N, C, *size).

    size: rows and columns of the other network's maps, with a cell every `step` pixels. Both maps stand centred in the
    patch, which training on mirrored images makes true even where a network pads one side alone. Stretching one map
    over the other would be wrong by up to a cell at the borders, as maps of different padding cover different areas.
    """
    if (among := step // stride) > 1:
        maps = F.avg_pool2d(maps, among, stride=1)
    reach = [(there - 1) * step / max((here - 1) * stride, 1) for there, here in zip(size, maps.shape[2:], strict=True)]
    theta = torch.tensor([[reach[1], 0, 0], [0, reach[0], 0]], dtype=maps.dtype, device=maps.device)
    grid = F.affine_grid(theta.expand(maps.shape[0], 2, 3), [*maps.shape[:2], *size], align_corners=True)
    return F.grid_sample(maps, grid, padding_mode="border", align_corners=True)
