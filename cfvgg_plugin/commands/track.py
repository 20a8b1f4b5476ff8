"""`cfvgg track`."""

from pathlib import Path

import click

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
from cfvgg_plugin.networks.store import given
from cfvgg_plugin.registry import (
    DEFAULT_TRACKER,
    create_tracker,
    load_backbone,
    load_settings,
    remark,
    with_color_names,
)
from cfvgg_plugin.threads import set_threads
from cfvgg_plugin.tracking import track_source


@click.command("track")
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
@backend_option("auto")
@threads_option
def command(
    source: str, box: str | None, name: str | None, weights: str | None, boxes: Path | None, video: Path | None,
    display: bool, strict: bool, color_names: Path | None, device: str, backend: str, threads: int,
) -> int:  # fmt: skip
    """Follow one target through SOURCE: a video file, a folder of frames, a camera number or a URL."""
    check_outputs(
        (boxes, video), (Path(source), *annotations_of(Path(source)), *given(weights), color_names), [Path(source)]
    )
    set_threads(threads)
    target = parse_box(box) if box is not None else None
    name = name or DEFAULT_TRACKER
    own = load_settings(name)
    settings = with_color_names(own, color_names)
    if color_names is not None and settings == own:
        raise InputError(f"--color-names: {name} has no Color Names; leave it out")
    if weights is not None and not own.needs_network:
        raise InputError(f"--weights: {name} runs no network; leave it out")
    network = load_backbone(settings, weights, device, backend)
    if text := remark(name, network):
        click.echo(f"cfvgg: warning: {text}", err=True)
    tracker = create_tracker(name, weights=network, settings=settings)
    summary = track_source(
        source, tracker, target, caption=name, boxes=boxes, video=video, display=display, strict=strict
    )
    if backend == "auto" and network is not None:
        click.echo(f"cfvgg: the network was run by {network.backend}", err=True)
    for warning in summary.warnings:
        click.echo(f"cfvgg: warning: {warning}", err=True)
    if summary.stopped:
        click.echo(f"cfvgg: stopped after {summary.frames} frames: {summary.stopped}", err=True)
    click.echo(summary.line())
    return 130 if summary.interrupted else int(bool(summary.stopped) and summary.stopped != "closed by the user")
