"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.networks.backends import BACKENDS

if TYPE_CHECKING:
    from cfvgg_plugin.evaluation.table import Report

Call = Callable[..., Any]


class InOrder(click.Group):
    """Group whose commands stand in the help in the order in which they are defined."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands by definition."""
        return list(self.commands)


tracker_option = click.option(
    "--tracker", "name", metavar="NAME[/SETTING]", help="Tracker; see 'cfvgg list'. Default: feco."
)


def trackers_option(required: bool) -> Callable[[Call], Call]:
    """--tracker of a command that runs several; `evaluation.raw.choose` reads it."""
    return click.option(
        "--tracker",
        "trackers",
        metavar="NAME[/SETTING][=WEIGHTS]",
        multiple=True,
        required=required,
        help="Tracker, on weights of its own if need be; may be repeated.",
    )


weights_option = click.option(
    "--weights",
    metavar="FILE|NAME",
    help="Network weights: a file, a name of 'cfvgg weights list', the folder of NanoTrack or VitTrack.",
)
settings_option = click.option(
    "--settings",
    "changes",
    metavar="FILE.toml",
    type=click.Path(path_type=Path),
    help="Other values for fields of the tracker's settings, as learning_rate = 0.02.",
)
threads_option = click.option("--threads", type=int, default=1, show_default=True, help="Threads of all computations.")
json_option = click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures to this file."
)
sequences_option = click.option("--sequences", metavar="A,B", help="Only these sequences.")
color_names_option = click.option(
    "--color-names",
    type=click.Path(path_type=Path),
    help="A table for Color Names features instead of the package's own (MATLAB, 32768 rows).",
)
device_option = click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True, help="Where the network runs."
)


def backend_option(default: str) -> Callable[[Call], Call]:
    """--backend: "torch" is the reference, with which results are made; "auto" the fastest that is installed."""
    return click.option(
        "--backend",
        type=click.Choice(["auto", *BACKENDS]),
        default=default,
        show_default=True,
        help="What runs the network; auto: the fastest that is installed.",
    )


dataset_type = click.Choice(list(DATASETS))
results_argument = click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))


def together(*options: Callable[[Call], Call]) -> Callable[[Call], Call]:
    """Several options at once, in this order in the help."""

    def add(function: Call) -> Call:
        for option in reversed(options):
            function = option(function)
        return function

    return add


results_dataset_options = together(
    click.option("--dataset", type=dataset_type, help="What the results are of; `cfvgg evaluate` noted it in DIR."),
    click.option("--root", type=click.Path(path_type=Path), help="Its folder; noted likewise."),
    sequences_option,
    click.option(
        "--first-pixel", type=click.IntRange(0, 1), default=1, show_default=True,
        help="How the files number the first pixel; 1 in OTB's format.",
    ),
)  # fmt: skip
"""Of a command that reads results."""
chosen_option = click.option(
    "--tracker", "trackers", metavar="NAME", multiple=True, help="Only this one, by name or folder; may be repeated."
)


def split_names(text: str | None) -> list[str] | None:
    """['A', 'B'] of 'A,B'."""
    return [name.strip() for name in text.split(",") if name.strip()] if text is not None else None


def tell(report: "Report") -> int:
    """Show a report; returns the exit status."""
    for warning in report.warnings:
        click.echo(f"cfvgg: warning: {warning}", err=True)
    click.echo(report.text)
    for failure in report.failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    return int(bool(report.failures))
