"""`cfvgg report`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import chosen_option, results_argument, results_dataset_options, split_names
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.store import open_results
from cfvgg_plugin.evaluation.table import coverage
from cfvgg_plugin.report.page import write_report
from cfvgg_plugin.system.files import check_outputs, check_writable


@click.command("report")
@results_argument
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("report.html"), show_default=True, help="The page's file."
)
@chosen_option
@results_dataset_options
@click.option(
    "--frames", metavar="N", type=click.IntRange(min=0),
    help="At most N frames of every sequence in its player; 0: no frames at all. Default: 60, fewer of many sequences.",
)  # fmt: skip
def command(
    folder: Path, out: Path, trackers: tuple[str, ...], dataset: str | None, root: Path | None, sequences: str | None,
    first_pixel: int, frames: int | None,
) -> int:  # fmt: skip
    """Write results as one HTML page: tables, plots, and a player for every sequence.

    The file needs no other file and no network. Means and plots are over the sequences that all trackers have a score
    of; what has none is listed in the page.
    """
    check_outputs([out], (), [folder, root])
    check_writable(out, b"<!doctype html")
    folder, loaded, protocol = open_results(folder, dataset, root, split_names(sequences))
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
