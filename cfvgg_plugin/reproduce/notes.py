"""What stands below a table: on how much it rests, and how its networks came about."""

from collections.abc import Mapping, Sequence
from typing import Any

from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.reproduce.benchmarks import coverage_notes, missing_note, stands_for
from cfvgg_plugin.reproduce.job import Job
from cfvgg_plugin.reproduce.tables import Measured, Table
from cfvgg_plugin.reproduce.variants import BASELINE, Planned
from cfvgg_plugin.threads import processor_name

PAPER = (
    "the paper trains on the videos of ILSVRC-2015 with VGG-M as the teacher, for 50 epochs; with other data, another"
    " teacher or fewer steps, compare our rows with each other, not with the paper's"
)


def notes_of(
    table: Table, job: Job, datasets: Sequence[Dataset], planned: Mapping[str, Planned],
    found: Mapping[str, Mapping[str, Measured]], trained_on: set[str],
) -> list[str]:  # fmt: skip
    """The sentences below the table; `trained_on` are the names of training videos."""
    seen = sorted(trained_on.intersection(s.name for dataset in datasets for s in dataset.sequences))
    given = [stands_for(dataset.name) for dataset in datasets]
    measured = found[given[0]]  # every dataset has the same rows
    facts = {name: origin(item) for name, item in planned.items()}
    steps = {fact["steps"] for fact in facts.values() if "steps" in fact}
    missing = sorted({row.tracker for row in table.rows if row.variant in planned and row.key not in measured})
    return [
        *(line for d, benchmark in zip(datasets, given, strict=True) for line in coverage_notes(d, benchmark)),
        *(missing_note(benchmark) for benchmark in table.benchmarks if benchmark not in given),
        *(f"{name}: {_sentence(fact)}" for name, fact in facts.items()),
        *_baseline_settings(table, measured),
        *(["the students were not trained for equally many steps"] if len(steps) > 1 else []),
        *([f"ALSO AMONG THE TRAINING VIDEOS, by name: {', '.join(seen)}"] if seen else []),
        *(f"left out: there is no setting {name} here" for name in missing),
        PAPER,
        *table.notes,
        f"frames/s: of the update, {job.threads} thread(s) of {processor_name()}",
    ]


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


def _baseline_settings(table: Table, measured: Mapping[str, Measured]) -> list[str]:
    """Which settings ran with the baseline's network."""
    ran = {measured[row.key].ran for row in table.rows if row.variant == BASELINE.name and row.key in measured}
    return [f"baseline ran as {', '.join(sorted(ran))}"] if ran else []
