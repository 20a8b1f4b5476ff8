"""`cfvgg plot`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import chosen_option, results_argument, results_dataset_options, split_names
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.store import check_apart, open_results
from cfvgg_plugin.plots.gallery import write_plots


@click.command("plot")
@results_argument
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the pictures.")
@click.option("--format", "kind", type=click.Choice(["svg", "png"]), default="svg", show_default=True)
@chosen_option
@results_dataset_options
@click.option(
    "--strips", type=click.IntRange(min=0), default=6, show_default=True,
    help="Sequences with a strip of frames: those in which the trackers differ most.",
)  # fmt: skip
@click.option(
    "--failures", type=click.IntRange(min=0), default=3, show_default=True,
    help="Sequences of every tracker's failure cases: its worst.",
)  # fmt: skip
def command(
    folder: Path, out: Path, kind: str, trackers: tuple[str, ...], dataset: str | None, root: Path | None,
    sequences: str | None, first_pixel: int, strips: int, failures: int,
) -> int:  # fmt: skip
    """Draw results: success and precision, attributes, speed, strips of frames, failure cases.

    Attributes are drawn where the dataset states them, speed where `cfvgg evaluate --timing` measured it. Means and
    curves are over the sequences that all trackers have a score of.
    """
    folder, loaded, protocol = open_results(folder, dataset, root, split_names(sequences))
    check_apart(out, loaded)
    if protocol.guided:
        raise InputError(f"results {folder}: guided runs have no boxes of a track to draw; see 'cfvgg score'")
    found = read_results(folder, loaded.sequences, first_pixel, trackers or None, protocol)
    if found.skipped:
        click.echo(f"cfvgg: {len(found.skipped)} not scored: 'cfvgg score' names them", err=True)
    for path in write_plots(found.trackers, loaded, out, kind, strips, failures):
        click.echo(path)
    return 0
