"""The job of `cfvgg reproduce`: check everything, train what is missing, run the rows, show and draw them."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from cfvgg_plugin.datasets.known import DATASETS, load_dataset
from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.evaluate import evaluate
from cfvgg_plugin.evaluation.raw import read_results
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.evaluation.run import LoadedTracker
from cfvgg_plugin.evaluation.store import open_dataset_folder
from cfvgg_plugin.evaluation.table import Report, common
from cfvgg_plugin.reproduce.notes import missing_note, notes_of, origin
from cfvgg_plugin.reproduce.paper import OTB2015
from cfvgg_plugin.reproduce.table import PLAIN, RAW, Measured, Measurements, PaperRow, PaperTable, Request
from cfvgg_plugin.reproduce.trackers import choose_rows, load_row, ran_as, row_of_folder, try_start
from cfvgg_plugin.reproduce.variants import Planned, files_of, made_of, plan, read_by, train_variant, training_videos
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.system.files import JSON, check_outputs, check_writable, make_folder, write_json
from cfvgg_plugin.system.machine import processor_name
from cfvgg_plugin.train.processes import joined

Runs = Mapping[PaperRow, LoadedTracker]
Files = Mapping[str, Path | None]
"""Weights by variant."""


def reproduce(table: PaperTable, request: Request) -> Report:
    """Make a table or figure; its figures go to OUT/NAME.json, its pictures to OUT/NAME-PICTURE.ENDING.

    Without a dataset, the paper's figures are shown alone and nothing is run or written.
    Raises InputError before any training and tracking for input that cannot be used.
    """
    if table.draw is not None:
        import_extra("matplotlib", "report", "figures need")
    table.plan(request)  # of options that contradict each other, it is this that complains
    if table.variants:
        with joined(request.device) as process:
            if process.world > 1:
                raise InputError("reproduce runs in one process: train with 'cfvgg train', then give --weights")
    datasets = _open_datasets(table, request)
    if not any(dataset.sequences for dataset in datasets):
        missing = [f"{d.title} in {d.root}: none of these sequences" for d in datasets]
        notes = [*(missing or [missing_note(table.benchmarks[0])]), *table.notes]
        return Report("\n".join([table.title, "", table.show(Measurements()), "", *notes]))
    planned = plan(table.variants, request)
    trained_on = training_videos(planned)
    files = files_of(table.variants, planned)
    rows = choose_rows(table, request.trackers, files)
    runs = {
        row: _load_row(table, row, files) for row in rows if row.network not in planned or planned[row.network].ready
    }
    if table.variants:
        for row, run in runs.items():
            try_start(run, files.get(row.network), datasets[0].sequences[0])
    theirs = read_results(request.results, datasets[0].sequences).trackers if request.results is not None else []
    json_file = _check_files(table, request, datasets, planned)
    warnings = [f"{name}: {line}" for name, item in planned.items() for line in train_variant(item, request)]
    runs = {row: runs.get(row) or _load_row(table, row, files) for row in rows}
    found = [_measure(table, runs, files, dataset, theirs, request) for dataset in datasets]
    pictures = _draw(table, found[0], request)
    notes = notes_of(table, request, found, planned, trained_on)
    write_json(json_file, _content(table, found, planned, request) | {"notes": notes})
    text = [table.title, "", table.show(*found), "", *notes, *(f"drawn: {path}" for path in pictures)]
    return Report("\n".join(text), [line for part in found for line in part.failures], warnings)


def _open_datasets(table: PaperTable, request: Request) -> list[Dataset]:
    """The datasets given, or those of their sequences that the paper shows.

    Raises InputError for a dataset that is none of the table's, two of one benchmark, a folder without sequences,
    names in --sequences that it lacks or that are to choose from several, and options for sequences without any.
    """
    names = [name for name, _ in request.datasets]
    if not names and (request.trackers or request.sequences is not None or request.results is not None):
        raise InputError("--tracker, --sequences and --results are for sequences: give their folder by --root")
    for name in names if table.variants else ():
        if _stands_for(name) not in table.benchmarks:
            raise InputError(f"--dataset {name}: the paper's figures are of {', '.join(table.benchmarks)}")
        if [_stands_for(other) for other in names].count(_stands_for(name)) > 1:
            raise InputError(f"--dataset: {DATASETS[_stands_for(name)].title} is given twice")
    if request.sequences is not None and len(names) > 1:
        raise InputError("--sequences: chooses from one --dataset")
    datasets = [load_dataset(name, root, request.sequences) for name, root in request.datasets]
    if (only := table.only) is None or request.sequences is not None:
        return datasets
    return [dataclasses.replace(d, sequences=tuple(s for s in d.sequences if s.name in only)) for d in datasets]


def _stands_for(dataset: str) -> str:
    return OTB2015 if dataset == PLAIN else dataset


def _load_row(table: PaperTable, row: PaperRow, files: Files) -> LoadedTracker:
    """The row's tracker; a row that is a network is called by its own name, for several of them are one tracker."""
    return load_row(row, files.get(row.network), row.name if table.variants else "")


