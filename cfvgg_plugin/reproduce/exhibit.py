"""A table or figure that shows trackers on one benchmark: run them, put the paper's figures beside, draw."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cfvgg_plugin.extras import import_extra
from cfvgg_plugin.files import JSON, check_outputs, check_writable, make_folder, write_json
from cfvgg_plugin.networks.store import PAPERS
from cfvgg_plugin.reproduce.benchmarks import OTB2015, coverage_notes, describe_datasets, missing_note
from cfvgg_plugin.reproduce.field import UNCOMPRESSED, Field, FieldJob, open_benchmark, prepare, run_field
from cfvgg_plugin.reproduce.job import Report
from cfvgg_plugin.threads import processor_name


@dataclass(frozen=True)
class Exhibit:
    """A table or figure of the paper."""

    name: str
    """As in `cfvgg reproduce NAME`."""
    title: str
    rows: tuple[str, ...]
    """The paper's trackers in it."""
    show: Callable[[Field | None], str]
    """The paper's figures and, where there is a field, ours and the differences, as text."""
    benchmark: str = OTB2015
    """Of the paper's figures."""
    paper: Mapping[str, Any] = field(default_factory=dict)
    """The paper's figures for the JSON file."""
    draw: Callable[[Field], Iterable[tuple[str, Any]]] | None = None
    """(ending of the file's name, matplotlib Figure) of every picture; None for a table."""
    only: tuple[str, ...] | None = None
    """The sequences that the paper shows; None: all."""
    notes: tuple[str, ...] = ()
    """What a reader must know, a sentence each."""


def make_exhibit(exhibit: Exhibit, job: FieldJob, ending: str = "svg") -> Report:
    """Show an exhibit; its figures go to OUT/NAME.json, its pictures to OUT/NAME-PICTURE.ENDING.

    Without a folder of the benchmark, the paper's figures are shown alone and nothing is run or written.
    Raises InputError before anything runs for input that cannot be used.
    """
    if exhibit.draw is not None:
        import_extra("matplotlib", "report", "figures need")
    plan = job.plan  # of options that contradict each other, it is this that complains
    dataset = open_benchmark(job, exhibit.only if job.sequences is None else None)
    if dataset is None or not dataset.sequences:
        none = [] if dataset is None else [f"{dataset.title} in {dataset.root}: none of these sequences"]
        text = [*none, *([missing_note(exhibit.benchmark)] if dataset is None else []), *exhibit.notes]
        return Report("\n".join([exhibit.title, "", exhibit.show(None), "", *text]), [], [])
    entrants, theirs = prepare(exhibit.rows, dataset, job)
    json_file, inputs = job.out / f"{exhibit.name}.json", list(job.networks.values())
    check_outputs([json_file], inputs, [dataset.root, job.results])
    if job.out.is_dir():
        check_outputs(job.out.glob(f"{exhibit.name}-*.{ending}"), inputs)
    make_folder(job.out)
    check_writable(json_file, JSON)
    found = run_field(dataset, entrants, theirs, job)
    pictures = _draw(exhibit, found, job.out, ending)
    notes = _notes(exhibit, found, job)
    content = {
        "name": exhibit.name,
        "paper": {"benchmark": exhibit.benchmark, "figures": dict(exhibit.paper)},
        "trackers": [
            {"paper": e.row, "source": e.source, "name": e.result.name} | e.result.summary() for e in found.entries
        ],
        "datasets": describe_datasets([dataset]),
        "networks": {variant: str(file) for variant, file in found.networks.items()},
        "left_out": list(found.left_out),
        "threads": plan.threads,
        "processor": processor_name(),
        "notes": notes,
    }
    write_json(json_file, content)
    shown = [exhibit.title, "", exhibit.show(found), "", *notes, *(f"drawn: {path}" for path in pictures)]
    return Report("\n".join(shown), [], list(found.failures))


def _draw(exhibit: Exhibit, found: Field, out: Path, ending: str) -> list[Path]:
    if exhibit.draw is None or not found.scored:
        return []
    from cfvgg_plugin.plots.save import save_figure  # noqa: PLC0415 (needs matplotlib, which tables do not)

    return [save_figure(figure, out / f"{exhibit.name}-{name}.{ending}") for name, figure in exhibit.draw(found)]


def _notes(exhibit: Exhibit, found: Field, job: FieldJob) -> list[str]:
    """The sentences below the exhibit."""
    timed = any(entry.result.fps is not None for entry in found.entries)
    absent = [row for row in exhibit.rows if not found.of(row)]
    hint = "--results DIR takes raw results" + (
        ", --weights baseline=imagenet-vgg-m-2048.mat runs ECO and DeepSTRCF" if set(absent) & set(UNCOMPRESSED) else ""
    )
    student = found.networks.get("student", f"the installed {PAPERS}")
    baseline = found.networks.get("baseline", "none")
    return [
        *coverage_notes(found.dataset, exhibit.benchmark),
        *([_left_out(found)] if found.left_out else []),
        f"networks: {student} as the student, {baseline} as the baseline",
        *([f"not at hand: {', '.join(absent)}; {hint}"] if absent else []),
        *exhibit.notes,
        *([f"frames/s: of the update, {job.threads} thread(s) of {processor_name()}"] if timed else []),
    ]


def _left_out(found: Field) -> str:
    return (
        f"all figures of ours are of the {found.scored} sequence(s) that every tracker has a score of; left out:"
        f" {', '.join(found.left_out)}"
    )
