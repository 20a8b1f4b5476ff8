"""The job of `cfvgg evaluate`: check everything, run, print a table, write JSON."""

from pathlib import Path

from tqdm import tqdm

from cfvgg_plugin.datasets.otb import load_otb
from cfvgg_plugin.evaluation.run import Entrant, TrackerResult, evaluate
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.files import check_writable, make_folder, write_json
from cfvgg_plugin.threads import processor_name


def run_evaluation(
    root: Path, names: list[str] | None, entrants: list[Entrant], results: Path | None, json_file: Path | None
) -> tuple[str, list[str]]:
    """Evaluate trackers on sequences in OTB layout below `root`.

    Returns the table and a line for every sequence that failed; these are left out of the means.
    Raises InputError before anything runs for bad names, folders, files or weights.
    """
    sequences = load_otb(root, names)
    if json_file is not None:
        check_writable(json_file)
    if results is not None:
        make_folder(results)
    frames = sum(len(s.frames) for s in sequences)
    done: list[TrackerResult] = []
    with tqdm(total=frames * len(entrants), unit="frame", disable=None) as progress:
        done += [evaluate(entrant, sequences, results, progress.update) for entrant in entrants]
    summaries = {result.name: result.summary() for result in done}
    if json_file is not None:
        write_json(json_file, {"trackers": summaries, "processor": processor_name()})
    failures = [f"{result.name} on {s.name}: {s.failure}" for result in done for s in result.sequences if s.failure]
    return "\n\n".join(_table(result) for result in done), failures


def _table(result: TrackerResult) -> str:
    """A row a sequence, and their mean."""
    rows: list[tuple[str, ...]] = [
        (s.name, f"{s.score.auc:.4f}", f"{s.score.dp20:.4f}", f"{s.fps:.1f}") if s.score else (s.name, "failed", "", "")
        for s in result.sequences
    ]
    summary = result.summary()
    mean = [
        f"{summary[key]:.{digits}f}" if summary[key] is not None else ""
        for key, digits in (("auc", 4), ("dp20", 4), ("fps", 1))
    ]
    rows.append((f"mean of {len(result.scored)}", *mean))
    table = format_table((result.name, "AUC", "DP20", "frames/s"), rows)
    roc = summary["score_roc"]
    return table + (f"\nscore against overlap above 0.3: area under ROC {roc:.3f}" if roc is not None else "")
