"""`cfvgg track` and `cfvgg demo`."""

import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import click
from tqdm import tqdm

from cfvgg_plugin.boxes import parse_box
from cfvgg_plugin.commands import options
from cfvgg_plugin.datasets.clips import annotations_of
from cfvgg_plugin.demo import FILES, run_demo
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.pool import Plan
from cfvgg_plugin.evaluation.run import LoadedTracker, check_start, load_tracker
from cfvgg_plugin.evaluation.table import Report
from cfvgg_plugin.jobs.lists import read_jobs
from cfvgg_plugin.jobs.run import run_jobs
from cfvgg_plugin.multi import MultiTracker
from cfvgg_plugin.networks.store import given
from cfvgg_plugin.registry import (
    DEFAULT_TRACKER,
    create_tracker,
    load_settings,
    remark,
    with_color_names,
)
from cfvgg_plugin.system.files import check_outputs
from cfvgg_plugin.system.machine import processor_name, set_threads
from cfvgg_plugin.tracker import Tracker
from cfvgg_plugin.video.live import Live
from cfvgg_plugin.video.span import parse_span
from cfvgg_plugin.video.targets import FirstBox, Targets, check_mot, read_first_boxes
from cfvgg_plugin.video.tracking import Summary, track_source


@click.command("track")
@click.argument("source", required=False)
@click.option(
    "--init",
    "inits",
    metavar="X,Y,W,H",
    multiple=True,
    help="Target in the first frame: pixels, 0-based, top left; again for every further target.",
)
@click.option(
    "--init-file",
    type=click.Path(path_type=Path),
    help="Targets and where each comes in: a .csv of frame,id,x,y,w,h, frames from 0.",
)
@click.option("--start", metavar="N|SECONDSs", help="First frame: its number, from 0, or its time as 12.5s.")
@click.option("--end", metavar="N|SECONDSs", help="Where to stop: the first frame that is not tracked any more.")
@click.option("--every", type=int, metavar="N", default=1, help="Track only every N-th frame.")
@click.option("--realtime", is_flag=True, help="Take SOURCE as it happens: the newest frame always, others skipped.")
@click.option("--reconnect", type=int, metavar="N", help="Attempts in a row on a camera or stream lost; default: 5.")
@options.tracker_option
@options.weights_option
@options.settings_option
@click.option("--boxes", type=click.Path(path_type=Path), help="Write the boxes: .txt (x,y,w,h) or .csv (all figures).")
@click.option("--video", type=click.Path(path_type=Path), help="Write an annotated video (.mp4 or .avi).")
@click.option("--display", is_flag=True, help="Show a window; q or Escape ends the run.")
@click.option("--strict", is_flag=True, help="Stop at a frame that cannot be decoded.")
@click.option(
    "--list", "jobs", metavar="FILE", type=click.Path(path_type=Path),
    help="Instead of SOURCE: a table of videos and first boxes, source,x,y,w,h and perhaps name,start,end.",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), help="Of --list: folder for a .csv of each; what is done stays."
)
@click.option("--workers", type=int, help="Of --list: videos that are tracked at the same time; default: 1.")
@click.option("--engine", type=click.Choice(["local", "ray"]), help="Of --list: local, or ray as 'cfvgg evaluate' has.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Of --list: also write the figures here.")
@options.color_names_option
@options.device_option
@options.backend_option("auto")
@options.threads_option
def track_command(
    source: str | None, inits: tuple[str, ...], init_file: Path | None, start: str | None, end: str | None, every: int,
    realtime: bool, reconnect: int | None, name: str | None, weights: str | None, changes: Path | None,
    boxes: Path | None, video: Path | None, display: bool, strict: bool, jobs: Path | None, out: Path | None,
    workers: int | None, engine: str | None, json_file: Path | None, color_names: Path | None, device: str,
    backend: str, threads: int,
) -> int:  # fmt: skip
    """Follow one target or several through SOURCE: a video file, a folder of frames, a camera number or a URL."""
    name = name or DEFAULT_TRACKER
    load = partial(_load, name, weights, color_names, device, backend, changes)
    set_threads(threads)
    if jobs is not None:
        of_source: dict[str, object] = {
            "SOURCE": source,
            "--init": inits or None,
            "--init-file": init_file,
            "--start": start,
            "--end": end,
            "--realtime": realtime or None,
        }
        of_source |= {"--reconnect": reconnect, "--boxes": boxes, "--video": video, "--display": display or None}
        _refuse(of_source, "{}: of one source alone; leave it out beside --list")
        check_outputs([json_file], [jobs, *given(weights), changes, color_names])
        if out is None:
            raise InputError("--list: needs --out FOLDER for the boxes")
        plan = Plan(1 if workers is None else workers, threads, "ray" if engine == "ray" else "local")
        listed = read_jobs(jobs, every)
        return _tell_jobs(run_jobs(listed, loaded := load(), out, plan, strict, json_file, [jobs]), loaded, backend)
    of_list: dict[str, object] = {"--out": out, "--workers": workers, "--engine": engine, "--json": json_file}
    _refuse(of_list, "{}: belongs to --list")
    if source is None:
        raise InputError("no SOURCE: a video file, a folder of frames, a camera number or a URL; or --list FILE")
    path = Path(source)
    inputs = (path, *annotations_of(path), *given(weights), changes, color_names, init_file)
    check_outputs((boxes, video), inputs, [path])
    span = parse_span(start, end, every)
    if reconnect is not None and not realtime:
        raise InputError("--reconnect: belongs to --realtime")
    live = (Live() if reconnect is None else Live(reconnect)) if realtime else None
    entries = _first_boxes(inits, init_file)
    if entries and boxes and boxes.suffix.lower() == ".txt":
        check_mot(boxes, entries)
    if entries:
        set_threads(1)  # several targets use several cores better than each of them does
    loaded = load()
    if changes is not None:
        check_start(loaded)
    tracker: Tracker | Targets
    if entries:
        multi = MultiTracker(name, weights=loaded.backbone, settings=loaded.settings, threads=threads)
        tracker = Targets(multi, entries)
    else:
        tracker = create_tracker(name, weights=loaded.backbone, settings=loaded.settings)
    summary = track_source(
        source, tracker, parse_box(inits[0]) if inits else None, caption=name, boxes=boxes, video=video,
        display=display, strict=strict, span=span, live=live, tell=_warn,
    )  # fmt: skip
    _tell_backend(loaded, backend)
    return _tell(summary)


