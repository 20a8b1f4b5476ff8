"""Table I: what the networks cost, and how fast the trackers are with them."""

from collections.abc import Callable

from cfvgg_plugin.benchmark.networks import NetworkBenchmark, NetworkSpeed
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.reproduce.exhibit import Exhibit
from cfvgg_plugin.reproduce.field import UNCOMPRESSED, Field
from cfvgg_plugin.reproduce.paper import TABLE1
from cfvgg_plugin.reproduce.sheet import Values, block

HEADER = ("on OTB-2013", "MB", "10^9 FLOPs", "network ms", "CPU frames/s")
DIGITS = (2, 3, 1, 1)


def table1(measure: Callable[[], NetworkBenchmark], threads: int) -> Exhibit:
    """The table. measure: times the networks, once the trackers are done, which run where there are sequences."""
    gpu = ", ".join(f"{name} {row.gpu_fps}" for name, row in TABLE1.items())
    notes = (
        "MB: ours are the convolutions up to conv5 as float32; what the paper's are, it does not say",
        "10^9 FLOPs: equation 12 at the map sizes of table II, which are not the network's own: 'reproduce table2'",
        f"network ms: one sample of 224x224 to conv5, {threads} thread(s); VGG-M has random weights here, which cost"
        " the same time; the paper: feature extraction at 4 GHz",
        "the paper's frames/s count the adaptation in the first frame; without it fECO has"
        f" {TABLE1['fECO'].offline_fps:g} and fDeepSTRCF {TABLE1['fDeepSTRCF'].offline_fps:g}, to which ours of the"
        " update alone compare",
        f"GPU frames/s in the paper, not measured here: {gpu}",
    )
    paper = {name: vars(row) for name, row in TABLE1.items()}
    title = "Table I: cost of the networks, and speed of the trackers with them"
    return Exhibit("table1", title, tuple(TABLE1), lambda field: _show(field, measure()), "otb2013", paper, notes=notes)


def _show(field: Field | None, speed: NetworkBenchmark) -> str:
    lines = []
    for row, paper in TABLE1.items():
        uncompressed = row in UNCOMPRESSED
        network, name = (speed.teacher, "VGG-M") if uncompressed else (speed.student, "CF-VGG")
        entries = [entry for entry in field.of(row) if entry.ours] if field is not None else []
        here = [(entry.label, _values(network, entry.result.fps)) for entry in entries]
        printed = (paper.megabytes, paper.giga_flops, paper.milliseconds, paper.fps)
        lines += block(row, printed, here or [(f"{name} alone", _values(network, None))], DIGITS)
    ratio = f"VGG-M takes {speed.ratio:.1f} times as long as CF-VGG here; in the paper {76 / 9:.1f} times"
    return f"{format_table(HEADER, lines)}\n{ratio}"


def _values(network: NetworkSpeed, fps: float | None) -> Values:
    return (network.megabytes, network.giga_multiply_adds_table2, network.milliseconds, fps)
