"""Random filter pruning: a student initialised from the teacher's own filters (paper, section IV)."""

from typing import Any, cast

import torch
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.architectures.vgg_m import LAYERS, VGGM, Settings
from cfvgg_plugin.networks.network import Network


def prune(teacher: VGGM, width: float = 1 / 8, seed: int = 0) -> VGGM:
    """Student of `width` whose filters are a random choice of the teacher's.

    At width 1/8 of a full teacher, 7/8 of every layer's filters go, and with them the matching input
    channels of the next layer. The kept filters stay in the teacher's order, because LRN couples
    neighbouring channels. The same seed gives the same student; the teacher is not changed.
    Raises InputError if the student would be wider than the teacher.
    """
    student = VGGM(width)
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.arange(3)
    with torch.no_grad():
        for name in LAYERS:
            have, want = teacher.channels[name], student.channels[name]
            if want > have:
                raise InputError(
                    f"cannot prune width {teacher.width} to {width}: {name} has {have} filters, {want} wanted"
                )
            kept = torch.randperm(have, generator=generator)[:want].sort().values
            source, target = teacher.conv(name), student.conv(name)
            target.weight.copy_(source.weight[kept][:, inputs])
            cast(Tensor, target.bias).copy_(cast(Tensor, source.bias)[kept])
            inputs = kept
    return student


def pruned(settings: Any, teacher: Network, seed: int) -> VGGM:
    """The student of some settings, pruned from a teacher. Raises InputError unless both are VGG-M's."""
    if not (isinstance(settings, Settings) and isinstance(teacher, VGGM)):
        raise InputError("init prune: is for VGG-M and students of its shape; take init = 'random'")
    return prune(teacher, settings.width, seed)
