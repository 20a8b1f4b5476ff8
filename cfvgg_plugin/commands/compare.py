"""`cfvgg compare`."""

import dataclasses
from pathlib import Path

import click

from cfvgg_plugin.commands.options import (
    json_option,
    results_argument,
    results_dataset_options,
    split_names,
)
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.command import open_results
from cfvgg_plugin.evaluation.compare import DRAWS, compare, format_comparison
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.files import check_writable, write_json


@click.command("compare")
@results_argument
@click.option(
    "--tracker", "trackers", metavar="NAME", multiple=True, help="The first and the second, by name or folder."
)
@results_dataset_options
@click.option(
    "--measure", type=click.Choice(["auc", "dp20", "norm_precision"]), default="auc", show_default=True,
    help="What is compared.",
)  # fmt: skip
@click.option("--draws", type=click.IntRange(min=100), default=DRAWS, show_default=True, help="Of the bootstrap.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the bootstrap.")
@json_option
def command(
    folder: Path, trackers: tuple[str, ...], dataset: str | None, root: Path | None, sequences: str | None,
    first_pixel: int, measure: str, draws: int, seed: int, json_file: Path | None,
) -> int:  # fmt: skip
    """Tell whether one tracker is better than another: paired bootstrap over sequences, wins and losses."""
    if json_file is not None:
        check_writable(json_file)
    folder, loaded = open_results(folder, dataset, root, split_names(sequences))
    found = read_results(folder, loaded.sequences, first_pixel, trackers or None)
    if len(found.trackers) != 2:
        names = ", ".join(result.name for result in found.trackers)
        raise InputError(f"compare needs two trackers, not {len(found.trackers)} ({names}): name two by --tracker")
    first, second = found.trackers
    result = compare(first, second, measure, draws, seed)  # type: ignore[arg-type]
    for line in found.skipped:
        click.echo(f"cfvgg: not scored: {line}", err=True)
    click.echo(format_comparison(result))
    if json_file is not None:
        write_json(json_file, dataclasses.asdict(result))
    return 0
