"""The command line: parses and calls, nothing else.

Exit status: 0 done; 1 ended before its time or with failed sequences, what was done is kept;
2 bad input, nothing written; 130 interrupted, what was done is kept.
"""

import json
import signal
import sys
from pathlib import Path
from typing import NoReturn

import click

from cfvgg_plugin import __version__
from cfvgg_plugin.benchmark.networks import benchmark_features, benchmark_network, format_network
from cfvgg_plugin.benchmark.trackers import TRACKERS, benchmark_trackers, format_trackers
from cfvgg_plugin.boxes import parse_box
from cfvgg_plugin.demo.run import run_demo
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.command import run_evaluation
from cfvgg_plugin.evaluation.run import enter
from cfvgg_plugin.files import check_writable, write_json
from cfvgg_plugin.networks import TAPS, load_weights
from cfvgg_plugin.networks.store import DEFAULT, HELP, find_weights, import_weights, stored_weights
from cfvgg_plugin.networks.vggm import parameter_count
from cfvgg_plugin.registry import create_tracker, default_tracker, describe, full_names, load_settings, with_color_names
from cfvgg_plugin.threads import processor_name, set_threads
from cfvgg_plugin.tracking import track_source


def main() -> NoReturn:
    """Entry point of `cfvgg`: every error a user can mend is one line on stderr."""
    try:
        status = cli.main(prog_name="cfvgg", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        status = 2
    except click.ClickException as error:
        status = _complain(error.format_message())
    except InputError as error:
        status = _complain(str(error))
    except (KeyboardInterrupt, click.Abort):
        status = 130
    sys.exit(status or 0)


def _complain(message: str) -> int:
    print("cfvgg: " + " ".join(message.split()), file=sys.stderr)
    return 2


class _Lines(click.Group):
    """Group whose commands stand in the help in the order in which they are defined."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Commands by definition."""
        return list(self.commands)


tracker_option = click.option(
    "--tracker", "name", metavar="NAME[/SETTING]", help="Tracker; see 'cfvgg list'. Default: feco."
)
weights_option = click.option(
    "--weights", metavar="FILE|NAME", help="Network weights: a file, or a name of 'cfvgg weights list'."
)
threads_option = click.option("--threads", type=int, default=1, show_default=True, help="Threads of all computations.")
json_option = click.option(
    "--json", "json_file", type=click.Path(path_type=Path), help="Also write the figures to this file."
)

color_names_option = click.option(
    "--color-names",
    type=click.Path(path_type=Path),
    help="A table for Color Names features instead of the package's own (MATLAB, 32768 rows).",
)
device_option = click.option(
    "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True, help="Where the network runs."
)


@click.group(cls=_Lines)
@click.version_option(__version__)
def cli() -> None:
    """Deep correlation-filter tracking in real time on one CPU core."""


@cli.command()
@click.argument("source")
@click.option("--init", "box", metavar="X,Y,W,H", help="Target in the first frame: pixels, 0-based, top left.")
@tracker_option
@weights_option
@click.option("--boxes", type=click.Path(path_type=Path), help="Write the boxes: .txt (x,y,w,h) or .csv (all figures).")
@click.option("--video", type=click.Path(path_type=Path), help="Write an annotated video (.mp4 or .avi).")
@click.option("--display", is_flag=True, help="Show a window; q or Escape ends the run.")
@click.option("--strict", is_flag=True, help="Stop at a frame that cannot be decoded.")
@color_names_option
@device_option
@threads_option
def track(
    source: str, box: str | None, name: str | None, weights: str | None, boxes: Path | None, video: Path | None,
    display: bool, strict: bool, color_names: Path | None, device: str, threads: int,
) -> int:  # fmt: skip
    """Follow one target through SOURCE: a video file, a folder of frames, a camera number or a URL."""
    set_threads(threads)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    target = parse_box(box) if box is not None else None
    name = name or default_tracker(weights)
    settings = with_color_names(load_settings(name), color_names)
    tracker = create_tracker(name, weights=weights, settings=settings, device=device)
    summary = track_source(
        source, tracker, target, caption=name, boxes=boxes, video=video, display=display, strict=strict
    )
    for warning in summary.warnings:
        click.echo(f"cfvgg: warning: {warning}", err=True)
    if summary.stopped:
        click.echo(f"cfvgg: stopped after {summary.frames} frames: {summary.stopped}", err=True)
    click.echo(summary.line())
    return 130 if summary.interrupted else int(bool(summary.stopped) and summary.stopped != "closed by the user")


@cli.command()
@tracker_option
@weights_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("cfvgg-demo"),
    show_default=True,
    help="Folder for video and pictures.",
)
@threads_option
def demo(name: str | None, weights: str | None, out: Path, threads: int) -> None:
    """Track a rendered sequence with exact ground truth; needs no data, network or display."""
    set_threads(threads)
    name = name or default_tracker(weights)
    result = run_demo(create_tracker(name, weights=weights), name, out)
    overlap = result.overlaps
    click.echo(
        f"{name}: mean overlap {overlap.mean():.3f}, {(overlap > 0.5).mean():.0%} of {overlap.size} frames above 0.5,"
        f" {result.fps:.0f} frames/s on {threads} thread(s) of {processor_name()}"
    )
    click.echo("written: " + ", ".join(str(file) for file in result.files))


@cli.command("list")
def list_() -> None:
    """Name every tracker with its settings, and the weights at hand."""
    click.echo("trackers")
    for name in full_names():
        click.echo(f"  {name:<24} {describe(name)}")
    click.echo("weights")
    _print_weights()


