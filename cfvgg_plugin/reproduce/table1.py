"""Table I: what the networks cost, and how fast the trackers are with them."""

from functools import partial

from cfvgg_plugin.benchmark.networks import NetworkSpeed, benchmark_network
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.networks import Weights, load_weights
from cfvgg_plugin.networks.store import PAPERS, find_weights
from cfvgg_plugin.reproduce.paper import TABLE1
from cfvgg_plugin.reproduce.sheet import Values, block
from cfvgg_plugin.reproduce.table import BASELINE, STUDENT, Measurements, PaperTable, Request
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
        partial(_show, load_weights(find_weights(student))),
        ("otb2013",),
        notes=notes,
        paper={name: vars(row) for name, row in TABLE1.items()},
    )


def _show(student: Weights, found: Measurements) -> str:
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
