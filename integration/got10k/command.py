"""The command of `python -m cfvgg_plugin.integration.got10k`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import (
    sequences_option,
    split_names,
    threads_option,
    trackers_option,
    weights_option,
)
from cfvgg_plugin.evaluation.raw import choose
from cfvgg_plugin.system.machine import set_threads

DATASETS = ("otb2013", "otb2015", "tc128", "uav123", "lasot", "nfs", "dtb70", "got10k", "vot2016", "vot2017")


@click.command("got10k")
@click.option("--dataset", type=click.Choice(DATASETS), required=True, help="nfs: at 30 frames/s; got10k: val or test.")
@click.option("--root", type=click.Path(path_type=Path), required=True, help="Folder of the dataset, as got10k has it.")
@sequences_option
@trackers_option(required=True)
@weights_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("cfvgg-got10k"),
    show_default=True,
    help="Folder for got10k's results and reports; a second call goes on with what is there.",
)
@threads_option
def command(
    dataset: str, root: Path, sequences: str | None, trackers: tuple[str, ...], weights: str | None, out: Path,
    threads: int,
) -> int:  # fmt: skip
    """Run trackers in the got10k toolkit's own experiment on a dataset; nothing is ever downloaded."""
    from cfvgg_plugin.integration.got10k.run import ExperimentPlan, run  # noqa: PLC0415 (needs got10k)

    set_threads(threads)
    asked = ExperimentPlan(dataset, root, tuple(choose(trackers, weights)), split_names(sequences), out)
    text, failures = run(asked, lambda line: click.echo(line, err=True))
    click.echo(text)
    for failure in failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    return int(bool(failures))
