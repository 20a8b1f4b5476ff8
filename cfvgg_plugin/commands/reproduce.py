"""`cfvgg reproduce`."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cfvgg_plugin.commands.options import InOrder, sequences_option, split_names, threads_option
from cfvgg_plugin.reproduce.job import Job
from cfvgg_plugin.reproduce.run import reproduce
from cfvgg_plugin.reproduce.table3 import RATIOS, table3
from cfvgg_plugin.reproduce.table4 import TRACKERS, table4
from cfvgg_plugin.reproduce.table5 import table5
from cfvgg_plugin.reproduce.tables import Table
from cfvgg_plugin.threads import set_threads


@click.group("reproduce", cls=InOrder)
def command() -> None:
    """Make a table of the paper again on the data at hand, beside its figures."""


def job_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that are the fields of Job."""
    options = (
        click.option("--root", type=click.Path(path_type=Path), required=True, help="Sequences in OTB layout."),
        sequences_option,
        click.option("--recipe", metavar="FILE|NAME", help="Trains the variants that have no --weights."),
        click.option("--data", type=click.Path(path_type=Path), help="Folder of the recipe's relative paths."),
        click.option("--epochs", type=int, help="Of every variant, instead of the recipe's."),
        click.option("--weights", metavar="VARIANT=FILE", multiple=True, help="A variant's network; may be repeated."),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            default=Path("cfvgg-reproduce"),
            show_default=True,
            help="Folder for trained variants, boxes and TABLE.json; a second call goes on with what is there.",
        ),
        click.option("--seed", type=int, help="Of the training, instead of the recipe's."),
        click.option(
            "--workers", type=click.IntRange(min=0), default=1, show_default=True, help="Processes that load pairs."
        ),
        click.option(
            "--device",
            type=click.Choice(["cpu", "cuda"]),
            default="cpu",
            show_default=True,
            help="Where variants are trained; trackers always run on the processor.",
        ),
        threads_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


@command.command("table3")
@click.option("--tracker", metavar="NAME[/SETTING]", default="feco", show_default=True, help="Tracker of all rows.")
@click.option("--ratios", metavar="A,B", help=f"Only these of {','.join(map(str, RATIOS))}.")
@job_options
def _table3(tracker: str, ratios: str | None, **options: Any) -> int:
    """Compression ratios: accuracy, size and speed. VARIANT: baseline, 1, 16, 32, 64, 96."""
    return _run(table3(tracker, split_names(ratios)), options)


@command.command("table4")
@click.option("--tracker", "trackers", type=click.Choice(TRACKERS), multiple=True, help="Default: both.")
@job_options
def _table4(trackers: tuple[str, ...], **options: Any) -> int:
    """Training losses. VARIANT: baseline, pretrained, fidelity, tracking-single, tracking, both."""
    return _run(table4(trackers or TRACKERS), options)


@command.command("table5")
@job_options
def _table5(**options: Any) -> int:
    """Single layers in fKCF. VARIANT: baseline, student (default: the installed one)."""
    return _run(table5(), options)


def _run(table: Table, options: dict[str, Any]) -> int:
    job = Job(**options | {"sequences": split_names(options["sequences"])})
    set_threads(job.threads)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    report = reproduce(table, job)
    for warning in report.warnings:
        click.echo(f"cfvgg: warning: {warning}", err=True)
    click.echo(report.text)
    for failure in report.failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    return int(bool(report.failures))
