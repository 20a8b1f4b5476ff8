"""`cfvgg evaluate`, `score`, `compare`, `plot` and `report`: results are made, scored, compared and shown."""

import dataclasses
from pathlib import Path

import click

from cfvgg_plugin.commands import options
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.compare import compare_pooled, format_comparison
from cfvgg_plugin.evaluation.evaluate import run_evaluation, score_folder
from cfvgg_plugin.evaluation.pool import ENGINES, Plan
from cfvgg_plugin.evaluation.raw import choose, read_results
from cfvgg_plugin.evaluation.run import KINDS, Kind, Protocol, load_tracker
from cfvgg_plugin.evaluation.score import DRAWS
from cfvgg_plugin.evaluation.store import check_apart, open_results
from cfvgg_plugin.evaluation.table import coverage
from cfvgg_plugin.networks.store import given
from cfvgg_plugin.registry import remark
from cfvgg_plugin.system.files import JSON, check_outputs, check_writable, write_json
from cfvgg_plugin.system.machine import set_threads


@click.command("evaluate")
@click.option(
    "--dataset", "datasets", type=options.dataset_type, multiple=True, required=True,
    help="What the folder holds; see 'cfvgg data list'. May be repeated, each with its --root.",
)  # fmt: skip
@click.option("--root", "roots", type=click.Path(path_type=Path), multiple=True, required=True, help="Its folder.")
@options.sequences_option
@options.trackers_option(required=True)
@options.weights_option
@options.settings_option
@click.option(
    "--results", type=click.Path(path_type=Path), default=Path("cfvgg-results"), show_default=True,
    help="Folder for raw boxes and a manifest of every tracker; a second call goes on with what is there.",
)  # fmt: skip
@click.option("--workers", type=int, default=1, show_default=True, help="Sequences that are run at the same time.")
@click.option(
    "--engine", type=click.Choice(ENGINES), default="local", show_default=True,
    help="ray: on the cluster that RAY_ADDRESS names, or a local one; frames under the same paths everywhere.",
)  # fmt: skip
@click.option(
    "--protocol", "kind", type=click.Choice(KINDS), default="ope", show_default=True,
    help="ope: one run from the first frame; tre: from 20 frames; sre: from 12 disturbed first boxes; guided: the "
    "tracker is led along the true track and set off before each search; long_term: as ope, scored by VOT-LT's F.",
)  # fmt: skip
@click.option("--starts", type=int, metavar="N", help="Of tre, instead of 20.")
@click.option("--timing", is_flag=True, help="Measure frames/s too: every sequence that was not timed runs, one alone.")
@options.json_option
@options.color_names_option
@options.device_option
@options.backend_option("torch")
@options.threads_option
def evaluate_command(
    datasets: tuple[str, ...], roots: tuple[Path, ...], sequences: str | None, trackers: tuple[str, ...],
    weights: str | None, changes: Path | None, results: Path, workers: int, engine: str, timing: bool,
    json_file: Path | None, color_names: Path | None, device: str, backend: str, threads: int, kind: Kind,
    starts: int | None,
) -> int:  # fmt: skip
    """Score trackers: success AUC, precision at 20 pixels, normalised precision, each with its 95 % interval."""
    files = [path for text in (weights, *(t.partition("=")[2] or None for t in trackers)) for path in given(text)]
    check_outputs([json_file], [*files, color_names, changes], roots)
    set_threads(threads)
    if len(datasets) != len(roots):
        raise InputError(f"{len(datasets)} --dataset but {len(roots)} --root: each dataset needs its folder")
    if len(set(datasets)) != len(datasets):
        raise InputError("--dataset: one is named twice; its results would share a folder")
    if sequences is not None and len(datasets) > 1:
        raise InputError("--sequences: chooses from one --dataset")
    plan = Plan(workers, threads, "ray" if engine == "ray" else "local", timing)
    protocol = Protocol(kind, starts)
    loaded = [
        load_dataset(name, root, options.split_names(sequences)) for name, root in zip(datasets, roots, strict=True)
    ]
    chosen = choose(trackers, weights, changes)
    ready = [load_tracker(c.name, c.weights, color_names, device, backend, c.label, c.changes) for c in chosen]
    for text in filter(None, (remark(tracker.name, tracker.backbone) for tracker in ready)):
        click.echo(f"cfvgg: warning: {text}", err=True)
    return options.tell(run_evaluation(loaded, ready, results, plan, json_file, protocol))


@click.command("score")
@options.results_argument
@options.results_dataset_options
@options.json_option
def score_command(
    folder: Path, dataset: str | None, root: Path | None, sequences: str | None, first_pixel: int,
    json_file: Path | None,
) -> int:  # fmt: skip
    """Score raw results, anybody's: DIR/SEQUENCE.txt of one tracker, or DIR/TRACKER/SEQUENCE.txt.

    A line holds a box x,y,w,h. What cannot be scored is named, counted and left out; the exit status is then 1.
    """
    check_outputs([json_file], (), [folder, root])
    folder, loaded, protocol = open_results(folder, dataset, root, options.split_names(sequences))
    check_outputs([json_file], (), [loaded.root])
    report = score_folder(folder, loaded, protocol, first_pixel, json_file)
    click.echo(report.text)
    for line in report.failures:
        click.echo(f"cfvgg: not scored: {line}", err=True)
    if report.failures:
        click.echo(f"cfvgg: {len(report.failures)} not scored", err=True)
    return int(bool(report.failures))


SHOWN = 20
"""Lines of what is not scored."""


