"""A job as a piece of work that any process can do, and what it leaves in the folder.

FOLDER/NAME.csv         the boxes, as `cfvgg track --boxes`; it is there when the job is done
FOLDER/jobs/NAME.json   what it was made of, so that it is not done again, and how it went
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from cfvgg_plugin.errors import FrameError, InputError
from cfvgg_plugin.evaluation.pool import attempted
from cfvgg_plugin.evaluation.run import LoadedTracker, with_network
from cfvgg_plugin.evaluation.store import tracker_hash
from cfvgg_plugin.jobs.lists import Job
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import create_tracker
from cfvgg_plugin.system.documents import Document, read_json
from cfvgg_plugin.system.files import make_folder, reason, replacing, write_json
from cfvgg_plugin.system.threads import set_threads
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
        note = read_json(_note_path(out, job), Note, "note of a job")
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


def _note_path(out: Path, job: Job) -> Path:
    return out / "jobs" / f"{job.name}.json"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
