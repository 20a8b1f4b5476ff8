"""Table VI: expected average overlap; ours from the VOT toolkit's analysis of a workspace."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.documents import read_json
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.integration.vot import config as config_of
from cfvgg_plugin.integration.vot.config import read_config
from cfvgg_plugin.integration.vot.manifest import tracker_of
from cfvgg_plugin.integration.vot.scores import experiment_rows, find_analysis
from cfvgg_plugin.integration.vot.workspace import check_workspace
from cfvgg_plugin.reproduce.paper import TABLE6, VOT_SEQUENCES
from cfvgg_plugin.reproduce.sheet import gap, show
from cfvgg_plugin.reproduce.trackers import row_of_folder

EXPERIMENT = "baseline"


@dataclass(frozen=True)
class Analysis:
    """What a workspace's analysis says."""

    benchmark: str
    """ "vot2016" or "vot2017", from the workspace's stack."""
    file: Path
    sequences: int
    eao: Mapping[str, float | None]
    """Of the baseline experiment, by tracker: ours as `tracker/setting`, others by their identifier."""


def read_eao(workspace: Path) -> Analysis:
    """The newest analysis of a workspace.

    Raises InputError for a folder that is no workspace, one of another stack than the paper's, one without an
    analysis, and an analysis without EAO.
    """
    check_workspace(workspace)
    config = read_config(workspace)
    stack, benchmark = config.stack, config.stack_name
    if benchmark not in TABLE6:
        known = ", ".join(TABLE6)
        raise InputError(f"workspace {workspace}: stack {stack or 'unknown'}, but the paper's EAO is of {known}")
    file = find_analysis(workspace)
    content = read_json(file, config_of.Analysis, "analysis of the toolkit", nan=True)
    rows, trackers, count = experiment_rows(file, content, EXPERIMENT), content.trackers, len(content.sequences)
    eao = {tracker_of(str(trackers[t].get("command", ""))) or t: f["EAO"] for _, t, f in rows if "EAO" in f}
    if not eao:
        raise InputError(f"{file}: has no EAO of the experiment {EXPERIMENT}")
    return Analysis(benchmark, file, count, eao)


def table6(analyses: Sequence[Analysis]) -> str:
    """The paper's figures and those of workspaces, at most one a benchmark. Raises InputError for two of one."""
    given = {analysis.benchmark: analysis for analysis in analyses}
    if len(given) < len(analyses):
        raise InputError("--workspace: two are of the same stack; give one of vot2016 and one of vot2017")
    parts = ["Table VI: expected average overlap (EAO)"]
    for benchmark in TABLE6:
        parts += ["", _part(benchmark, given.get(benchmark))]
    return "\n".join(parts)


def _part(benchmark: str, analysis: Analysis | None) -> str:
    printed, title = TABLE6[benchmark], DATASETS[benchmark].title
    lines, others = [], dict(analysis.eao) if analysis is not None else {}
    for row, paper in printed.items():
        names = [name for name in others if row_of_folder(name) == row]
        lines += [(f"{row}: {n}", show(paper, 3), show(v := others.pop(n), 3), gap(v, paper, 3)) for n in names]
        lines += [(row, show(paper, 3), "-", "-")] if not names else []
    lines += [(name, "-", show(value, 3), "-") for name, value in others.items()]
    table = format_table((title, "paper", "here", "- paper's"), lines)
    if analysis is None:
        run = (
            f"{title}: not at hand, so only the paper's figures; 'cfvgg vot init WS --stack {benchmark} --sequences"
            " DIR', 'vot evaluate' and 'vot analysis' make the workspace for --workspace WS"
        )
        return f"{table}\n{run}"
    note = f"ours: {analysis.sequences} of {title}'s {VOT_SEQUENCES} sequences, {analysis.file}"
    if analysis.sequences != VOT_SEQUENCES:
        note += f"\nNOT COMPARABLE with the paper: its figures are of all {VOT_SEQUENCES}"
    return f"{table}\n{note}"
