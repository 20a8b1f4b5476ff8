"""`cfvgg data`."""

from pathlib import Path

import click
from tqdm import tqdm

from cfvgg_plugin.commands.options import InOrder, sequences_option, split_names
from cfvgg_plugin.datasets.check import check_dataset
from cfvgg_plugin.datasets.known import DATASETS


@click.group("data", cls=InOrder)
def data_command() -> None:
    """Datasets: which are known, and whether a copy is whole."""


@data_command.command("list")
def data_list() -> None:
    """Name the known datasets: sequences in all, and what must lie below --root."""
    for name, known in DATASETS.items():
        count = "any" if known.total is None else f"{known.total:,}"
        click.echo(f"{name:<22} {known.title:<33} {count:>4}  {known.layout}")


@data_command.command("check")
@click.argument("dataset", type=click.Choice(list(DATASETS)), metavar="DATASET")
@click.option("--root", type=click.Path(path_type=Path), required=True, help="Its folder; see 'cfvgg data list'.")
@sequences_option
@click.option("--quick", is_flag=True, help="Open no image.")
def data_check(dataset: str, root: Path, sequences: str | None, quick: bool) -> int:
    """Look for missing sequences and frames, boxes without frames, and broken images.

    Exit status 1 if a sequence that is there, or is named in --sequences, cannot be used as it is.
    """
    outcome = check_dataset(
        dataset,
        root,
        split_names(sequences),
        quick,
        say=tqdm.write,
        follow=lambda places: tqdm(places, unit="sequence", disable=None),
    )
    click.echo(f"{outcome.ready} of {outcome.total} sequences are ready, {outcome.frames:,} frames")
    return int(not outcome.sound)
