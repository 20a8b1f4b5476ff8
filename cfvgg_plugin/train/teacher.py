"""The frozen networks whose maps the student imitates."""

import importlib.metadata
import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import Backbone, TorchBackbone, Weights, load_weights
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.train.cache import Cache
from cfvgg_plugin.train.loader import Batch, digest
from cfvgg_plugin.train.recipe import Recipe, Teacher

GREATEST = 65504.0
"""Of float16's numbers."""
VERSIONS = [torch.__version__, *(f"{d.name} {d.version}" for d in importlib.metadata.distributions(name="onnxruntime"))]
"""Of what computes maps: others may round otherwise."""


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


@dataclass(frozen=True)
class TeacherMaps:
    """Maps of one teacher for some patches of a batch."""

    rows: Tensor
    """(M,) which of the 2N patches, first those of x, then those of z."""
    maps: list[Tensor]
    """(M, C, h, w) of every tap of the recipe."""


@dataclass(frozen=True)
class Teachers:
    """The teachers of a run.

    Without a pool a teacher sees the patches that the student sees. With one it has seen the clean ones, once: the
    maps are kept in the cache as float16, and are those float16 numbers where the cache has none, too. What was put
    over a patch later is not in them, so that z takes part only where it is whole.
    """

    teachers: tuple[Teacher, ...]
    backbones: tuple[Backbone, ...]
    pool: str
    """Name of the pool; empty without one."""
    cache: Cache | None

    def maps(self, batch: Batch) -> list[TeacherMaps]:
        """Maps of every teacher for the first M = share * N pairs; `batch` is on the CPU."""
        return [self._maps_of(*both, batch) for both in zip(self.teachers, self.backbones, strict=True)]

    def facts(self) -> list[dict[str, str]]:
        """Which networks they are, for the history of a weight file."""
        both = zip(self.teachers, self.backbones, strict=True)
        return [{"file": Path(teacher.file).name, "sha256": backbone.sha256} for teacher, backbone in both]

    def _maps_of(self, teacher: Teacher, backbone: Backbone, batch: Batch) -> TeacherMaps:
        total = batch.x.shape[0]
        count = max(math.ceil(teacher.share * total), 1)
        taps = list(dict.fromkeys(tap for _, tap in teacher.taps))
        rows = torch.cat([torch.arange(count), total + torch.arange(count)])
        if not self.pool:
            found = backbone.run(torch.cat([batch.x[:count], batch.z[:count]]).numpy(), taps)
        else:
            entries = [self._entry(teacher, backbone, taps, batch, i) for i in range(count)]
            chosen = torch.tensor([True] * count + list(batch.whole[:count]))
            rows = rows[chosen]
            found = {
                tap: torch.from_numpy(np.stack([e[tap][half] for half in (0, 1) for e in entries])[chosen.numpy()])
                for tap in taps
            }
        # clones: autograd refuses tensors of inference mode
        return TeacherMaps(rows, [found[tap].float().clone() for _, tap in teacher.taps])

    def _entry(
        self, teacher: Teacher, backbone: Backbone, taps: list[str], batch: Batch, index: int
    ) -> dict[str, NDArray[np.float16]]:
        """Maps (2, C, h, w) of the clean x and z of a pool's entry, at every tap.

        Each entry is run by itself, so that its numbers do not depend on which others the cache lacks.
        """
        if batch.clean is None:
            raise ValueError("a pool's batches bring the clean patches where there are teachers")
        groups = {tap: self._group(backbone, tap) for tap in taps}
        name = str(batch.entries[index])
        kept = {tap: _unpack(self.cache.get(groups[tap], name) if self.cache else None) for tap in taps}
        found = {tap: maps for tap, maps in kept.items() if maps is not None}
        if len(found) == len(taps):
            return found
        for tap, maps in backbone.run(batch.clean[index], taps).items():
            found[tap] = np.clip(maps.numpy(), -GREATEST, GREATEST).astype(np.float16)
            if self.cache:
                self.cache.put(groups[tap], name, json.dumps(found[tap].shape).encode() + b"\n" + found[tap].tobytes())
        return found

    def _group(self, backbone: Backbone, tap: str) -> str:
        return f"maps-{digest(self.pool, backbone.sha256, tap, backbone.backend, *VERSIONS)}"


def open_teachers(recipe: Recipe, device: str, pool: str = "", cache: Cache | None = None) -> Teachers:
    """The teachers that the recipe's loss needs, perhaps none; `load_teacher` says what it raises."""
    teachers = recipe.taught_by
    backbones = tuple(load_teacher(teacher, recipe.path(teacher.file), device) for teacher in teachers)
    return Teachers(teachers, backbones, pool, cache)


def _unpack(content: bytes | None) -> NDArray[np.float16] | None:
    if content is None:
        return None
    shape, _, values = content.partition(b"\n")
    return np.frombuffer(values, np.float16).reshape(json.loads(shape))


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
