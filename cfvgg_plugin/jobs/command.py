"""The job of `cfvgg track --list`: what is done already stays, the rest is shared out, and all of it is told."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cfvgg_plugin.datasets.clips import annotations_of
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.pool import Plan, share_out
from cfvgg_plugin.evaluation.run import LoadedTracker, check_start
from cfvgg_plugin.evaluation.table import format_table
from cfvgg_plugin.jobs.lists import Job
from cfvgg_plugin.jobs.work import JobResult, JobTask, attempt_job, boxes_path, execute_job, job_key, load_result
from cfvgg_plugin.system.files import JSON, check_writable, make_folder, sweep, write_json
from cfvgg_plugin.system.interrupts import check
from cfvgg_plugin.system.threads import processor_name

DONE, BEFORE, FAILED = "done", "done before", "failed"


@dataclass(frozen=True)
class JobReport:
    """What the command tells its user."""

    text: str
    warnings: list[str]
    failures: list[str]


def run_jobs(
    jobs: Sequence[Job], tracker: LoadedTracker, out: Path, plan: Plan, strict: bool = False,
    json_file: Path | None = None, lists: Sequence[Path] = (),
) -> JobReport:  # fmt: skip
    """Do the jobs that are not done in the folder `out`; a job that fails is named, and the others are done.

    lists: files in which they stand, which are inputs, too.
    Raises InputError before anything is tracked for outputs that cannot be written or would replace an input, and for
    a tracker that cannot be run.
    """
    out = out.resolve()
    check_apart(jobs, out, lists)
    if json_file is not None:
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
    """What a file has in common under all its names; None where there is none."""
    try:
        state = path.stat()
    except (OSError, ValueError):
        return None
    return state.st_dev, state.st_ino


def _report(
    jobs: Sequence[Job], results: dict[str, JobResult], before: set[str], tracker: LoadedTracker, out: Path,
    json_file: Path | None,
) -> JobReport:  # fmt: skip
    rows, figures = [], {}
    for job in jobs:
        result = results[job.name]
        status = FAILED if result.failure else BEFORE if job.name in before else DONE
        rows.append((job.name, *_cells(result), status))
        figures[job.name] = _figures(job, result, status, out)
    failures = [f"{name}: {result.failure}" for name, result in _in_order(jobs, results) if result.failure]
    warnings = [f"{name}: {text}" for name, result in _in_order(jobs, results) for text in result.warnings]
    if json_file is not None:
        try:
            write_json(json_file, {"jobs": figures, "tracker": tracker.name, "processor": processor_name()})
        except InputError as error:  # of a disk that is full by now: the jobs are done, and told
            failures.append(str(error))
    frames = sum(result.frames for result in results.values())
    done = sum(not results[job.name].failure for job in jobs)
    last = f"{done} of {len(jobs)} jobs done, {frames:,} frames"
    return JobReport(
        format_table(("job", "frames", "frames/s", "lost", "status"), rows) + f"\n{last}", warnings, failures
    )


def _in_order(jobs: Sequence[Job], results: dict[str, JobResult]) -> list[tuple[str, JobResult]]:
    return [(job.name, results[job.name]) for job in jobs]


def _cells(result: JobResult) -> tuple[str, str, str]:
    if result.failure:
        return "", "", ""
    speed = f"{1000 / result.milliseconds:.1f}" if result.milliseconds else ""
    return str(result.frames), speed, f"{100 * result.lost / max(result.frames, 1):.1f} %"


def _figures(job: Job, result: JobResult, status: str, out: Path) -> dict[str, Any]:
    """As JSON values."""
    head = {"source": str(job.source), "status": status}
    if result.failure:
        return head | {"failure": result.failure}
    return head | {
        "boxes": str(boxes_path(out, job)),
        "frames": result.frames,
        "fps": 1000 / result.milliseconds if result.milliseconds else None,
        "lost_share": result.lost / max(result.frames, 1),
        "warnings": list(result.warnings),
    }
