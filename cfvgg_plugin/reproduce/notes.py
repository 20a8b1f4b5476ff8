"""What stands below a table: on how much it rests, and how its networks came about."""

from collections.abc import Mapping, Sequence
from typing import Any

from cfvgg_plugin.datasets.known import DATASETS
from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.store import PAPERS
from cfvgg_plugin.reproduce.table import BASELINE, PLAIN, STUDENT, Measurements, PaperTable, Request
from cfvgg_plugin.reproduce.trackers import UNCOMPRESSED
from cfvgg_plugin.reproduce.variants import Planned
from cfvgg_plugin.system.machine import processor_name

TRAINING = (
    "the paper trains on the videos of ILSVRC-2015 with VGG-M as the teacher, for 50 epochs; with other data, another"
    " teacher or fewer steps, compare our rows with each other, not with the paper's"
)


def notes_of(
    table: PaperTable, request: Request, found: Sequence[Measurements], planned: Mapping[str, Planned],
    trained_on: set[str],
) -> list[str]:  # fmt: skip
    """The sentences below the table; `trained_on` are the names of training videos."""
    notes = [line for part in found for line in coverage_notes(part.dataset, part.benchmark)]
    notes += [missing_note(name) for name in table.benchmarks if name not in [part.benchmark for part in found]]
    if table.variants:
        notes += [*_on_networks(table, found, planned, trained_on), *table.notes]
    else:
        notes += [*_on_trackers(table, found[0], planned), *table.notes]
    if table.variants or any(m.result.fps is not None for m in found[0].trackers):
        notes.append(f"frames/s: of the update, {request.threads} thread(s) of {processor_name()}")
    return notes


def coverage_notes(dataset: Dataset, benchmark: str) -> list[str]:
    """On how much ours rests, and what that means for the differences to the paper's figures, of `benchmark`."""
    names, whole = [s.name for s in dataset.sequences], DATASETS[benchmark]
    frames = f"{sum(len(s.frames) for s in dataset.sequences):,} frames"
    listed = ", ".join(names) if len(names) <= 12 else f"{names[0]} to {names[-1]}"
    if dataset.name == benchmark:
        first = f"ours: {len(names)} of {whole.title}'s {whole.total} sequences, {frames} ({listed})"
    else:
        where = "at hand" if dataset.name == PLAIN else f"of {dataset.title}"
        paper = f"the paper: the {whole.total} of {whole.title}"
        first = f"ours: {len(names)} sequence(s) {where}, {frames} ({listed}); {paper}"
    if dataset.name == benchmark and len(names) == whole.total:
        return [first]
    return [
        first,
        f"NOT COMPARABLE with the paper: its figures are of all of {whole.title}, and other sequences are harder or"
        " easier; a difference says something only between rows on the same sequences",
    ]


def missing_note(benchmark: str) -> str:
    """What is said of a benchmark that is not given."""
    return f"{DATASETS[benchmark].title}: not at hand, so only the paper's figures (--dataset {benchmark} --root DIR)"


def _on_networks(
    table: PaperTable, found: Sequence[Measurements], planned: Mapping[str, Planned], trained_on: set[str]
) -> list[str]:
    """How the networks of a table of networks came about, and what that means."""
    seen = sorted(trained_on.intersection(s.name for part in found for s in part.dataset.sequences))
    facts = {name: origin(item) for name, item in planned.items()}
    steps = {fact["steps"] for fact in facts.values() if "steps" in fact}
    ran = {row: found[0].first(row.name).ran for row in table.rows}  # every dataset has the same
    baseline = sorted({name for row, name in ran.items() if name and row.network == BASELINE.name})
    missing = sorted({str(row.tracker) for row, name in ran.items() if not name and row.network in planned})
    return [
        *(f"{name}: {_sentence(fact)}" for name, fact in facts.items()),
        *([f"baseline ran as {', '.join(baseline)}"] if baseline else []),
        *(["the students were not trained for equally many steps"] if len(steps) > 1 else []),
        *([f"ALSO AMONG THE TRAINING VIDEOS, by name: {', '.join(seen)}"] if seen else []),
        *(f"left out: there is no setting {name} here" for name in missing),
        TRAINING,
    ]


def _on_trackers(table: PaperTable, found: Measurements, planned: Mapping[str, Planned]) -> list[str]:
    """What a table of trackers lacks, and the networks that they ran on."""
    absent = [row.name for row in table.rows if not found.of(row.name)]
    hint = "--results DIR takes raw results"
    if set(absent) & set(UNCOMPRESSED):
        hint += ", --weights baseline=imagenet-vgg-m-2048.mat runs ECO and DeepSTRCF"
    files = {name: str(item.file) for name, item in planned.items()}
    student, baseline = files.get(STUDENT.name, f"the installed {PAPERS}"), files.get(BASELINE.name, "none")
    notes = [f"networks: {student} as the student, {baseline} as the baseline"]
    if found.left_out:
        only = f"all figures of ours are of the {found.scored} sequence(s) that every tracker has a score of"
        notes.insert(0, f"{only}; left out: {', '.join(found.left_out)}")
    return notes + [f"not at hand: {', '.join(absent)}; {hint}"] * bool(absent)


def origin(planned: Planned) -> dict[str, Any]:
    """Where a variant's weights come from; JSON values."""
    found: dict[str, Any] = {"file": str(planned.file)}
    if planned.file.suffix.lower() == ".onnx":
        return found
    weights = load_weights(planned.file)
    found |= {"sha256": weights.sha256, "network": settings_text(weights.settings)}
    if "recipe_sha256" in weights.recipe:
        recipe = weights.recipe["recipe"]
        given = (recipe["teacher"], *recipe.get("teachers", ())) if weights.recipe["teacher_sha256"] else ()
        teachers = ", ".join(teacher["file"] for teacher in given if teacher)
        found |= {name: weights.recipe[name] for name in ("steps", "pairs", "data", "recipe_sha256")}
        found |= {"recipe": recipe["name"], "loss": recipe["loss"], "teacher": teachers or None}
        start = weights.recipe.get("init")  # older files do not have it
        found |= {"start_sha256": start["sha256"], "start_steps": start["history"].get("steps")} if start else {}
    return found


def _sentence(fact: Mapping[str, Any]) -> str:
    if "steps" not in fact:
        return f"{fact['file']}, how it was trained is not in the file"
    data = ", ".join(f"{count:,} of {name}" for name, count in fact["data"].items())
    start = ""
    if "start_sha256" in fact:
        before = "" if fact["start_steps"] is None else f" after {fact['start_steps']:,} steps of its own"
        start = f", from the student {fact['start_sha256'][:8]}{before}"
    return (
        f"{fact['steps']:,} steps ({fact['pairs']:,} pairs) of recipe {fact['recipe']}, loss {fact['loss']},"
        f" {fact['network']}, teacher {fact['teacher'] or 'none'}, data {data}{start}"
    )
