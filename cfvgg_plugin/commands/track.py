"""`cfvgg track`."""

import sys
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from cfvgg_plugin.boxes import parse_box
from cfvgg_plugin.commands.options import (
    backend_option,
    color_names_option,
    device_option,
    threads_option,
    tracker_option,
    weights_option,
)
from cfvgg_plugin.datasets.clips import annotations_of
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.files import check_outputs
from cfvgg_plugin.live import Live
from cfvgg_plugin.multi import MultiTracker
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.networks.store import given
from cfvgg_plugin.registry import (
    DEFAULT_TRACKER,
    create_tracker,
    load_backbone,
    load_settings,
    remark,
    with_color_names,
)
from cfvgg_plugin.span import parse_span
from cfvgg_plugin.targets import Entry, Targets, check_mot, read_entries
from cfvgg_plugin.threads import set_threads
from cfvgg_plugin.tracker import Tracker
from cfvgg_plugin.tracking import Summary, track_source


@click.command("track")
@click.argument("source")
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
@tracker_option
@weights_option
@click.option("--boxes", type=click.Path(path_type=Path), help="Write the boxes: .txt (x,y,w,h) or .csv (all figures).")
@click.option("--video", type=click.Path(path_type=Path), help="Write an annotated video (.mp4 or .avi).")
@click.option("--display", is_flag=True, help="Show a window; q or Escape ends the run.")
@click.option("--strict", is_flag=True, help="Stop at a frame that cannot be decoded.")
@color_names_option
@device_option
@backend_option
@threads_option
def command(
    source: str, inits: tuple[str, ...], init_file: Path | None, start: str | None, end: str | None, every: int,
    realtime: bool, reconnect: int | None, name: str | None, weights: str | None, boxes: Path | None,
    video: Path | None, display: bool, strict: bool, color_names: Path | None, device: str, backend: str, threads: int,
) -> int:  # fmt: skip
    """Follow one target or several through SOURCE: a video file, a folder of frames, a camera number or a URL."""
    check_outputs(
        (boxes, video),
        (Path(source), *annotations_of(Path(source)), *given(weights), color_names, init_file),
        [Path(source)],
    )
    set_threads(threads)
    span = parse_span(start, end, every)
    if reconnect is not None and not realtime:
        raise InputError("--reconnect: belongs to --realtime")
    live = (Live() if reconnect is None else Live(reconnect)) if realtime else None
    name = name or DEFAULT_TRACKER
    entries = _entries(inits, init_file)
    if entries and boxes and boxes.suffix.lower() == ".txt":
        check_mot(boxes, entries)
    settings, network = _load(name, weights, color_names, device, backend)
    tracker: Tracker | Targets
    if entries:
        set_threads(1)  # several targets use several cores better than each of them does
        multi = MultiTracker(name, weights=network, settings=settings, threads=threads)
        tracker = Targets(multi, entries)
    else:
        tracker = create_tracker(name, weights=network, settings=settings)
    target = parse_box(inits[0]) if inits else None
    summary = track_source(
        source, tracker, target, caption=name, boxes=boxes, video=video, display=display,
        strict=strict, span=span, live=live, tell=_warn,
    )  # fmt: skip
    return _tell(summary)


def _entries(inits: tuple[str, ...], init_file: Path | None) -> list[Entry]:
    """The targets that have ids: those of a file, or of --init where there are several, which are counted from 1."""
    if init_file is not None:
        if inits:
            raise InputError("--init-file: has the targets; leave --init out")
        return read_entries(init_file)
    return [Entry(number, parse_box(text)) for number, text in enumerate(inits, 1)] if len(inits) > 1 else []


def _load(
    name: str, weights: str | None, color_names: Path | None, device: str, backend: str
) -> tuple[Any, Backbone | None]:
    """Settings and network of the tracker that the options name. Raises InputError for one that has no use for them."""
    own = load_settings(name)
    settings = with_color_names(own, color_names)
    if color_names is not None and settings == own:
        raise InputError(f"--color-names: {name} has no Color Names; leave it out")
    if weights is not None and not own.needs_network:
        raise InputError(f"--weights: {name} runs no network; leave it out")
    network = load_backbone(settings, weights, device, backend)
    if text := remark(name, network):
        click.echo(f"cfvgg: warning: {text}", err=True)
    return settings, network


def _warn(text: str) -> None:
    """While it happens, above the progress bar."""
    tqdm.write(f"cfvgg: warning: {text}", file=sys.stderr)


def _tell(summary: Summary) -> int:
    """Show how it went; returns the exit status."""
    for warning in summary.warnings:
        click.echo(f"cfvgg: warning: {warning}", err=True)
    if summary.stopped:
        click.echo(f"cfvgg: stopped after {summary.frames} frames: {summary.stopped}", err=True)
    click.echo(summary.line())
    return 130 if summary.interrupted else int(bool(summary.stopped) and summary.stopped != "closed by the user")