@cli.group(cls=_Lines)
def weights() -> None:
    """Network weight files: list, inspect, import."""


@weights.command("list")
def weights_list() -> None:
    """Name the weights of the package and those that were imported."""
    _print_weights()


def _print_weights() -> None:
    stored = stored_weights()
    for name, path in stored.items():
        click.echo(f"  {name:<24} {path}")
    if not stored:
        click.echo(f"  none installed: {HELP}")


@weights.command("info")
@click.argument("file", metavar="FILE|NAME")
def weights_info(file: str) -> None:
    """Say what a weight file holds."""
    path = find_weights(file)
    loaded = load_weights(path)
    network = loaded.network
    count = parameter_count(network)
    click.echo(f"file        {path}")
    click.echo(
        f"network     VGG-M at width {network.width:g}: {count:,} parameters, {count * 4 / 1e6:.2f} MB as float32"
    )
    click.echo("taps        " + ", ".join(f"{tap} ({network.channels[tap]})" for tap in TAPS))
    mean = loaded.mean.reshape(-1, 3).mean(0)
    click.echo(f"mean        {'x'.join(map(str, loaded.mean.shape))}, RGB {mean[0]:.3f} {mean[1]:.3f} {mean[2]:.3f}")
    click.echo(f"recipe      {json.dumps(loaded.recipe, sort_keys=True)}")
    click.echo(f"sha256      {loaded.sha256} (of the tensors)")


@weights.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Name to store it under; default: the file's own, in lower case.")
def weights_import(file: Path, name: str | None) -> None:
    """Check a MatConvNet .mat or safetensors FILE and store it for use by name."""
    loaded, path = import_weights(file, name)
    click.echo(f"{path.stem}: VGG-M at width {loaded.network.width:g}, stored as {path}")
    if path.stem != DEFAULT:
        click.echo(f"use it with --weights {path.stem}; under --name {DEFAULT} trackers take it by themselves")


@cli.command()
@click.option("--dataset", type=click.Choice(["otb"]), required=True, help="Layout of the dataset.")
@click.option("--root", type=click.Path(path_type=Path), required=True, help="Folder with a folder for every sequence.")
@click.option("--sequences", metavar="A,B", help="Only these sequences.")
@click.option(
    "--tracker", "names", metavar="NAME[/SETTING]", multiple=True, required=True, help="Tracker; may be repeated."
)
@weights_option
@click.option(
    "--results", type=click.Path(path_type=Path), help="Folder for raw boxes and a manifest of every tracker."
)
@json_option
@color_names_option
@device_option
@threads_option
def evaluate(
    dataset: str, root: Path, sequences: str | None, names: tuple[str, ...], weights: str | None, results: Path | None,
    json_file: Path | None, color_names: Path | None, device: str, threads: int,
) -> int:  # fmt: skip
    """Score trackers by one-pass evaluation: success AUC, precision at 20 pixels, frames/s of the update."""
    set_threads(threads)
    entrants = [enter(name, weights, color_names, device) for name in dict.fromkeys(names)]
    text, failures = run_evaluation(root, split_names(sequences), entrants, results, json_file)
    click.echo(text)
    for failure in failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    return int(bool(failures))


@cli.group(cls=_Lines)
def benchmark() -> None:
    """Measure speed on this machine."""


@benchmark.command("network")
@weights_option
@json_option
@threads_option
def benchmark_network_command(weights: str | None, json_file: Path | None, threads: int) -> None:
    """Time student and teacher networks at 224x224 beside the paper's table I."""
    if json_file:
        check_writable(json_file)
    set_threads(threads)
    result = benchmark_network(load_weights(find_weights(weights)) if weights else None)
    click.echo(format_network(result))
    if json_file:
        write_json(json_file, result.as_dict())


@benchmark.command("features")
@threads_option
def benchmark_features_command(threads: int) -> None:
    """Time every feature on one sample."""
    set_threads(threads)
    for name, milliseconds in benchmark_features().items():
        click.echo(f"{name:<14} {milliseconds:6.2f} ms")
    click.echo(f"one sample of 250x250 (FHOG, gray) or 224x224; {threads} thread(s) of {processor_name()}")


@benchmark.command("trackers")
@click.option("--tracker", "names", metavar="NAME[/SETTING]", multiple=True, help="Tracker; may be repeated.")
@click.option("--root", type=click.Path(path_type=Path), help="Sequences in OTB layout; default: the demo's sequence.")
@click.option("--sequences", metavar="A,B", help="Only these sequences.")
@click.option("--profile", is_flag=True, help="Also show where the milliseconds go.")
@weights_option
@json_option
@threads_option
def benchmark_trackers_command(
    names: tuple[str, ...], root: Path | None, sequences: str | None, profile: bool, weights: str | None,
    json_file: Path | None, threads: int,
) -> None:  # fmt: skip
    """Time the trackers on the same frames, in turn, beside OpenCV's CSRT."""
    if json_file:
        check_writable(json_file)
    set_threads(threads)
    speeds = benchmark_trackers(names or TRACKERS, weights, root, split_names(sequences), profile)
    click.echo(format_trackers(speeds, threads))
    if json_file:
        trackers = {name: speed.as_dict() for name, speed in speeds.items()}
        write_json(json_file, {"trackers": trackers, "threads": threads, "processor": processor_name()})


def split_names(text: str | None) -> list[str] | None:
    """['A', 'B'] of 'A,B'."""
    return [name.strip() for name in text.split(",") if name.strip()] if text is not None else None
