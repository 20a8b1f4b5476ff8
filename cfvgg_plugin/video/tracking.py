"""Track one target or several through a source: the job of `cfvgg track`."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.multi import TargetId
from cfvgg_plugin.system.interrupts import check
from cfvgg_plugin.tracker import Tracker, TrackResult
from cfvgg_plugin.video.live import Live, play
from cfvgg_plugin.video.outputs import Sink, TrackedFrame, WindowClosed, box_file, has_display, video_file, window
from cfvgg_plugin.video.sources import Frame, FrameSource, open_source
from cfvgg_plugin.video.span import WHOLE, Span
from cfvgg_plugin.video.targets import Targets

Step = Callable[[NDArray[np.uint8], int], Mapping[TargetId | None, TrackResult]]
"""A frame and its number in the source to every target in it."""


@dataclass
class Summary:
    """How a run went."""

    frames: int = 0
    lost: int = 0
    """Frames in which a target was lost, of all targets."""
    update_ms: list[float] = field(default_factory=list)
    skipped: int = 0
    """Frames of a live source that went by while others were tracked, the tracker's start included."""
    skipped_at_start: int = 0
    latency_ms: list[float] = field(default_factory=list)
    """From the arrival of a live source's frame to its box; of updates."""
    warnings: list[str] = field(default_factory=list)
    """Frames that could not be decoded, and a source that ended early."""
    stopped: str = ""
    """Why the run ended before its source did; what was tracked until then is kept."""
    interrupted: bool = False
    targets: int = 1

    def line(self) -> str:
        """Frames, frames/s and mean milliseconds of the updates, in one line; skips and latency of a live source."""
        mean = float(np.mean(self.update_ms)) if self.update_ms else 0.0
        speed = f"{1000 / mean:.1f} frames/s, mean {mean:.2f} ms" if mean else "no updates"
        several = f" of {self.targets} targets" if self.targets > 1 else ""
        lost = f", {self.lost} {'boxes ' if several else ''}lost" if self.lost else ""
        text = f"{self.frames} frames{several}, {speed}{lost}"
        if not self.latency_ms:
            return text
        start = f" ({self.skipped_at_start} at the start)" if self.skipped_at_start else ""
        median, late = np.percentile(self.latency_ms, (50, 95))
        return f"{text}, {self.skipped} skipped{start}, latency p50 {median:.1f} ms, p95 {late:.1f} ms"


def track_source(
    source: str,
    tracker: Tracker | Targets,
    box: Box | None,
    *,
    caption: str = "",
    boxes: Path | None = None,
    video: Path | None = None,
    display: bool = False,
    strict: bool = False,
    span: Span = WHOLE,
    live: Live | None = None,
    tell: Callable[[str], object] = lambda text: None,
    progress: bool = True,
) -> Summary:
    """Follow the target in `box` (drawn by the user when None) from the first frame of `source` to the last, or `span`.

    Where `tracker` are several `Targets`, each from its own frame on; `box` does not count then.
    A frame that cannot be decoded keeps the last box with score 0 and `lost`, unless `strict`, which stops there.
    `live` takes the source as it happens, skipping what the tracker has no time for; `tell` is told of a connection
    that is lost or found again. However the run ends after its first frame, the outputs hold what was tracked.
    Raises InputError before anything is written if the source, the box or an output cannot be used.
    """
    opened = open_source(source, span) if live is None else play(source, span, live, tell)
    with closing(opened.frames):
        return _track(source, opened, tracker, box, caption, boxes, video, display, strict, span, progress)


