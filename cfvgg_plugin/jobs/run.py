"""The job of `cfvgg track --list`: what is done already stays, the rest is shared out, and all of it is told.

FOLDER/NAME.csv         the boxes, as `cfvgg track --boxes`; it is there when the job is done
FOLDER/jobs/NAME.json   what it was made of, so that it is not done again, and how it went
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from tqdm import tqdm

from cfvgg_plugin.datasets.clips import annotations_of
from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.evaluation.pool import Plan, attempted, share_out
from cfvgg_plugin.evaluation.run import LoadedTracker, check_start, with_network
from cfvgg_plugin.evaluation.store import tracker_hash
from cfvgg_plugin.evaluation.table import Report, format_table, number
from cfvgg_plugin.jobs.lists import Job
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import create_tracker
from cfvgg_plugin.system.documents import Document, read_json
from cfvgg_plugin.system.files import JSON, check_writable, make_folder, reason, replacing, sweep, write_json
from cfvgg_plugin.system.interrupts import check
from cfvgg_plugin.system.machine import processor_name, set_threads
from cfvgg_plugin.video.frames import image_files
from cfvgg_plugin.video.tracking import Summary, track_source

FORM = 1
"""Of the files; another one makes all jobs be done again."""


@dataclass(frozen=True, eq=False)
class JobTask:
    """A job with the tracker that does it."""

    job: Job
    tracker: LoadedTracker
    """Less its network."""
    threads: int
    strict: bool
    out: Path
    key: str
    """Digest of all that its boxes depend on."""


class JobResult(Document, frozen=True):
    """How a job went."""

    failure: str = ""
    """Why it is not done."""
    frames: int = 0
    lost: int = 0
    milliseconds: float | None = None
    """Mean time of an update."""
    warnings: tuple[str, ...] = ()


class Note(JobResult, frozen=True):
    """As it stands beside the boxes."""

    key: str = ""
    boxes: str = ""
    """SHA-256 of the file of boxes."""


def job_key(job: Job, tracker: LoadedTracker, strict: bool) -> str:
    """Digest of a job's settings and source. Raises InputError where the source is missing or cannot be read."""
    parts = {
        "form": FORM,
        "tracker": tracker_hash(tracker),
        "source": str(job.source),
        "state": _state(job.source),
        "box": list(job.box),
        "span": [str(job.span.start), str(job.span.end), job.span.every],
        "strict": strict,
    }
    return _digest(json.dumps(parts, sort_keys=True).encode())


def _state(source: Path) -> str:
    """What changes with a video or a folder of frames."""
    try:
        folder = source.is_dir()
        if not folder and not source.is_file():
            raise InputError(f"source {source}: no such file or folder")
        states = [(path.name, path.stat()) for path in (image_files(source) if folder else [source])]
    except OSError as error:
        raise InputError(f"source {source}: {reason(error)}") from None
    return _digest("\n".join(f"{name} {s.st_size} {s.st_mtime_ns}" for name, s in states).encode("utf-8", "replace"))


def boxes_path(out: Path, job: Job) -> Path:
    """Its file of boxes."""
    return out / f"{job.name}.csv"


def load_result(out: Path, job: Job, key: str) -> JobResult | None:
    """How it went when it was done of the same things; None where it was not, and where its boxes were changed."""
    try:
        note = read_json(out / "jobs" / f"{job.name}.json", Note, "note of a job")
        return note if note.key == key and note.boxes == _digest(boxes_path(out, job).read_bytes()) else None
    except (InputError, OSError):
        return None


def execute_job(task: JobTask) -> JobResult:
    """Do a job in a process of its own; the network is loaded once a process."""
    set_threads(task.threads)
    try:
        backbone = with_network(task.tracker).backbone
    except InputError as error:
        return JobResult(str(error))
    return attempt_job(task, backbone)


def attempt_job(task: JobTask, backbone: Backbone | None) -> JobResult:
    """Do a job; whatever goes wrong costs this one, not the others, and leaves no file of boxes."""
    return attempted(lambda: _result(_track(task, backbone)), JobResult)


def _track(task: JobTask, backbone: Backbone | None) -> Summary:
    """Track, and write boxes and note. Raises FrameError where the source was not tracked to its end."""
    job, file = task.job, boxes_path(task.out, task.job)
    tracker = create_tracker(task.tracker.name, weights=backbone, settings=task.tracker.settings)
    with replacing(file) as temporary:
        try:
            summary = track_source(
                str(job.source), tracker, job.box, boxes=temporary, strict=task.strict, span=job.span, progress=False
            )
        except InputError as error:
            raise InputError(str(error).replace(str(temporary), str(file))) from None
        if summary.interrupted:
            raise KeyboardInterrupt
        if summary.stopped:
            raise FrameError(summary.stopped)
        boxes = _digest(temporary.read_bytes())
    note = msgspec.to_builtins(_result(summary)) | {"key": task.key, "boxes": boxes}
    write_json(make_folder(task.out / "jobs") / f"{job.name}.json", note | {"source": str(job.source)})
    return summary


