"""`cfvgg evaluate`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import (
    backend_option,
    color_names_option,
    dataset_type,
    device_option,
    json_option,
    sequences_option,
    settings_option,
    split_names,
    threads_option,
    trackers_option,
    weights_option,
)
from cfvgg_plugin.datasets.known import load_dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.evaluate import run_evaluation
from cfvgg_plugin.evaluation.pool import ENGINES, Plan
from cfvgg_plugin.evaluation.raw import choose
from cfvgg_plugin.evaluation.run import KINDS, Kind, Protocol, load_tracker
from cfvgg_plugin.networks.store import given
from cfvgg_plugin.registry import remark
from cfvgg_plugin.system.files import check_outputs
from cfvgg_plugin.system.machine import set_threads


@click.command("evaluate")
@click.option(
    "--dataset", "datasets", type=dataset_type, multiple=True, required=True,
    help="What the folder holds; see 'cfvgg data list'. May be repeated, each with its --root.",
)  # fmt: skip
@click.option("--root", "roots", type=click.Path(path_type=Path), multiple=True, required=True, help="Its folder.")
@sequences_option
@trackers_option(required=True)
@weights_option
@settings_option
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
@json_option
@color_names_option
@device_option
@backend_option("torch")
@threads_option
def command(
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
    loaded = [load_dataset(name, root, split_names(sequences)) for name, root in zip(datasets, roots, strict=True)]
    chosen = choose(trackers, weights, changes)
    ready = [load_tracker(c.name, c.weights, color_names, device, backend, c.label, c.changes) for c in chosen]
    for text in filter(None, (remark(tracker.name, tracker.backbone) for tracker in ready)):
        click.echo(f"cfvgg: warning: {text}", err=True)
    report = run_evaluation(loaded, ready, results, plan, json_file, protocol)
    click.echo(report.text)
    for failure in report.failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    return int(bool(report.failures))
