"""Lists of jobs: a table of videos and first boxes, source,x,y,w,h and perhaps name,start,end."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cfvgg_plugin.boxes import Box, as_box
from cfvgg_plugin.datasets.images import VIDEO_ENDINGS
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import check_name, read_lines
from cfvgg_plugin.video.span import Span, parse_span

NEEDED = ("source", "x", "y", "w", "h")
FURTHER = ("name", "start", "end")


@dataclass(frozen=True)
class Job:
    """A target in a video."""

    name: str
    """That of its file of boxes, without the ending; no two are alike, whatever the case of their letters."""
    source: Path
    """A video or a folder of frames, absolute; it may be missing."""
    box: Box
    """The target in the first frame of `span`: pixels, 0-based."""
    span: Span


def read_jobs(path: Path, every: int = 1) -> list[Job]:
    """The jobs of a list, at least one; sources are relative to the list's folder. `every`: of each job's span.

    Raises InputError, which names file and line, for anything that cannot be a job; videos are not looked for.
    """
    rows = csv.reader(read_lines(path, "a list of jobs"), strict=True)
    jobs: list[Job] = []
    lines: dict[str, int] = {}
    try:
        columns = _columns(next(rows, []))
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(columns):
                raise InputError(f"{len(row)} values, {len(columns)} expected ({','.join(columns)})")
            cells = {name: cell.strip() for name, cell in zip(columns, row, strict=True)}
            job = _job(cells, path.resolve().parent, every)
            if before := lines.get(job.name.casefold()):
                raise InputError(f"job {job.name!r} is there already, in line {before}; tell them apart in 'name'")
            lines[job.name.casefold()] = rows.line_num
            jobs.append(job)
    except (InputError, csv.Error) as error:
        raise InputError(f"{path}: line {max(rows.line_num, 1)}: {error}") from None
    if not jobs:
        raise InputError(f"{path}: no jobs in it")
    return jobs


def _columns(head: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in head]
    expected = f"{','.join(NEEDED)} and perhaps {','.join(FURTHER)} are expected in the first line, with commas between"
    for name in columns:
        if name not in NEEDED + FURTHER or columns.count(name) > 1:
            fault = "is there twice" if columns.count(name) > 1 else "is unknown"
            raise InputError(f"column {name[:40]!r} {fault}; {expected}")
    if missing := [name for name in NEEDED if name not in columns]:
        raise InputError(f"column {missing[0]!r} is missing; {expected}")
    return columns


def _job(cells: Mapping[str, str], folder: Path, every: int) -> Job:
    source = cells["source"]
    if not source or "\0" in source:
        raise InputError("no source; a video or a folder of frames is expected")
    if "://" in source:
        raise InputError(f"source {source[:100]}: a stream is tracked by itself; files and folders are expected")
    numbers = []
    for side in "xywh":
        try:
            numbers.append(float(cells[side]))
        except ValueError:
            raise InputError(f"{side} {cells[side][:40]!r}: a number is expected") from None
    box = as_box(numbers)
    if box.w < 1 or box.h < 1:
        raise InputError(f"box {cells['w']}x{cells['h']}: width and height must be at least 1 pixel")
    path = folder / source
    name = cells.get("name") or (path.stem if path.suffix.lower() in VIDEO_ENDINGS else path.name)
    span = parse_span(cells.get("start") or None, cells.get("end") or None, every)
    return Job(check_name(name, "job"), path, box, span)
