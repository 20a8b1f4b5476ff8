"""What a student is: a module with named taps. Code outside of its own file knows no more of it than is here.

The geometry of its taps is measured by probing: nobody has to state it, and nothing is run for a size.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from cfvgg_plugin.errors import InputError

PROBE = 128
"""Side of the smallest probed input; every tap must have maps for it."""
SPAN = 192
"""Growth between the inputs that measure a stride: a multiple of all strides that occur (2, 3, 4, 8, 12, 16, ...)."""
Shapes = Callable[[int], Mapping[str, tuple[int, ...]]]
"""Height of an input of width PROBE to the shapes (1, C, h, w) of the maps, by tap."""


@dataclass(frozen=True)
class Tap:
    """Geometry of one tap: its maps have (side + offset) // stride cells along a side."""

    channels: int
    stride: int
    offset: int

    def size(self, side: int) -> int:
        """Cells along a side of `side` input pixels."""
        return max((side + self.offset) // self.stride, 0)


def measure_taps(shapes: Shapes) -> dict[str, Tap]:
    """Every tap whose maps grow with the input by whole strides; others are left out.

    Convolutions and poolings, with any padding and rounding, give one cell more for every `stride` more pixels, so that
    a size is (side + offset) // stride; the offset shows where the maps of the smallest probe grow first.
    """
    known = {PROBE: shapes(PROBE)}

    def size(name: str, side: int) -> int:
        if side not in known:
            known[side] = shapes(side)
        return known[side][name][2]

    taps = {}
    for name, shape in known[PROBE].items():
        first = size(name, PROBE)
        growth = size(name, PROBE + SPAN) - first
        if first < 1 or growth < 1 or SPAN % growth:
            continue  # pooled over the whole image, or enlarged: no map with a stride
        stride = SPAN // growth
        low, high = 0, stride  # pixels more than PROBE that leave the size, and that add a cell
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if size(name, PROBE + middle) > first else (middle, high)
        taps[name] = Tap(shape[1], stride, (first + 1) * stride - PROBE - high)
    return taps


class Network(nn.Module):
    """A network with named taps.

    A subclass sets `settings` and `taps`, and implements `forward`. Its children are its layers: `frozen` of a recipe
    names them. What its maps depend on is in its settings and its state dict, and in nothing else.
    """

    settings: Any
    """The frozen dataclass from which `settings.build()` makes a network of the same shape."""
    taps: tuple[str, ...]
    """Maps that trackers read, the shallowest first."""
    raw_taps: tuple[str, ...] = ()
    """Further maps, for losses: before an activation, for instance."""

    def forward(self, x: Tensor, taps: Sequence[str]) -> dict[str, Tensor]:
        """Maps {tap: (N, C, h, w)} of x (N, 3, H, W) float, RGB 0..255 without the mean; runs to the deepest tap."""
        raise NotImplementedError


class NetworkSettings(Protocol):
    """Settings of an architecture: a frozen dataclass, whose fields stand in the weight file."""

    def build(self) -> Network:
        """A network with random weights."""


@dataclass(frozen=True)
class Geometry:
    """What probing tells of a network."""

    taps: Mapping[str, Tap]
    """Of every tap, raw ones last."""
    smallest: int
    """Pixels: the least side of an input for which all taps have maps."""

    def check(self, height: int, width: int, taps: Sequence[str]) -> None:
        """Raise InputError for an unknown tap, or for a sample that is too small."""
        if unknown := sorted(set(taps) - self.taps.keys()):
            raise InputError(f"unknown network tap {unknown}: choose from {', '.join(self.taps)}")
        if min(height, width) < self.smallest:
            raise InputError(f"network input of {width}x{height} pixels: needs at least {self.smallest} a side")


@cache
def geometry(settings: NetworkSettings) -> Geometry:
    """Geometry of the networks of these settings, measured on small inputs.

    Raises InputError where a tap is no map that grows with the input by whole strides.
    """
    network = _blank(settings)
    names = (*network.taps, *network.raw_taps)

    def shapes(height: int, width: int = PROBE) -> dict[str, tuple[int, ...]]:
        return {tap: tuple(maps.shape) for tap, maps in _probe(network, names, height, width).items()}

    try:
        taps = measure_taps(shapes)
    except (RuntimeError, ValueError, KeyError) as error:
        raise InputError(f"{settings}: cannot run on {PROBE} pixels ({first_line(error)})") from None
    if lacking := [name for name in names if name not in taps]:
        raise InputError(f"{settings}: tap {lacking[0]} is no map that grows with the input by whole strides")

    def serves(side: int) -> bool:
        try:
            return all(min(shape) > 0 for shape in shapes(side, side).values())
        except (RuntimeError, ValueError):  # torch's words for maps without a cell
            return False

    low, high = 0, PROBE  # does not serve; serves
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if serves(middle) else (middle, high)
    return Geometry({name: taps[name] for name in names}, high)


def unreached(settings: NetworkSettings, taps: Sequence[str]) -> set[str]:
    """Names of the parameters on which none of the taps depends."""
    network = _shadow(settings)
    named = dict(network.named_parameters())
    with torch.device("meta"), torch.enable_grad():
        maps = network(torch.zeros(1, 3, PROBE, PROBE), tuple(taps))
        total = torch.stack([value.sum() for value in maps.values()]).sum()
    found = torch.autograd.grad(total, list(named.values()), allow_unused=True)
    return {name for name, gradient in zip(named, found, strict=True) if gradient is None}


def multiply_adds(settings: NetworkSettings, side: int) -> int:
    """Multiply-adds of the convolutions (paper, equation 12) for all taps of a square input of `side` pixels."""
    network = _blank(settings)
    total = 0

    def count(module: nn.Module, _: Any, maps: Tensor) -> None:
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += (module.weight[0].numel() + (module.bias is not None)) * maps.numel()

    for module in network.modules():
        module.register_forward_hook(count)
    _probe(network, network.taps, side, side)
    return total


def parameter_count(network: nn.Module) -> int:
    """Number of weights and biases."""
    return sum(p.numel() for p in network.parameters())


def first_line(error: Exception) -> str:
    """An exception of another library in one line."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _shadow(settings: NetworkSettings) -> Network:
    """A network without numbers, on torch's meta device."""
    with torch.device("meta"):
        return settings.build().eval()


def _blank(settings: NetworkSettings) -> Network:
    """A network of zeros: no random numbers are drawn for it.

    Run on the processor: on the meta device, which computes shapes alone, torch loads its compiler, 3 seconds.
    """
    network = _shadow(settings)
    for module in network.modules():
        for name, value in module.named_parameters(recurse=False):
            setattr(module, name, nn.Parameter(torch.zeros(value.shape, dtype=value.dtype), requires_grad=False))
        for name, buffer in module.named_buffers(recurse=False):
            setattr(module, name, torch.zeros(buffer.shape, dtype=buffer.dtype))
    return network


def _probe(network: Network, taps: Sequence[str], height: int, width: int) -> dict[str, Tensor]:
    with torch.no_grad():
        maps: dict[str, Tensor] = network(torch.zeros(1, 3, height, width), tuple(taps))
    return maps
