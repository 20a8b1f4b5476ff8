"""`cfvgg benchmark`."""

from pathlib import Path

import click

from cfvgg_plugin.benchmark.networks import benchmark_features, benchmark_network, format_network
from cfvgg_plugin.benchmark.trackers import TRACKERS, benchmark_trackers, format_trackers
from cfvgg_plugin.commands.options import (
    InOrder,
    json_option,
    sequences_option,
    split_names,
    threads_option,
    trackers_option,
    weights_option,
)
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.names import choose
from cfvgg_plugin.files import JSON, check_outputs, check_writable, write_json
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.backends import BACKENDS
from cfvgg_plugin.networks.store import find_weights, given
from cfvgg_plugin.threads import processor_name, set_threads


@click.group("benchmark", cls=InOrder)
def command() -> None:
    """Measure speed on this machine."""


@command.command("network")
@weights_option
@json_option
@threads_option
def network(weights: str | None, json_file: Path | None, threads: int) -> None:
    """Time student and teacher at 224x224 beside the paper's table I, and the student in every installed backend."""
    if json_file:
        check_writable(json_file, JSON)
        check_outputs([json_file], given(weights))
    set_threads(threads)
    result = benchmark_network(load_weights(find_weights(weights)) if weights else None)
    click.echo(format_network(result))
    if json_file:
        write_json(json_file, result.as_dict())


@command.command("features")
@threads_option
def features(threads: int) -> None:
    """Time every feature on one sample."""
    set_threads(threads)
    for name, milliseconds in benchmark_features().items():
        click.echo(f"{name:<14} {milliseconds:6.2f} ms")
    click.echo(f"one sample of 250x250 (FHOG, gray) or 224x224; {threads} thread(s) of {processor_name()}")


@command.command("trackers")
@trackers_option(required=False)
@click.option("--root", type=click.Path(path_type=Path), help="Sequences in OTB layout; default: the demo's sequence.")
@sequences_option
@click.option("--profile", is_flag=True, help="Also show where the milliseconds go.")
@weights_option
@json_option
@click.option(
    "--backend",
    "backends",
    type=click.Choice(BACKENDS),
    multiple=True,
    default=["torch"],
    show_default=True,
    help="What runs the network; may be repeated.",
)
@threads_option
def time_trackers(
    trackers: tuple[str, ...], root: Path | None, sequences: str | None, profile: bool, weights: str | None,
    json_file: Path | None, backends: tuple[str, ...], threads: int,
) -> None:  # fmt: skip
    """Time the trackers on the same frames, in turn, beside OpenCV's CSRT."""
    if sequences is not None and root is None:
        raise InputError("--sequences: chooses from --root, which is missing")
    if json_file:
        check_writable(json_file, JSON)
        check_outputs([json_file], given(weights), [root])
    set_threads(threads)
    speeds = benchmark_trackers(choose(trackers or TRACKERS, weights), root, split_names(sequences), profile, backends)
    click.echo(format_trackers(speeds, threads))
    if json_file:
        figures = {name: speed.as_dict() for name, speed in speeds.items()}
        conditions = {"backends": list(backends), "threads": threads, "processor": processor_name()}
        write_json(json_file, {"trackers": figures, **conditions})
