"""Table II and figure 6: the networks' maps, and the operations that they take by equation 12."""

from collections.abc import Mapping

import torch
import torch.nn.functional as F

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.architectures.vgg_m import LAYERS, VGGM, multiply_adds_at
from cfvgg_plugin.networks.network import Network, multiply_adds
from cfvgg_plugin.reproduce.paper import FLOPS, TABLE2
from cfvgg_plugin.reproduce.sheet import gap, show

SIDE = 224
Maps = Mapping[str, tuple[int, int]]
"""(side, channels) by the paper's name of a layer."""
SIAMFC = {"Conv1": 11, "Conv2": 5, "Conv3": 3, "Conv4": 3, "Conv5": 3}
"""Kernel sides of SiamFC's convolutions; table II has its maps."""


def measured_maps(network: VGGM) -> dict[str, tuple[int, int]]:
    """Side and channels of every map of a forward pass at 224x224."""
    taps = tuple(f"{name}_raw" for name in LAYERS)
    sample = torch.zeros(1, 3, SIDE, SIDE)
    with torch.inference_mode():
        maps = {name.removesuffix("_raw"): found for name, found in network(sample, taps).items()}
        maps |= {f"pool{n}": F.max_pool2d(maps[f"conv{n}"], 3, 2, ceil_mode=True) for n in (1, 2)}
    shapes = {"Input": (SIDE, 3)} | {name.capitalize(): (m.shape[-1], m.shape[1]) for name, m in maps.items()}
    return {name: shapes[name] for name in TABLE2}


def table2(network: Network) -> str:
    """Map sizes in the paper and of the networks here, and the difference of their sides."""
    student = _of_the_paper(network)
    teacher, small = measured_maps(VGGM(1)), measured_maps(student)
    header = ("paper: maps", "AlexNet", "VGG-M", "CF-VGG", "ours: VGG-M", "- paper's", "CF-VGG", "- paper's")
    lines = []
    for name, (alexnet, big, little) in TABLE2.items():
        printed = [_shown(size) for size in (alexnet, big, little)]
        ours = (_shown(teacher[name]), _change(teacher[name], big), _shown(small[name]), _change(small[name], little))
        lines.append((name, *printed, *ours))
    notes = (
        "Table II: map sizes and channels",
        "",
        format_table(header, lines),
        "",
        f"ours: of a forward pass at {SIDE}x{SIDE}, before activation; differences: of the side, and of the channels"
        " where they differ",
        "the paper rounds up as if the convolutions were padded; MatConvNet's VGG-M, which both networks follow, pads"
        " conv1 by 0 and conv2 by 1",
        "AlexNet is not part of this package: only the paper's sizes",
    )
    return "\n".join(notes)


def _of_the_paper(network: Network) -> VGGM:
    if not isinstance(network, VGGM):
        raise InputError(
            f"{settings_text(network.settings)}: the paper's table and figure are of vgg_m: give --weights"
        )
    return network


def _shown(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[0]}x{size[1]}"


def _change(ours: tuple[int, int], paper: tuple[int, int]) -> str:
    channels = f", {ours[1] - paper[1]:+d} ch." if ours[1] != paper[1] else ""
    return f"{ours[0] - paper[0]:+d}{channels}"


def figure6(network: Network) -> tuple[str, list[tuple[str, int]]]:
    """Text, and the bars as (name, operations): equation 12 at the sizes of table II, as the paper counts."""
    student = _of_the_paper(network)
    bars = [(name, flops) for name, (flops, _) in _counts(student).items() if flops is not None]
    header = ("10^9 FLOPs", "paper", "equation 12", "- paper's", "at the true sizes")
    rows = []
    for name, (flops, true) in _counts(student).items():
        giga, exact = (value / 1e9 if value is not None else None for value in (flops, true))
        rows.append((name, show(FLOPS[name], 4), show(giga, 4), gap(giga, FLOPS[name], 4), show(exact, 4)))
    notes = (
        "Figure 6: operations of the convolutions",
        "",
        format_table(header, rows),
        "",
        "equation 12 at the map sizes of table II; a FLOP is a multiplication with its addition",
        "RT-MDNet: the paper only draws a bar, and table II has no sizes of it",
    )
    return "\n".join(notes), bars


def _counts(student: VGGM) -> dict[str, tuple[int | None, int | None]]:
    """(at table II's sizes, at the true sizes) by the paper's name; None where one cannot be counted."""
    printed = {name: (TABLE2[name.capitalize()][1][0],) * 2 for name in LAYERS}
    networks = {"ECO (VGG-M)": VGGM(1), "Ours (CF-VGG)": student}
    counts: dict[str, tuple[int | None, int | None]] = dict.fromkeys(FLOPS, (None, None))
    counts["SiamFC (AlexNet)"] = (_siamfc(), None)
    for name, network in networks.items():
        counts[name] = (multiply_adds_at(network, printed), multiply_adds(network.settings, SIDE))
    return counts


def _siamfc() -> int:
    total, inputs = 0, 3
    for name, kernel in SIAMFC.items():
        side, channels = TABLE2[name][0]
        total += (inputs * kernel**2 + 1) * side**2 * channels
        inputs = channels
    return total
