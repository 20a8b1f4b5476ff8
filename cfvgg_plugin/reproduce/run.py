"""The job of `cfvgg reproduce`: check everything, train what is missing, run the rows, show the table."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.evaluate import Plan, evaluate
from cfvgg_plugin.evaluation.run import Entrant
from cfvgg_plugin.evaluation.store import open_dataset_folder
from cfvgg_plugin.files import JSON, check_outputs, check_writable, make_folder, write_json
from cfvgg_plugin.registry import full_names
from cfvgg_plugin.reproduce.benchmarks import describe_datasets, open_datasets, stands_for
from cfvgg_plugin.reproduce.job import Job, Report
from cfvgg_plugin.reproduce.notes import notes_of, origin
from cfvgg_plugin.reproduce.tables import Measured, Row, Table, check_start, enter_network, measure
from cfvgg_plugin.reproduce.variants import Planned, made_of, plan, read_by, train_variant, training_videos
from cfvgg_plugin.threads import processor_name
from cfvgg_plugin.train.processes import joined


def reproduce(table: Table, job: Job) -> Report:
    """Make a table; its figures also go to OUT/TABLE.json and the boxes below OUT/boxes.

    Raises InputError before any training and tracking for input that cannot be used.
    """
    with joined(job.device) as place:
        if place.world > 1:
            raise InputError("reproduce runs in one process: train with 'cfvgg train', then give --weights")
    datasets = open_datasets(table.benchmarks, job.datasets, job.sequences)
    planned = plan(table.variants, job)
    trained_on = training_videos(planned)
    known = full_names()
    rows = [r for r in table.rows if r.tracker in known and (r.variant is None or r.variant in planned)]
    files = {row.key: planned[row.variant].file if row.variant is not None else None for row in rows}
    entrants = {
        row.key: enter_network(row.tracker, row.variant, files[row.key])
        for row in rows
        if row.variant is None or planned[row.variant].ready
    }
    for key, entrant in entrants.items():
        check_start(entrant, files[key], datasets[0].sequences[0])
    json_file = job.out / f"{table.name}.json"
    check_outputs([json_file, *made_of(planned)], read_by(planned, job), [d.root for d in datasets])
    make_folder(job.out)
    check_writable(json_file, JSON)
    warnings = [f"{name}: {line}" for name, item in planned.items() for line in train_variant(item, job)]
    for row in rows:
        if row.key not in entrants:
            entrants[row.key] = enter_network(row.tracker, row.variant, files[row.key])
    entrants = {row.key: entrants[row.key] for row in rows}
    found = {stands_for(dataset.name): _run_rows(entrants, files, dataset, job) for dataset in datasets}
    notes = notes_of(table, job, datasets, planned, found, trained_on)
    write_json(json_file, _content(table, job, datasets, planned, found, notes))
    text = "\n".join([table.title, "", table.render(table.rows, found), "", *notes])
    failures = [
        f"{key} on {s.name}: {s.failure}"
        for measured in found.values() for key, m in measured.items() for s in m.result.sequences if s.failure
    ]  # fmt: skip
    return Report(text, warnings, failures)


def _run_rows(
    entrants: Mapping[str, Entrant], files: Mapping[str, Path | None], dataset: Dataset, job: Job
) -> dict[str, Measured]:
    sequences, folder = dataset.sequences, open_dataset_folder(job.out / "boxes", dataset)
    frames = sum(len(s.frames) for s in sequences) * len(entrants)
    measured, timed = {}, Plan(threads=job.threads, timing=True)
    with tqdm(total=frames, unit="frame", disable=None) as progress:
        for key, entrant in entrants.items():
            progress.set_description(key)
            (result,) = evaluate([entrant], sequences, folder, timed, progress.update)
            measured[key] = measure(entrant, result, files[key])
    return measured


def _content(
    table: Table, job: Job, datasets: Sequence[Dataset], planned: Mapping[str, Planned],
    found: Mapping[str, Mapping[str, Measured]], notes: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """The table's JSON file; AUC in per cent, as in the paper, but from 0 to 1 for single sequences."""
    rows = {}
    for row in table.rows:
        ours = {d.name: _ours(row, found[stands_for(d.name)]) for d in datasets}
        rows[row.key] = {"paper": dataclasses.asdict(row.paper), "ours": ours}
    return {
        "table": table.name,
        "rows": rows,
        "networks": {name: origin(item) for name, item in planned.items()},
        "datasets": describe_datasets(datasets),
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