@click.command("compare")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--tracker", "trackers", metavar="NAME", multiple=True, help="The first and the second, by name or folder."
)
@options.results_dataset_options
@click.option(
    "--measure", type=click.Choice(["auc", "dp20", "norm_precision", "found", "f"]),
    help="What is compared. Default: found for guided runs, f for long-term ones, else auc.",
)  # fmt: skip
@click.option(
    "--draws", type=click.IntRange(100, 1_000_000), default=DRAWS, show_default=True, help="Of the bootstrap."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap.")
@options.json_option
def compare_command(
    folders: tuple[Path, ...], trackers: tuple[str, ...], dataset: str | None, root: Path | None, sequences: str | None,
    first_pixel: int, measure: str | None, draws: int, seed: int, json_file: Path | None,
) -> int:  # fmt: skip
    """Tell whether one tracker is better than another: paired bootstrap over sequences, wins and losses.

    Several folders, of variants of the same videos say, are compared as one: what has the same name counts once.
    """
    check_outputs([json_file], (), [*folders, root])
    check_writable(json_file, JSON)
    pairs, skipped = [], []
    for path in folders:
        folder, loaded, protocol = open_results(path, dataset, root, options.split_names(sequences))
        check_outputs([json_file], (), [loaded.root])
        found = read_results(folder, loaded.sequences, first_pixel, trackers or None, protocol)
        if len(found.trackers) != 2:
            names = ", ".join(result.name for result in found.trackers)
            raise InputError(
                f"compare needs two trackers, not {len(found.trackers)} in {folder} ({names}): name two by --tracker"
            )
        pairs.append((found.trackers[0], found.trackers[1]))
        skipped += found.skipped
    result = compare_pooled(pairs, measure, draws, seed)  # type: ignore[arg-type]
    for line in shortened(skipped):
        click.echo(f"cfvgg: not scored: {line}", err=True)
    click.echo(format_comparison(result))
    if json_file is not None:
        write_json(json_file, dataclasses.asdict(result) | {"verdict": result.verdict})
    return 0


def shortened(lines: list[str]) -> list[str]:
    """The first of the lines, each once, and how many more there are."""
    different = list(dict.fromkeys(lines))
    more = [f"{len(different) - SHOWN} more"] if len(different) > SHOWN else []
    return different[:SHOWN] + more


@click.command("plot")
@options.results_argument
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the pictures.")
@click.option("--format", "kind", type=click.Choice(["svg", "png"]), default="svg", show_default=True)
@options.chosen_option
@options.results_dataset_options
@click.option(
    "--strips", type=click.IntRange(min=0), default=6, show_default=True,
    help="Sequences with a strip of frames: those in which the trackers differ most.",
)  # fmt: skip
@click.option(
    "--failures", type=click.IntRange(min=0), default=3, show_default=True,
    help="Sequences of every tracker's failure cases: its worst.",
)  # fmt: skip
def plot_command(
    folder: Path, out: Path, kind: str, trackers: tuple[str, ...], dataset: str | None, root: Path | None,
    sequences: str | None, first_pixel: int, strips: int, failures: int,
) -> int:  # fmt: skip
    """Draw results: success and precision, attributes, speed, strips of frames, failure cases.

    Attributes are drawn where the dataset states them, speed where `cfvgg evaluate --timing` measured it. Means and
    curves are over the sequences that all trackers have a score of.
    """
    from cfvgg_plugin.plots.gallery import write_plots  # noqa: PLC0415 (needs matplotlib)

    folder, loaded, protocol = open_results(folder, dataset, root, options.split_names(sequences))
    check_apart(out, loaded)
    if protocol.guided:
        raise InputError(f"results {folder}: guided runs have no boxes of a track to draw; see 'cfvgg score'")
    found = read_results(folder, loaded.sequences, first_pixel, trackers or None, protocol)
    if found.skipped:
        click.echo(f"cfvgg: {len(found.skipped)} not scored: 'cfvgg score' names them", err=True)
    for path in write_plots(found.trackers, loaded, out, kind, strips, failures):
        click.echo(path)
    return 0


@click.command("report")
@options.results_argument
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True, help="The page's file."
)
@options.chosen_option
@options.results_dataset_options
@click.option(
    "--frames", metavar="N", type=click.IntRange(min=0),
    help="At most N frames of every sequence in its player; 0: no frames at all. Default: 60, fewer of many sequences.",
)  # fmt: skip
def report_command(
    folder: Path, out: Path, trackers: tuple[str, ...], dataset: str | None, root: Path | None, sequences: str | None,
    first_pixel: int, frames: int | None,
) -> int:  # fmt: skip
    """Write results as one HTML page: tables, plots, and a player for every sequence.

    The file needs no other file and no network. Means and plots are over the sequences that all trackers have a score
    of; what has none is listed in the page.
    """
    from cfvgg_plugin.report.page import write_report  # noqa: PLC0415 (needs matplotlib and jinja2)

    check_outputs([out], (), [folder, root])
    check_writable(out, b"<!doctype html")
    folder, loaded, protocol = open_results(folder, dataset, root, options.split_names(sequences))
    check_outputs([out], (), [loaded.root])
    if protocol.guided:
        raise InputError(f"results {folder}: guided runs have no boxes of a track to draw; see 'cfvgg score'")
    found = read_results(folder, loaded.sequences, first_pixel, trackers or None, protocol)
    if found.skipped:
        click.echo(f"cfvgg: {len(found.skipped)} not scored: the page names them", err=True)
    heading = coverage(loaded)
    write_report(out, found, folder, loaded, heading, frames)
    click.echo(f"{out}: {heading}, {len(found.trackers)} tracker(s), {out.stat().st_size / 1e6:.1f} MB")
    return 0
