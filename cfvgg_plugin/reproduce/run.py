"""The job of `cfvgg reproduce`: check everything, train what is missing, run the rows, show the table."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cfvgg_plugin.datasets.otb import load_otb
from cfvgg_plugin.datasets.sequence import Sequence as Video
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.run import Entrant, evaluate
from cfvgg_plugin.files import check_writable, make_folder, write_json
from cfvgg_plugin.registry import full_names
from cfvgg_plugin.reproduce.job import Job
from cfvgg_plugin.reproduce.notes import notes_of, origin
from cfvgg_plugin.reproduce.tables import Measured, Row, Table, check_start, enter_row, measure
from cfvgg_plugin.reproduce.variants import Planned, plan, train_variant, training_videos
from cfvgg_plugin.threads import processor_name
from cfvgg_plugin.train.processes import joined


@dataclasses.dataclass(frozen=True)
class Report:
    """What a command tells its user."""

    text: str
    warnings: list[str]
    failures: list[str]
    """A line for every sequence that failed; it is left out of the means."""


def reproduce(table: Table, job: Job) -> Report:
    """Make a table; its figures also go to OUT/TABLE.json and the boxes below OUT/boxes.

    Raises InputError before any training and tracking for input that cannot be used.
    """
    with joined(job.device) as place:
        if place.world > 1:
            raise InputError("reproduce runs in one process: train with 'cfvgg train', then give --weights")
    sequences = load_otb(job.root, job.sequences)
    planned = plan(table.variants, job)
    trained_on = training_videos(planned)
    known = full_names()
    rows = [r for r in table.rows if r.tracker in known and (r.variant is None or r.variant in planned)]
    files = {row.key: planned[row.variant].file if row.variant is not None else None for row in rows}
    entrants = {
        row.key: enter_row(row, files[row.key]) for row in rows if row.variant is None or planned[row.variant].ready
    }
    for key, entrant in entrants.items():
        check_start(entrant, files[key], sequences[0])
    json_file = make_folder(job.out) / f"{table.name}.json"
    check_writable(json_file)
    warnings = [f"{name}: {line}" for name, item in planned.items() for line in train_variant(item, job)]
    entrants = {row.key: entrants.get(row.key) or enter_row(row, files[row.key]) for row in rows}
    measured = _run_rows(entrants, files, sequences, job.out / "boxes")
    notes = notes_of(table, job, sequences, planned, measured, trained_on)
    write_json(json_file, _content(table, job, sequences, planned, measured, notes))
    text = "\n".join([table.title, "", table.render(table.rows, measured), "", *notes])
    failures = [
        f"{key} on {s.name}: {s.failure}" for key, m in measured.items() for s in m.result.sequences if s.failure
    ]
    return Report(text, warnings, failures)


def _run_rows(
    entrants: Mapping[str, Entrant], files: Mapping[str, Path | None], sequences: Sequence[Video], boxes: Path
) -> dict[str, Measured]:
    frames = sum(len(s.frames) for s in sequences) * len(entrants)
    measured = {}
    with tqdm(total=frames, unit="frame", disable=None) as progress:
        for key, entrant in entrants.items():
            progress.set_description(key)
            result = evaluate(entrant, sequences, boxes, progress.update)
            measured[key] = measure(entrant, result, files[key])
    return measured


def _content(
    table: Table, job: Job, sequences: Sequence[Video], planned: Mapping[str, Planned],
    measured: Mapping[str, Measured], notes: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """The table's JSON file; AUC in per cent, as in the paper, but from 0 to 1 for single sequences."""
    return {
        "table": table.name,
        "rows": {row.key: {"paper": dataclasses.asdict(row.paper), "ours": _ours(row, measured)} for row in table.rows},
        "networks": {name: origin(item) for name, item in planned.items()},
        "root": str(job.root),
        "sequences": [s.name for s in sequences],
        "threads": job.threads,
        "processor": processor_name(),
        "notes": list(notes),
    }


def _ours(row: Row, measured: Mapping[str, Measured]) -> dict[str, Any] | None:
    if (found := measured.get(row.key)) is None:
        return None
    return {
        "tracker": found.ran,
        "network": row.variant,
        "auc": found.auc,
        "fps": found.fps,
        "megabytes": found.megabytes,
        "sequences": found.result.summary()["sequences"],
    }