def _check_files(
    table: PaperTable, request: Request, datasets: Sequence[Dataset], planned: Mapping[str, Planned]
) -> Path:
    """The JSON file. Raises InputError where one that is made would replace one that is read, or cannot be written."""
    json_file, inputs = request.out / f"{table.name}.json", read_by(planned, request)
    check_outputs([json_file, *made_of(planned)], inputs, [*(d.root for d in datasets), request.results])
    if request.out.is_dir():
        check_outputs(request.out.glob(f"{table.name}-*.{request.ending}"), inputs)
    make_folder(request.out)
    check_writable(json_file, JSON)
    return json_file


def _measure(
    table: PaperTable, runs: Runs, files: Files, dataset: Dataset, theirs: Sequence[TrackerResult], request: Request
) -> Measurements:
    """Run our trackers and put the others' results beside them.

    Boxes go to OUT/boxes/DATASET; what is there already is not run again. Raises InputError where they cannot be
    written.
    """
    sequences, folder = dataset.sequences, open_dataset_folder(request.out / "boxes", dataset)
    together = [[run] for run in runs.values()] if table.variants else [list(runs.values())]
    ours: list[TrackerResult] = []
    with tqdm(total=sum(len(s.frames) for s in sequences) * len(runs), unit="frame", disable=None) as progress:
        for some in together:
            progress.set_description(some[0].label if table.variants else dataset.title)
            ours += evaluate(some, sequences, folder, table.plan(request), progress.update)
    results, benchmark = [*ours, *theirs], _stands_for(dataset.name)
    names = [s.name for s in sequences] if table.variants or not results else common(results)
    measured = [
        Measured(row.name, ran_as(run), result.only(names), files.get(row.network))
        for (row, run), result in zip(runs.items(), ours, strict=True)
    ]
    measured += [Measured(row_of_folder(result.name), RAW, result.only(names)) for result in theirs]
    return Measurements(
        dataset,
        benchmark if benchmark in table.benchmarks else table.benchmarks[0],
        tuple(measured),
        tuple(s.name for s in sequences if s.name not in names),
        tuple(line for result in results for line in result.failures),
    )


def _draw(table: PaperTable, found: Measurements, request: Request) -> list[Path]:
    if table.draw is None or not found.scored:
        return []
    from cfvgg_plugin.plots.style import save_figure  # noqa: PLC0415 (needs matplotlib, which tables do not)

    path = request.out / table.name
    return [save_figure(figure, Path(f"{path}-{name}.{request.ending}")) for name, figure in table.draw(found)]


def _content(
    table: PaperTable, found: Sequence[Measurements], planned: Mapping[str, Planned], request: Request
) -> dict[str, Any]:
    """JSON values; of a table of networks AUC in per cent, as in the paper; else and of sequences from 0 to 1."""
    datasets = {
        d.name: {"root": str(d.root), "sequences": [s.name for s in d.sequences], "total": d.total}
        for d in (part.dataset for part in found)
    }
    machine = {"threads": request.threads, "processor": processor_name()}
    if table.variants:
        rows = {}
        for row in table.rows:
            ours = {part.dataset.name: _figures(row, part.first(row.name)) for part in found}
            rows[row.name] = {"paper": vars(row.paper), "ours": ours}
        networks = {name: origin(item) for name, item in planned.items()}
        return {"table": table.name, "rows": rows, "networks": networks, "datasets": datasets} | machine
    here = found[0]
    return {
        "name": table.name,
        "paper": {"benchmark": table.benchmarks[0], "figures": dict(table.paper)},
        "trackers": [
            {"paper": m.row, "source": m.ran, "name": m.result.name} | m.result.summary() for m in here.trackers
        ],
        "datasets": datasets,
        "networks": {name: str(item.file) for name, item in planned.items()},
        "left_out": list(here.left_out),
    } | machine


def _figures(row: PaperRow, found: Measured) -> dict[str, Any] | None:
    if not found.ran:
        return None
    figures = {"tracker": found.ran, "network": row.network or None, "auc": found.auc, "fps": found.result.fps}
    return figures | {"megabytes": found.megabytes, "sequences": found.result.summary()["sequences"]}