def _track(
    source: str, opened: FrameSource, tracker: Tracker | Targets, box: Box | None, caption: str, boxes: Path | None,
    video: Path | None, display: bool, strict: bool, span: Span, progress: bool,
) -> Summary:  # fmt: skip
    """`track_source` on an opened source."""
    first = next(opened.frames, None)
    if first is None or first.image is None:
        none = "has no frames" if span == WHOLE else f"has no frames {span}"
        what = none if first is None else f"its first frame cannot be decoded ({first.name})"
        raise InputError(f"source {source}: {what}")
    summary, several = Summary(warnings=[opened.note] if opened.note else []), isinstance(tracker, Targets)
    step: Step
    if isinstance(tracker, Targets):
        tracker.check(first.image, first.index)
        summary.targets, step = tracker.count, tracker.step
    else:
        step = _lone(tracker, _draw_box(first.image) if box is None else box)
    files = [
        *([box_file(boxes, several)] if boxes else []),
        *([video_file(video, opened.rate, caption)] if video else []),
    ]
    failures: list[InputError] = []
    with ExitStack() as stack:
        windows = [window(caption or "cfvgg")] if display else []
        sinks = [stack.enter_context(_told(context, failures)) for context in [*files, *windows]]
        tracked = _follow(chain([first], opened.frames), step, strict, summary)
        head = next(tracked)  # a box that cannot be used ends the run here, before any output is kept
        bar = tqdm(chain([head], tracked), total=opened.count, unit="frame", disable=None if progress else True)
        try:
            _deliver(stack.enter_context(bar), sinks, summary)
        except KeyboardInterrupt:
            summary.stopped, summary.interrupted = "interrupted", True
        except FrameError as error:
            summary.stopped = str(error)
    if failures and len(failures) == len(files):
        raise failures[0]
    summary.stopped = "; ".join(filter(None, [summary.stopped, *map(str, failures)]))
    if not summary.stopped and (missing := opened.missing()):
        summary.warnings.append(missing)
    if isinstance(tracker, Targets):
        summary.warnings += tracker.missing()
    return summary


@contextmanager
def _told(context: AbstractContextManager[Sink], failures: list[InputError]) -> Iterator[Sink]:
    """An output that is finished though another cannot be; if it cannot, its error goes to `failures`."""
    sink = context.__enter__()
    try:
        yield sink
    except BaseException as error:
        if not context.__exit__(type(error), error, error.__traceback__):
            raise
    else:
        try:
            context.__exit__(None, None, None)
        except InputError as error:
            failures.append(error)


def _lone(tracker: Tracker, box: Box) -> Step:
    """The first frame starts the tracker."""
    started = False

    def step(image: NDArray[np.uint8], index: int) -> dict[TargetId | None, TrackResult]:
        nonlocal started
        if started:
            return {None: tracker.update(image)}
        tracker.init(image, box)
        started = True
        return {None: TrackResult(box, 1.0, False)}

    return step


def _follow(frames: Iterator[Frame], step: Step, strict: bool, summary: Summary) -> Iterator[TrackedFrame]:
    last: Mapping[TargetId | None, TrackResult] = {}
    for frame in frames:
        milliseconds = 0.0
        if frame.image is None:
            if strict:
                raise FrameError(f"{frame.name}: cannot be decoded")
            summary.warnings.append(f"{frame.name}: cannot be decoded; the last box is kept as lost")
            last = {target: TrackResult(result.box, 0.0, True) for target, result in last.items()}
        else:
            start, followed = time.perf_counter(), bool(last)
            last = step(frame.image, frame.index)
            now = time.perf_counter()
            milliseconds = 1000 * (now - start)
            if followed:
                summary.update_ms.append(milliseconds)
                if frame.arrived is not None:
                    summary.latency_ms.append(1000 * (now - frame.arrived))
        yield TrackedFrame(frame.index, frame.image, last, milliseconds, frame.seconds, frame.skipped)


def _deliver(tracked: Iterator[TrackedFrame], sinks: list[Sink], summary: Summary) -> None:
    for frame in tracked:
        for sink in sinks:
            try:
                sink(frame)
            except WindowClosed:
                summary.stopped = "closed by the user"
        summary.frames += 1
        summary.lost += sum(result.lost for result in frame.results.values())
        summary.skipped += frame.skipped
        if summary.frames == 2:
            summary.skipped_at_start = frame.skipped
        if summary.stopped:
            return
        check()


def _draw_box(image: NDArray[np.uint8]) -> Box:
    if not has_display():
        raise InputError("no target: give --init X,Y,W,H (without a display it cannot be drawn)")
    title = "Draw the target, then press Enter"
    x, y, w, h = cv2.selectROI(title, cv2.cvtColor(image, cv2.COLOR_RGB2BGR), showCrosshair=False)
    cv2.destroyWindow(title)
    if w == 0 or h == 0:
        raise InputError("no target was drawn")
    return Box(float(x), float(y), float(w), float(h))
