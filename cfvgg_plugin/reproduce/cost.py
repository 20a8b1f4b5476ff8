"""Tables I and II and figure 6: what the networks cost, how fast the trackers are with them, and the networks' maps."""

from functools import partial

import torch
import torch.nn.functional as F

from cfvgg_plugin.benchmark.networks import NetworkSpeed, benchmark_network
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.networks import Weights, load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.architectures.vgg_m import LAYERS, VGGM, multiply_adds_at
from cfvgg_plugin.networks.network import Network, multiply_adds
from cfvgg_plugin.networks.store import PAPERS, find_weights
from cfvgg_plugin.reproduce.paper import FLOPS, TABLE1, TABLE2
from cfvgg_plugin.reproduce.table import BASELINE, STUDENT, Measurements, PaperTable, Request, Values, block, gap, show
from cfvgg_plugin.reproduce.trackers import UNCOMPRESSED, paper_rows
from cfvgg_plugin.reproduce.variants import given_files


def table1(request: Request) -> PaperTable:
    """The table of a student: the networks are timed once the trackers are done, which run where there are sequences.

    Raises InputError for weights that cannot be read.
    """
    student = given_files((BASELINE, STUDENT), request.weights).get(STUDENT.name, PAPERS)
    gpu = ", ".join(f"{name} {row.gpu_fps}" for name, row in TABLE1.items())
    notes = (
        "MB: ours are the convolutions up to conv5 as float32; what the paper's are, it does not say",
        "10^9 FLOPs: equation 12 at the map sizes of table II, which are not the network's own: 'reproduce table2'",
        f"network ms: one sample of 224x224 to conv5, {request.threads} thread(s); VGG-M has random weights here, which"
        " cost the same time; the paper: feature extraction at 4 GHz",
        "the paper's frames/s count the adaptation in the first frame; without it fECO has"
        f" {TABLE1['fECO'].offline_fps:g} and fDeepSTRCF {TABLE1['fDeepSTRCF'].offline_fps:g}, to which ours of the"
        " update alone compare",
        f"GPU frames/s in the paper, not measured here: {gpu}",
    )
    return PaperTable(
        "table1",
        "Table I: cost of the networks, and speed of the trackers with them",
        paper_rows(TABLE1),
        partial(_show_cost, load_weights(find_weights(student))),
        ("otb2013",),
        notes=notes,
        paper={name: vars(row) for name, row in TABLE1.items()},
    )


def _show_cost(student: Weights, found: Measurements) -> str:
    speed, lines = benchmark_network(student), []
    for row, paper in TABLE1.items():
        network, name = (speed.teacher, "VGG-M") if row in UNCOMPRESSED else (speed.student, "CF-VGG")
        here = [(m.label, _values(network, m.result.fps)) for m in found.of(row) if m.ours]
        printed = (paper.megabytes, paper.giga_flops, paper.milliseconds, paper.fps)
        lines += block(row, printed, here or [(f"{name} alone", _values(network, None))], (2, 3, 1, 1))
    table = format_table(("on OTB-2013", "MB", "10^9 FLOPs", "network ms", "CPU frames/s"), lines)
    return f"{table}\nVGG-M takes {speed.ratio:.1f} times as long as CF-VGG here; in the paper {76 / 9:.1f} times"


def _values(network: NetworkSpeed, fps: float | None) -> Values:
    return (network.megabytes, network.giga_multiply_adds_table2, network.milliseconds, fps)


SIDE = 224
SIAMFC = (11, 5, 3, 3, 3)
"""Kernel sides of SiamFC's convolutions; table II has its maps."""


def measured_maps(network: VGGM) -> dict[str, tuple[int, int]]:
    """Side and channels of every map of a forward pass at 224x224, by the paper's name of the layer."""
    taps = tuple(f"{name}_raw" for name in LAYERS)
    with torch.inference_mode():
        found = network(torch.zeros(1, 3, SIDE, SIDE), taps)
        maps = {name.removesuffix("_raw"): sample for name, sample in found.items()}
        maps |= {f"pool{n}": F.max_pool2d(maps[f"conv{n}"], 3, 2, ceil_mode=True) for n in (1, 2)}
    return {"Input": (SIDE, 3)} | {name.capitalize(): (m.shape[-1], m.shape[1]) for name, m in maps.items()}


def table2(network: Network) -> str:
    """Map sizes in the paper and of the networks here, and the difference of their sides."""
    ours = [measured_maps(one) for one in (VGGM(1), _of_the_paper(network))]
    header = ("paper: maps", "AlexNet", "VGG-M", "CF-VGG", "ours: VGG-M", "- paper's", "CF-VGG", "- paper's")
    lines = []
    for name, printed in TABLE2.items():
        cells = [_shown(size) for size in printed]
        for maps, paper in zip(ours, printed[1:], strict=True):
            cells += [_shown(maps[name]), _change(maps[name], paper)]
        lines.append((name, *cells))
    return (
        f"Table II: map sizes and channels\n\n{format_table(header, lines)}\n\n"
        f"ours: of a forward pass at {SIDE}x{SIDE}, before activation; differences: of the side, and of the channels"
        " where they differ\n"
        "the paper rounds up as if the convolutions were padded; MatConvNet's VGG-M, which both networks follow, pads"
        " conv1 by 0 and conv2 by 1\n"
        "AlexNet is not part of this package: only the paper's sizes"
    )


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
    printed = {name: (TABLE2[name.capitalize()][1][0],) * 2 for name in LAYERS}
    networks = {"ECO (VGG-M)": VGGM(1), "Ours (CF-VGG)": _of_the_paper(network)}
    bars = [("SiamFC (AlexNet)", _siamfc())]
    bars += [(name, multiply_adds_at(one, printed)) for name, one in networks.items()]
    rows = []
    for name, paper in FLOPS.items():
        giga = dict(bars)[name] / 1e9 if name in dict(bars) else None
        exact = multiply_adds(networks[name].settings, SIDE) / 1e9 if name in networks else None
        rows.append((name, show(paper, 4), show(giga, 4), gap(giga, paper, 4), show(exact, 4)))
    table = format_table(("10^9 FLOPs", "paper", "equation 12", "- paper's", "at the true sizes"), rows)
    text = (
        f"Figure 6: operations of the convolutions\n\n{table}\n\n"
        "equation 12 at the map sizes of table II; a FLOP is a multiplication with its addition\n"
        "RT-MDNet: the paper only draws a bar, and table II has no sizes of it"
    )
    return text, bars


def _siamfc() -> int:
    """Its operations by equation 12."""
    maps = [TABLE2[name.capitalize()][0] for name in LAYERS]
    inputs = [3, *(channels for _, channels in maps[:-1])]
    return sum((n * k**2 + 1) * side**2 * c for n, k, (side, c) in zip(inputs, SIAMFC, maps, strict=True))