def _result(summary: Summary) -> JobResult:
    mean = sum(summary.update_ms) / len(summary.update_ms) if summary.update_ms else None
    return JobResult("", summary.frames, summary.lost, mean, tuple(summary.warnings))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def run_jobs(
    jobs: Sequence[Job], tracker: LoadedTracker, out: Path, plan: Plan, strict: bool = False,
    json_file: Path | None = None, lists: Sequence[Path] = (),
) -> Report:  # fmt: skip
    """Do the jobs that are not done in the folder `out`; a job that fails is named, and the others are done.

    lists: files in which they stand, which are inputs, too.
    Raises InputError before anything is tracked for outputs that cannot be written or would replace an input, and for
    a tracker that cannot be run.
    """
    out = out.resolve()
    check_apart(jobs, out, lists)
    check_writable(json_file, JSON)
    check_start(tracker)
    sweep(make_folder(out))
    results: dict[str, JobResult] = {}
    tasks = []
    for job in jobs:
        try:
            key = job_key(job, tracker, strict)
        except InputError as error:
            results[job.name] = JobResult(str(error))
            continue
        if (found := load_result(out, job, key)) is not None:
            results[job.name] = found
        else:
            tasks.append(JobTask(job, replace(tracker, backbone=None), plan.threads, strict, out, key))
    if tasks:
        check_writable(out / ".boxes")  # no job could be done; what one of them alone lacks is for that one to tell
    before = set(results)
    progress = tqdm(total=len(jobs), initial=len(results), unit="job", disable=None)
    try:
        here = partial(attempt_job, backbone=tracker.backbone)
        with progress, closing(share_out(tasks, plan, execute_job, JobResult, here)) as outcomes:
            for task, result in outcomes:
                results[task.job.name] = result
                progress.update()
                check()
    finally:
        sweep(out)  # of workers that an interruption ended
    return _report(jobs, results, before, tracker, out, json_file)


def check_apart(jobs: Sequence[Job], out: Path, lists: Iterable[Path] = ()) -> None:
    """Raise InputError where a file of boxes would replace an input, of whichever job, or lie among frames."""
    inputs = {state: path for path in lists if (state := _identity(path)) is not None}
    beside: dict[tuple[Path, str], Path] = {}
    for source in {job.source for job in jobs}:
        beside[source.resolve().parent, source.stem] = source
        if source.is_dir() and (source.resolve() == out or source.resolve() in out.parents):
            raise InputError(f"{out}: lies in the input {source}, which stays as it is; give another folder")
        for path in (source, *annotations_of(source)):
            if (state := _identity(path)) is not None:
                inputs[state] = path
    for job in jobs:
        file = boxes_path(out, job)
        if video := next((v for s in (file.stem, Path(file.stem).stem) if (v := beside.get((out, s)))), None):
            raise InputError(f"{file}: would pass for the annotation of {video}, beside it; give another folder")
        if (state := _identity(file)) is not None and state in inputs:
            raise InputError(f"{file}: would replace the input {inputs[state]}; give another folder")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino


def _report(
    jobs: Sequence[Job], results: dict[str, JobResult], before: set[str], tracker: LoadedTracker, out: Path,
    json_file: Path | None,
) -> Report:  # fmt: skip
    rows: list[tuple[str, ...]] = []
    figures: dict[str, Any] = {}
    failures: list[str] = []
    warnings: list[str] = []
    for job in jobs:
        result = results[job.name]
        lost = result.lost / max(result.frames, 1)
        fps = 1000 / result.milliseconds if result.milliseconds else None
        if result.failure:
            rows.append((job.name, "", "", "", "failed"))
            figures[job.name] = {"source": str(job.source), "status": "failed", "failure": result.failure}
            failures.append(f"{job.name}: {result.failure}")
            continue
        status = "done before" if job.name in before else "done"
        rows.append((job.name, str(result.frames), number(fps, 1), f"{100 * lost:.1f} %", status))
        figures[job.name] = {
            "source": str(job.source),
            "status": status,
            "boxes": str(boxes_path(out, job)),
            "frames": result.frames,
            "fps": fps,
            "lost_share": lost,
            "warnings": list(result.warnings),
        }
        warnings += [f"{job.name}: {text}" for text in result.warnings]
    table = format_table(("job", "frames", "frames/s", "lost", "status"), rows)
    last = f"{len(jobs) - len(failures)} of {len(jobs)} jobs done, {sum(r.frames for r in results.values()):,} frames"
    if json_file is not None:
        try:
            write_json(json_file, {"jobs": figures, "tracker": tracker.name, "processor": processor_name()})
        except InputError as error:  # of a disk that is full by now: the jobs are done, and told
            failures.append(str(error))
    return Report(f"{table}\n{last}", failures, warnings)
