"""Table VI: expected average overlap; ours from the VOT toolkit's analysis of a workspace."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.integration.vot.manifest import tracker_of
from cfvgg_plugin.integration.vot.scores import experiment_rows, find_analysis
from cfvgg_plugin.integration.vot.workspace import Analysis, check_workspace, read_config
from cfvgg_plugin.reproduce.paper import TABLE6, VOT_SEQUENCES
from cfvgg_plugin.reproduce.table import gap, show
from cfvgg_plugin.reproduce.trackers import row_of_folder
from cfvgg_plugin.system.documents import read_json

EXPERIMENT = "baseline"


class EAO(NamedTuple):
    """What a workspace's analysis says."""

    benchmark: str
    """ "vot2016" or "vot2017", from the workspace's stack."""
    file: Path
    sequences: int
    trackers: Mapping[str, float | None]
    """In the baseline experiment: ours as `tracker/setting`, others by their identifier."""


def read_eao(workspace: Path) -> EAO:
    """The newest analysis of a workspace.

    Raises InputError for a folder that is no workspace, one of another stack than the paper's, one without an
    analysis, and an analysis without EAO.
    """
    check_workspace(workspace)
    config = read_config(workspace)
    if config.stack_name not in TABLE6:
        known, stack = ", ".join(TABLE6), config.stack or "unknown"
        raise InputError(f"workspace {workspace}: stack {stack}, but the paper's EAO is of {known}")
    file = find_analysis(workspace)
    content = read_json(file, Analysis, "analysis of the toolkit", nan=True)
    rows = [(name, figures) for _, name, figures in experiment_rows(file, content, EXPERIMENT) if "EAO" in figures]
    if not rows:
        raise InputError(f"{file}: has no EAO of the experiment {EXPERIMENT}")
    ours = {name: tracker_of(str(content.trackers[name].get("command", ""))) for name, _ in rows}
    found = {ours[name] or name: figures["EAO"] for name, figures in rows}
    return EAO(config.stack_name, file, len(content.sequences), found)


def table6(analyses: Sequence[EAO]) -> str:
    """The paper's figures and those of workspaces, at most one a benchmark. Raises InputError for two of one."""
    given = {analysis.benchmark: analysis for analysis in analyses}
    if len(given) < len(analyses):
        raise InputError("--workspace: two are of the same stack; give one of vot2016 and one of vot2017")
    parts = [_part(benchmark, given.get(benchmark)) for benchmark in TABLE6]
    return "\n\n".join(["Table VI: expected average overlap (EAO)", *parts])


def _part(benchmark: str, analysis: EAO | None) -> str:
    title = DATASETS[benchmark].title
    lines, others = [], dict(analysis.trackers) if analysis is not None else {}
    for row, paper in TABLE6[benchmark].items():
        names = [name for name in others if row_of_folder(name) == row]
        lines += [(f"{row}: {n}", show(paper, 3), show(v := others.pop(n), 3), gap(v, paper, 3)) for n in names]
        lines += [(row, show(paper, 3), "-", "-")] if not names else []
    lines += [(name, "-", show(value, 3), "-") for name, value in others.items()]
    table = format_table((title, "paper", "here", "- paper's"), lines)
    if analysis is None:
        return (
            f"{table}\n{title}: not at hand, so only the paper's figures; 'cfvgg vot init WS --stack {benchmark}"
            " --sequences DIR', 'vot evaluate' and 'vot analysis' make the workspace for --workspace WS"
        )
    note = f"ours: {analysis.sequences} of {title}'s {VOT_SEQUENCES} sequences, {analysis.file}"
    if analysis.sequences != VOT_SEQUENCES:
        note += f"\nNOT COMPARABLE with the paper: its figures are of all {VOT_SEQUENCES}"
    return f"{table}\n{note}"
