"""`cfvgg benchmark`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from cfvgg_plugin.benchmark.drawn import benchmark_sizes, format_report, format_sizes, measure, parse_sizes
from cfvgg_plugin.benchmark.networks import benchmark_features, benchmark_network, format_network
from cfvgg_plugin.benchmark.targets import as_dict, benchmark_targets, format_targets, parse_counts
from cfvgg_plugin.benchmark.trackers import TRACKERS, backends_of, benchmark_trackers, format_trackers
from cfvgg_plugin.commands import options
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import Choice, choose
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.backends import BACKENDS
from cfvgg_plugin.networks.store import find_weights, given
from cfvgg_plugin.registry import load_settings
from cfvgg_plugin.system.files import JSON, check_outputs, check_writable, write_json
from cfvgg_plugin.system.machine import processor_name, set_threads, vector_instructions

backends_option = click.option(
    "--backend",
    "backends",
    type=click.Choice(["auto", *BACKENDS]),
    multiple=True,
    default=["auto"],
    show_default=True,
    help="What runs the network; auto: the fastest that is installed. May be repeated.",
)


@click.group("benchmark", cls=options.InOrder, invoke_without_command=True, no_args_is_help=True)
@click.option("--report", is_flag=True, help="The same as 'cfvgg benchmark report', which takes options.")
@click.pass_context
def benchmark_command(context: click.Context, report: bool) -> None:
    """Measure speed on this machine."""
    if report and context.invoked_subcommand is not None:
        raise InputError(f"--report is a benchmark of its own: leave it out beside {context.invoked_subcommand}")
    if report:
        context.invoke(write_report)


@benchmark_command.command("report")
@options.json_option
@options.threads_option
def write_report(json_file: Path | None, threads: int) -> None:
    """Describe this machine and its speed in a text for an issue; takes up to a minute."""
    check_writable(json_file, JSON)
    set_threads(threads)
    found = measure(threads)
    click.echo(format_report(found))
    if json_file:
        write_json(json_file, found.as_dict())


@benchmark_command.command("network")
@options.weights_option
@options.json_option
@options.threads_option
def network(weights: str | None, json_file: Path | None, threads: int) -> None:
    """Time student and teacher at 224x224 beside the paper's table I, and the student in every installed backend."""
    check_writable(json_file, JSON)
    check_outputs([json_file], given(weights))
    set_threads(threads)
    result = benchmark_network(load_weights(find_weights(weights)) if weights else None)
    click.echo(format_network(result))
    if json_file:
        write_json(json_file, result.as_dict())


@benchmark_command.command("features")
@options.threads_option
def features(threads: int) -> None:
    """Time every feature on one sample."""
    set_threads(threads)
    for name, milliseconds in benchmark_features().items():
        click.echo(f"{name:<14} {milliseconds:6.2f} ms")
    click.echo(f"one sample of 250x250 (FHOG, grey) or 224x224; {threads} thread(s) of {processor_name()}")


@benchmark_command.command("trackers")
@options.trackers_option(required=False)
@click.option("--root", type=click.Path(path_type=Path), help="Sequences in OTB layout; default: the demo's sequence.")
@options.sequences_option
@click.option("--target-sizes", metavar="A,B", help="Instead: a drawn target of these sides, in pixels, at 1920x1080.")
@click.option("--profile", is_flag=True, help="Also show where the milliseconds go.")
@options.weights_option
@options.settings_option
@options.json_option
@backends_option
@options.threads_option
def time_trackers(
    trackers: tuple[str, ...], root: Path | None, sequences: str | None, target_sizes: str | None, profile: bool,
    weights: str | None, changes: Path | None, json_file: Path | None, backends: tuple[str, ...], threads: int,
) -> None:  # fmt: skip
    """Time the trackers on the same frames, in turn, beside OpenCV's CSRT; or on targets of several sizes."""
    if target_sizes is not None and (root or sequences or profile):
        raise InputError("--target-sizes draws its own frames: leave --root, --sequences and --profile out")
    if sequences is not None and root is None:
        raise InputError("--sequences: chooses from --root, which is missing")
    if changes is not None and not trackers:
        raise InputError("--settings: changes those of --tracker, which is missing")
    sizes = None if target_sizes is None else parse_sizes(target_sizes)
    check_writable(json_file, JSON)
    check_outputs([json_file], [*given(weights), changes], [root])
    set_threads(threads)
    chosen = choose(trackers or TRACKERS, weights, changes)
    used = _used(chosen, backends)
    conditions = {"backends": list(used), "threads": threads, "processor": processor_name()}
    conditions["vector_instructions"] = vector_instructions()
    if sizes:
        by_size = benchmark_sizes(chosen, sizes, backends)
        click.echo(format_sizes(by_size, threads))
        figures: dict[str, Any] = {
            name: {str(size): speed.as_dict() for size, speed in own.items()} for name, own in by_size.items()
        }
        conditions["target_sizes"] = sizes
    else:
        speeds = benchmark_trackers(chosen, root, options.split_names(sequences), profile, backends)
        click.echo(format_trackers(speeds, threads, used))
        figures = {name: speed.as_dict() for name, speed in speeds.items()}
    if json_file:
        write_json(json_file, {"trackers": figures, **conditions})


@benchmark_command.command("targets")
@options.trackers_option(required=False)
@click.option("--targets", default="1,5,20", show_default=True, metavar="A,B", help="Numbers of targets.")
@click.option("--root", type=click.Path(path_type=Path), help="Sequences in OTB layout; default: drawn frames.")
@options.sequences_option
@options.weights_option
@options.json_option
@backends_option
@click.option("--threads", type=int, default=1, show_default=True, help="Targets that are updated at the same time.")
def time_targets(
    trackers: tuple[str, ...], targets: str, root: Path | None, sequences: str | None, weights: str | None,
    json_file: Path | None, backends: tuple[str, ...], threads: int,
) -> None:  # fmt: skip
    """Time several targets in one stream: lone trackers, and all in one MultiTracker."""
    if sequences is not None and root is None:
        raise InputError("--sequences: chooses from --root, which is missing")
    counts = parse_counts(targets)
    check_writable(json_file, JSON)
    check_outputs([json_file], given(weights), [root])
    set_threads(1)  # several targets use several cores better than one target does
    chosen = choose(trackers or ("feco", "fdeepstrcf"), weights)
    used = _used(chosen, backends)
    speeds = benchmark_targets(chosen, counts, root, options.split_names(sequences), backends, threads)
    click.echo(format_targets(speeds, threads, used))
    if json_file:
        conditions = {"backends": list(used), "threads": threads, "processor": processor_name()}
        write_json(json_file, {"trackers": as_dict(speeds), **conditions})


def _used(chosen: Iterable[Choice], backends: Iterable[str]) -> tuple[str, ...]:
    """Every backend that runs a network of these trackers."""
    asked = tuple(backends)
    networked = [choice for choice in chosen if load_settings(choice.name, choice.changes).needs_network]
    return tuple(dict.fromkeys(backend for choice in networked for backend in backends_of(choice, asked)))
