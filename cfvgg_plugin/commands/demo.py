"""`cfvgg demo`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import backend_option, threads_option, tracker_option, weights_option
from cfvgg_plugin.demo import FILES, run_demo
from cfvgg_plugin.networks.store import given
from cfvgg_plugin.registry import DEFAULT_TRACKER, create_tracker
from cfvgg_plugin.system.files import check_outputs
from cfvgg_plugin.system.machine import processor_name, set_threads


@click.command("demo")
@tracker_option
@weights_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("cfvgg-demo"),
    show_default=True,
    help="Folder for video and pictures.",
)
@backend_option("auto")
@threads_option
def command(name: str | None, weights: str | None, out: Path, backend: str, threads: int) -> None:
    """Track a rendered sequence with exact ground truth; needs no data, network or display."""
    set_threads(threads)
    name = name or DEFAULT_TRACKER
    check_outputs([out / file for file in FILES], given(weights))
    result = run_demo(create_tracker(name, weights=weights, backend=backend), name, out)
    overlap = result.overlaps
    click.echo(
        f"{name}: mean overlap {overlap.mean():.3f}, {(overlap > 0.5).mean():.0%} of {overlap.size} frames above 0.5,"
        f" {result.fps:.0f} frames/s on {threads} thread(s) of {processor_name()}"
    )
    click.echo("written: " + ", ".join(str(file) for file in result.files))
    click.echo(
        "next: cfvgg track VIDEO --init X,Y,W,H --video out.mp4, with a video of yours; cfvgg list; cfvgg --help"
    )
