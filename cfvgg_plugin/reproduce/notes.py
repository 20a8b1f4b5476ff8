"""What stands below a table: on how much it rests, and how its networks came about."""

from collections.abc import Mapping, Sequence
from typing import Any

from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.store import PAPERS
from cfvgg_plugin.reproduce.benchmarks import coverage_notes, missing_note
from cfvgg_plugin.reproduce.table import BASELINE, Measurements, PaperTable, Request
from cfvgg_plugin.reproduce.trackers import UNCOMPRESSED
from cfvgg_plugin.reproduce.variants import Planned
from cfvgg_plugin.threads import processor_name

TRAINING = (
    "the paper trains on the videos of ILSVRC-2015 with VGG-M as the teacher, for 50 epochs; with other data, another"
    " teacher or fewer steps, compare our rows with each other, not with the paper's"
)


def notes_of(
    table: PaperTable, request: Request, found: Sequence[Measurements], planned: Mapping[str, Planned],
    trained_on: set[str],
) -> list[str]:  # fmt: skip
    """The sentences below the table; `trained_on` are the names of training videos."""
    given = [part.benchmark for part in found]
    timed = any(measured.result.fps is not None for measured in found[0].trackers)
    return [
        *(line for part in found for line in coverage_notes(part.dataset, part.benchmark)),
        *(missing_note(benchmark) for benchmark in table.benchmarks if benchmark not in given),
        *(
            _on_networks(table, found, planned, trained_on)
            if table.variants
            else _on_trackers(table, found[0], planned)
        ),
        *table.notes,
        *(
            [f"frames/s: of the update, {request.threads} thread(s) of {processor_name()}"]
            * (timed or bool(table.variants))
        ),
    ]


def _on_networks(
    table: PaperTable, found: Sequence[Measurements], planned: Mapping[str, Planned], trained_on: set[str]
) -> list[str]:
    """How the networks of a table of networks came about, and what that means."""
    seen = sorted(trained_on.intersection(s.name for part in found for s in part.dataset.sequences))
    facts = {name: origin(item) for name, item in planned.items()}
    steps = {fact["steps"] for fact in facts.values() if "steps" in fact}
    rows = {row: found[0].first(row.name) for row in table.rows}  # every dataset has the same
    baseline = {m.ran for row, m in rows.items() if m is not None and row.network == BASELINE.name}
    missing = sorted({str(row.tracker) for row, m in rows.items() if m is None and row.network in planned})
    return [
        *(f"{name}: {_sentence(fact)}" for name, fact in facts.items()),
        *([f"baseline ran as {', '.join(sorted(baseline))}"] if baseline else []),
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
    student = planned["student"].file if "student" in planned else f"the installed {PAPERS}"
    baseline = planned["baseline"].file if "baseline" in planned else "none"
    left_out = (
        f"all figures of ours are of the {found.scored} sequence(s) that every tracker has a score of; left out:"
        f" {', '.join(found.left_out)}"
    )
    return [
        *([left_out] if found.left_out else []),
        f"networks: {student} as the student, {baseline} as the baseline",
        *([f"not at hand: {', '.join(absent)}; {hint}"] if absent else []),
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
