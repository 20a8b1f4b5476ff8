"""Tables I to V and figure 6, which are about networks.

What they cost, how fast the trackers are with them, and their maps: tables I and II, figure 6. Rows that are networks,
by compression ratio, by training configuration, by layer: tables III to V.
"""

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F

from cfvgg_plugin.benchmark.networks import NetworkSpeed, benchmark_network
from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.networks import Weights, load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.architectures.vgg_m import LAYERS, VGGM, multiply_adds_at
from cfvgg_plugin.networks.network import Network, multiply_adds
from cfvgg_plugin.networks.store import PAPERS, find_weights
from cfvgg_plugin.registry import load_settings, split_name
from cfvgg_plugin.reproduce.paper import FLOPS, TABLE1, TABLE2, TABLE3, TABLE4, TABLE5
from cfvgg_plugin.reproduce.table import (
    BASELINE,
    STUDENT,
    Measurements,
    PaperRow,
    PaperTable,
    Request,
    Values,
    Variant,
    block,
    gap,
    show,
)
from cfvgg_plugin.reproduce.trackers import UNCOMPRESSED, paper_rows
from cfvgg_plugin.reproduce.variants import given_files
from cfvgg_plugin.train.recipe import LOSSES


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
    speed, lines = benchmark_network(student, by_backend=False), []
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


RATIOS = tuple(name for name in TABLE3 if name != BASELINE.name)
BY_RATIO = ("paper: OTB-2015", "AUC", "MB", "frames/s", "ours: AUC", "MB", "frames/s", "AUC - paper's")


def table3(tracker: str = "feco/cf_vgg", ratios: Sequence[str] | None = None) -> PaperTable:
    """The table with `tracker`'s students of `ratios` (None: all of the paper's).

    Raises InputError for a tracker without a network and a ratio that is not in the paper's table.
    """
    full = "/".join(split_name(tracker))
    if not load_settings(full).needs_network:
        raise InputError(f"tracker {tracker}: uses no network, so there is nothing to compress")
    if wrong := [ratio for ratio in ratios or () if ratio not in RATIOS]:
        raise InputError(f"--ratios: {wrong[0]!r} is none of the paper's, which are {', '.join(RATIOS)}")
    notes = [
        "MB: ours are the convolutions up to conv5 as float32 (VGG-M: 26 MB), or an ONNX file; what the paper's are, it"
        " does not say",
        f"students of all widths ran as {full}",
    ]
    if not full.endswith("/adaptive"):
        notes.append("the paper's figure for 64x is that of table IV with online adaptation; ours are without")
    if not full.startswith("feco/"):
        notes.append(f"the paper's figures are of ECO, ours of {tracker}")
    chosen = [ratio for ratio in RATIOS if ratios is None or ratio in ratios]
    return PaperTable(
        "table3",
        "Table III: success AUC (%), model size and speed by compression ratio",
        tuple(PaperRow(name, full, name, figures) for name, figures in TABLE3.items()),
        _show_ratios,
        variants=(BASELINE, *(Variant(ratio, loss="both", ratio=int(ratio)) for ratio in chosen)),
        notes=tuple(notes),
    )


def _show_ratios(found: Measurements) -> str:
    lines = []
    for name, paper in TABLE3.items():
        ours = found.first(name)
        printed = (show(paper.auc), f"{paper.megabytes:g}", show(paper.fps, 0))
        here = (show(ours.auc), show(ours.megabytes, 2), show(ours.result.fps), gap(ours.auc, paper.auc))
        lines.append((paper.label, *printed, *here))
    return format_table(BY_RATIO, lines)


TRACKERS = tuple(TABLE4)
BENCHMARKS = ("otb2013", "otb2015", "tc128")
HAND_CRAFTED = "hand-crafted"
VARIANTS = (BASELINE, Variant("pretrained", trained=False), *(Variant(loss, loss=loss) for loss in LOSSES))
SPECIAL = {HAND_CRAFTED: ("hand_crafted", ""), "adaptive": ("adaptive", "both")}
"""Setting and network of the rows that are not cf_vgg on the network of their name."""


def table4(trackers: Sequence[str] = TRACKERS) -> PaperTable:
    """The table for some of its two trackers."""
    chosen = tuple(dict.fromkeys(trackers))
    rows = []
    for tracker in chosen:
        for name, figures in TABLE4[tracker].items():
            setting, network = SPECIAL.get(name, ("cf_vgg", name))
            rows.append(PaperRow(f"{tracker}/{name}", f"{tracker}/{setting}", network, figures))
    return PaperTable(
        "table4",
        "Table IV: success AUC (%) by training configuration",
        tuple(rows),
        lambda *found: "\n\n".join(_part(tracker, found) for tracker in chosen),
        BENCHMARKS,
        VARIANTS,
        (
            "pretrained: the paper's tiny model, trained to classify; no recipe makes it",
            "to h.-c.: difference to the row of hand-crafted features (the paper's of OTB-2015)",
        ),
    )


def _part(tracker: str, found: Sequence[Measurements]) -> str:
    """One tracker's rows: the paper's benchmarks, then ours."""
    parts = sorted(found, key=lambda part: BENCHMARKS.index(part.benchmark))
    header = [f"{'paper: ' * (i == 0)}{DATASETS[name].title}" for i, name in enumerate(BENCHMARKS)] + ["to h.-c."]
    for part in parts:
        header += [f"ours: {DATASETS[part.benchmark].title}", "- paper's", "to h.-c.", "frames/s"]
    lines = []
    for name, paper in TABLE4[tracker].items():
        cells = [show(paper.on(benchmark)) for benchmark in BENCHMARKS]
        cells.append(gap(paper.auc, TABLE4[tracker][HAND_CRAFTED].auc))
        for part in parts:
            ours, base = part.first(f"{tracker}/{name}"), part.first(f"{tracker}/{HAND_CRAFTED}")
            cells += [show(ours.auc), gap(ours.auc, paper.on(part.benchmark)), gap(ours.auc, base.auc)]
            cells.append(show(ours.result.fps))
        lines.append((paper.label, *cells))
    return format_table((tracker, *header), lines)


BY_LAYER = ("paper: OTB-2015", "AUC", "to base", "frames/s", "ours: AUC", "to base", "frames/s", "AUC - paper's")


def table5() -> PaperTable:
    """The table: conv1, conv2 and conv5 of the student, and of the uncompressed network where it is given."""
    rows = [
        PaperRow(f"{network}/{layer}", f"fkcf/{layer}", network, figures)
        for network, layers in TABLE5.items()
        for layer, figures in layers.items()
    ]
    notes = (
        "to base: difference to the same layer of the uncompressed network; the paper gives one speed for all layers",
        "an ONNX network without a layer of that name stands in with its deepest one of the same stride",
    )
    title = "Table V: success AUC (%) of fKCF by layer"
    return PaperTable("table5", title, tuple(rows), _show_layers, variants=(BASELINE, STUDENT), notes=notes)


def _show_layers(found: Measurements) -> str:
    lines = []
    for network, layers in TABLE5.items():
        for layer, paper in layers.items():
            ours, base = found.first(f"{network}/{layer}"), found.first(f"{BASELINE.name}/{layer}")
            printed = (show(paper.auc), gap(paper.auc, TABLE5[BASELINE.name][layer].auc), show(paper.fps, 0))
            here = (show(ours.auc), gap(ours.auc, base.auc), show(ours.result.fps), gap(ours.auc, paper.auc))
            lines.append((paper.label, *printed, *here))
    return format_table(BY_LAYER, lines)
