"""`cfvgg evaluate`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import (
    backend_option,
    color_names_option,
    device_option,
    json_option,
    sequences_option,
    split_names,
    threads_option,
    trackers_option,
    weights_option,
)
from cfvgg_plugin.evaluation.command import run_evaluation
from cfvgg_plugin.evaluation.run import enter
from cfvgg_plugin.threads import set_threads


@click.command("evaluate")
@click.option("--dataset", type=click.Choice(["otb"]), required=True, help="Layout of the dataset.")
@click.option("--root", type=click.Path(path_type=Path), required=True, help="Folder with a folder for every sequence.")
@sequences_option
@trackers_option
@weights_option
@click.option(
    "--results", type=click.Path(path_type=Path), help="Folder for raw boxes and a manifest of every tracker."
)
@json_option
@color_names_option
@device_option
@backend_option
@threads_option
def command(
    dataset: str, root: Path, sequences: str | None, trackers: tuple[str, ...], weights: str | None,
    results: Path | None, json_file: Path | None, color_names: Path | None, device: str, backend: str, threads: int,
) -> int:  # fmt: skip
    """Score trackers by one-pass evaluation: success AUC, precision at 20 pixels, frames/s of the update."""
    set_threads(threads)
    entrants = [enter(name, weights, color_names, device, backend) for name in dict.fromkeys(trackers)]
    text, failures = run_evaluation(root, split_names(sequences), entrants, results, json_file)
    click.echo(text)
    for failure in failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    return int(bool(failures))
