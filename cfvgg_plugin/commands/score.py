"""`cfvgg score`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import (
    json_option,
    results_argument,
    results_dataset_options,
    split_names,
)
from cfvgg_plugin.evaluation.evaluate import score_folder
from cfvgg_plugin.evaluation.store import open_results
from cfvgg_plugin.system.files import check_outputs


@click.command("score")
@results_argument
@results_dataset_options
@json_option
def command(
    folder: Path, dataset: str | None, root: Path | None, sequences: str | None, first_pixel: int,
    json_file: Path | None,
) -> int:  # fmt: skip
    """Score raw results, anybody's: DIR/SEQUENCE.txt of one tracker, or DIR/TRACKER/SEQUENCE.txt.

    A line holds a box x,y,w,h. What cannot be scored is named, counted and left out; the exit status is then 1.
    """
    check_outputs([json_file], (), [folder, root])
    folder, loaded, protocol = open_results(folder, dataset, root, split_names(sequences))
    check_outputs([json_file], (), [loaded.root])
    report = score_folder(folder, loaded, protocol, first_pixel, json_file)
    click.echo(report.text)
    for line in report.failures:
        click.echo(f"cfvgg: not scored: {line}", err=True)
    if report.failures:
        click.echo(f"cfvgg: {len(report.failures)} not scored", err=True)
    return int(bool(report.failures))