def _first_boxes(inits: tuple[str, ...], init_file: Path | None) -> list[FirstBox]:
    """The targets that have ids: those of a file, or of --init where there are several, which are counted from 1."""
    if init_file is not None:
        if inits:
            raise InputError("--init-file: has the targets; leave --init out")
        return read_first_boxes(init_file)
    return [FirstBox(number, parse_box(text)) for number, text in enumerate(inits, 1)] if len(inits) > 1 else []


def _refuse(given_ones: Mapping[str, object], message: str) -> None:
    if option := next((option for option, value in given_ones.items() if value is not None), None):
        raise InputError(message.format(option))


def _load(
    name: str, weights: str | None, color_names: Path | None, device: str, backend: str, changes: Path | None
) -> LoadedTracker:
    """The tracker that the options name. Raises InputError where one of them has no use."""
    own = load_settings(name, changes)
    if color_names is not None and with_color_names(own, color_names) == own:
        raise InputError(f"--color-names: {name} has no Color Names; leave it out")
    if weights is not None and not own.needs_network:
        raise InputError(f"--weights: {name} runs no network; leave it out")
    tracker = load_tracker(name, weights, color_names, device, backend, changes=changes)
    if text := remark(name, tracker.backbone):
        _warn(text)
    return tracker


def _tell_backend(tracker: LoadedTracker, asked: str) -> None:
    if asked == "auto" and tracker.backbone is not None:
        click.echo(f"cfvgg: the network was run by {tracker.backbone.backend}", err=True)


def _tell_jobs(report: Report, tracker: LoadedTracker, backend: str) -> int:
    _tell_backend(tracker, backend)
    for warning in report.warnings:
        _warn(warning)
    for failure in report.failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    click.echo(report.text)
    return int(bool(report.failures))


def _warn(text: str) -> None:
    """While it happens, above a progress bar."""
    tqdm.write(f"cfvgg: warning: {text}", file=sys.stderr)


def _tell(summary: Summary) -> int:
    """Show how it went; returns the exit status."""
    for warning in summary.warnings:
        _warn(warning)
    if summary.stopped:
        click.echo(f"cfvgg: stopped after {summary.frames} frames: {summary.stopped}", err=True)
    click.echo(summary.line())
    return 130 if summary.interrupted else int(bool(summary.stopped) and summary.stopped != "closed by the user")


@click.command("demo")
@options.tracker_option
@options.weights_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("cfvgg-demo"),
    show_default=True,
    help="Folder for video and pictures.",
)
@options.backend_option("auto")
@options.threads_option
def demo_command(name: str | None, weights: str | None, out: Path, backend: str, threads: int) -> None:
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
