"""`cfvgg compare`."""

import dataclasses
from pathlib import Path

import click

from cfvgg_plugin.commands.options import json_option, results_dataset_options, split_names
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.compare import compare_pooled, format_comparison
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.score import DRAWS
from cfvgg_plugin.evaluation.store import open_results
from cfvgg_plugin.system.files import JSON, check_outputs, check_writable, write_json

SHOWN = 20
"""Lines of what is not scored."""


@click.command("compare")
@click.argument("folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--tracker", "trackers", metavar="NAME", multiple=True, help="The first and the second, by name or folder."
)
@results_dataset_options
@click.option(
    "--measure", type=click.Choice(["auc", "dp20", "norm_precision", "found", "f"]),
    help="What is compared. Default: found for guided runs, f for long-term ones, else auc.",
)  # fmt: skip
@click.option(
    "--draws", type=click.IntRange(100, 1_000_000), default=DRAWS, show_default=True, help="Of the bootstrap."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap.")
@json_option
def command(
    folders: tuple[Path, ...], trackers: tuple[str, ...], dataset: str | None, root: Path | None, sequences: str | None,
    first_pixel: int, measure: str | None, draws: int, seed: int, json_file: Path | None,
) -> int:  # fmt: skip
    """Tell whether one tracker is better than another: paired bootstrap over sequences, wins and losses.

    Several folders, of variants of the same videos say, are compared as one: what has the same name counts once.
    """
    if json_file is not None:
        check_outputs([json_file], (), [*folders, root])
        check_writable(json_file, JSON)
    pairs, skipped = [], []
    for given in folders:
        folder, loaded, protocol = open_results(given, dataset, root, split_names(sequences))
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
