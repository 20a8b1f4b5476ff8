"""The training loop: steps, checkpoints, quick scores, and the weight file at the end."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from cfvgg_plugin import __version__
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import Weights, save_weights
from cfvgg_plugin.system.files import make_folder, write_json
from cfvgg_plugin.system.interrupts import held
from cfvgg_plugin.system.machine import processor_name
from cfvgg_plugin.train.cache import Cache
from cfvgg_plugin.train.distiller import Distiller, make_student
from cfvgg_plugin.train.loader import Batch, PairDataset, load_batches
from cfvgg_plugin.train.processes import Process, gather_skipped, mean_over, shared
from cfvgg_plugin.train.progress import Log, Progress, load_checkpoint, save_checkpoint
from cfvgg_plugin.train.recipe import Recipe
from cfvgg_plugin.train.teacher import TeacherMaps, Teachers, open_teachers
from cfvgg_plugin.train.validation import Trial, localise, make_trials, quality

LOG_EVERY = 20
"""Steps between lines of the log."""


@dataclass(frozen=True)
class Trained:
    """What a finished run leaves."""

    weights: Weights
    file: Path
    progress: Progress
    scores: dict[str, list[float]]
    """Of `localise`; empty without held-out videos."""
    refused: str = ""
    """Why the cache stored nothing any more."""

    def warnings(self) -> list[str]:
        """What the user should know of: files that were passed over, a cache that was full."""
        skipped = self.progress.skipped
        first = next(iter(skipped), "")
        lost = f"{len(skipped)} file(s) could not be decoded and were skipped, {first} first" if skipped else ""
        return [line for line in (lost, self.refused) if line]


@dataclass
class Run:
    """The moving parts of a run."""

    recipe: Recipe
    process: Process
    distiller: Distiller
    optimizer: torch.optim.Optimizer
    average: dict[str, Tensor]
    progress: Progress
    start: Weights
    init: dict[str, Any] | None
    """sha256 and history of the weight file that the student starts from, if it does."""
    teachers: Teachers
    trials: list[Trial]
    refused: str = ""
    """Why the cache stores nothing any more."""

    @property
    def sha256(self) -> str:
        """Of what decides the run: it is resumed by the same recipe from the same weights only."""
        if self.init is None:
            return self.recipe.sha256
        return hashlib.sha256(f"{self.recipe.sha256} {self.init['sha256']}".encode()).hexdigest()

    def student(self) -> Weights:
        """The weights as they would be saved now: their running mean, if the recipe keeps one."""
        network = self.recipe.settings.build()
        state = self.average if self.recipe.average else self.distiller.student.state_dict()
        network.load_state_dict({name: value.detach().cpu() for name, value in state.items()})
        return Weights(network.eval(), self.start.mean)


def train(
    recipe: Recipe,
    out: Path,
    process: Process,
    resume: bool = False,
    workers: int = 1,
    report: Callable[[int, dict[str, float]], Any] = lambda step, terms: None,
    cache: Cache | None = None,
) -> Trained | None:
    """Train a student into the folder `out`; None for all processes but the first.

    resume: go on from the folder's checkpoint where there is one; the result is that of an uninterrupted run.
    workers: processes that load pairs. report: told the step and the loss terms, now and then.
    cache: of what is decoded or computed once; nothing that a run computes depends on it.
    Raises InputError for bad data, recipe or folder; the last checkpoint then stays as it was.
    """
    dataset = PairDataset(recipe, cache)
    run = _prepare(recipe, process, dataset.group, cache)
    checkpoint = make_folder(out) / "checkpoint.safetensors"
    if checkpoint.exists() and not resume:
        raise InputError(f"{out}: holds a checkpoint; go on with --resume, or give another folder")
    if checkpoint.exists():
        run.average, run.progress = load_checkpoint(checkpoint, run.sha256, run.distiller, run.optimizer)
    log = Log(out, run.progress.step) if process.first else None
    try:
        if process.first:
            write_json(out / "recipe.json", recipe.as_dict())
        scores = _run_steps(
            run, load_batches(dataset, run.progress.step, workers, process.rank, process.world), log, checkpoint, report
        )
        run.progress.skipped = gather_skipped(process, run.progress.skipped)
        return _finish(run, dataset, out, log, scores) if log is not None else None
    finally:
        if log is not None:
            log.close()


def _prepare(recipe: Recipe, process: Process, pool: str, cache: Cache | None) -> Run:
    teachers = open_teachers(recipe, process.device.type, pool, cache)
    start = make_student(recipe)
    init = {"sha256": start.sha256, "history": start.recipe} if recipe.from_file else None
    distiller = Distiller(recipe, start, teachers.backbones).to(process.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    trained = [p for p in distiller.parameters() if p.requires_grad]
    rate, decay = recipe.learning_rate[0], recipe.weight_decay
    optimizer: torch.optim.Optimizer
    if recipe.optimizer == "sgd":
        optimizer = torch.optim.SGD(trained, rate, recipe.momentum, weight_decay=decay)
    else:
        optimizer = torch.optim.AdamW(trained, rate, weight_decay=decay)
    average = {name: value.detach().clone() for name, value in distiller.student.state_dict().items()}
    validation = recipe.validation
    trials = make_trials(validation, recipe.path(validation.root)) if validation and process.first else []
    kept = average if recipe.average else {}
    return Run(recipe, process, distiller, optimizer, kept, Progress(), start, init, teachers, trials)


def learning_rate(recipe: Recipe, step: int) -> float:
    """Rate of step number `step` (from 0): exponential from first to last, after a linear rise."""
    first, last = recipe.learning_rate
    rate = first * (last / first) ** (step / max(recipe.steps - 1, 1))
    return float(rate * min((step + 1) / (recipe.warmup + 1), 1.0))


def _run_steps(
    run: Run, batches: Any, log: Log | None, checkpoint: Path, report: Callable[..., Any]
) -> dict[str, list[float]]:
    """All steps that are left; the held-out scores after the last of them, if there are any."""
    recipe, process, progress = run.recipe, run.process, run.progress
    model = shared(run.distiller, process)
    clock = time.perf_counter()
    saved = progress.step
    recent: list[dict[str, Tensor]] = []
    scores: dict[str, list[float]] = {}

    def save() -> None:
        nonlocal clock, saved
        now = time.perf_counter()
        progress.seconds, clock, saved = progress.seconds + now - clock, now, progress.step
        if log is not None:
            save_checkpoint(checkpoint, run.sha256, run.distiller, run.optimizer, run.average, progress)

    try:
        with held() as let_interrupts_through:
            for batch in batches:
                recent.append(_step(run, model, batch))
                progress.step += 1
                for file in batch.skipped:
                    progress.skipped[file] = progress.skipped.get(file, 0) + 1
                run.refused = run.refused or batch.refused or (run.teachers.cache.refused if run.teachers.cache else "")
                last = progress.step == recipe.steps
                if progress.step % LOG_EVERY == 0 or last:
                    _note(run, recent, log, report)
                    recent.clear()
                if progress.step % recipe.checkpoint_every == 0 or last:
                    save()
                if log is not None and run.trials and (progress.step % recipe.validate_every == 0 or last):
                    scores = _validate(run, log)
                let_interrupts_through()  # not in the middle of a step: the checkpoint would hold half of it
    except KeyboardInterrupt:
        if progress.step > saved:
            save()
        raise
    return scores


def _step(run: Run, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
    recipe, device = run.recipe, run.process.device
    taught = [
        TeacherMaps(one.rows.to(device), [maps.to(device) for maps in one.maps]) for one in run.teachers.maps(batch)
    ]
    for group in run.optimizer.param_groups:
        group["lr"] = learning_rate(recipe, run.progress.step)
    terms: dict[str, Tensor] = model(
        *(part.to(device, non_blocking=True) for part in (batch.x, batch.z, batch.shift, batch.target)), taught
    )
    run.optimizer.zero_grad(set_to_none=True)
    terms["total"].backward()  # type: ignore[no-untyped-call,unused-ignore]
    if recipe.clip:
        torch.nn.utils.clip_grad_norm_(run.distiller.parameters(), recipe.clip)
    run.optimizer.step()
    if recipe.average:
        # a short memory at first: the start is not worth remembering
        decay = min(recipe.average, (1 + run.progress.step) / (10 + run.progress.step))
        for name, value in run.distiller.student.state_dict().items():
            mean = run.average[name].to(device)
            run.average[name] = mean.lerp(value, 1 - decay) if value.is_floating_point() else value.detach().clone()
    return {name: value.detach() for name, value in terms.items()}


def _note(run: Run, recent: list[dict[str, Tensor]], log: Log | None, report: Callable[..., Any]) -> None:
    """Log the mean loss of the last steps; stop where it is no number any more."""
    values = torch.stack([torch.stack(list(terms.values())) for terms in recent]).mean(0)
    named = dict(zip(recent[0], mean_over(run.process, values).tolist(), strict=True))
    if not np.isfinite(named["total"]):
        raise InputError(
            f"training diverged at step {run.progress.step} (loss {named['total']}): lower learning_rate, set clip or "
            "warmup; a checkpoint of before stays as it was"
        )
    if log is not None:
        log.scalars(run.progress.step, named | {"learning_rate": learning_rate(run.recipe, run.progress.step - 1)})
        report(run.progress.step, named)


def _validate(run: Run, log: Log) -> dict[str, list[float]]:
    scores = localise(run.student(), run.trials)
    flat = {f"localise_{name}": float(np.mean(values)) for name, values in scores.items()}
    log.scalars(run.progress.step, flat | {"quality": quality(scores)})
    return scores


def _finish(run: Run, dataset: PairDataset, out: Path, log: Log, scores: dict[str, list[float]]) -> Trained:
    """Write the weight file with its history, the model card and the pictures.

    scores: of the last step; empty for a run that had all its steps before it was resumed.
    """
    from cfvgg_plugin.train.card import write_card  # noqa: PLC0415 (matplotlib, only at the end)

    recipe, student = run.recipe, run.student()
    scores = scores or (localise(student, run.trials) if run.trials else {})
    history = {
        "recipe": recipe.as_dict(),
        "recipe_sha256": recipe.sha256,
        "data": dataset.counts(),
        "init": run.init,
        "teacher_sha256": run.teachers.backbones[0].sha256 if run.teachers.backbones else None,
        "teachers": run.teachers.facts(),
        "steps": run.progress.step,
        "pairs": run.progress.step * recipe.batch,
        "skipped_files": len(run.progress.skipped),
        "localisation": scores,
        "seconds": round(run.progress.seconds),
        "processor": processor_name() if run.process.device.type == "cpu" else torch.cuda.get_device_name(),
        "versions": {"cfvgg-plugin": __version__, "torch": torch.__version__},
    }
    weights = Weights(student.network, student.mean, history)
    file = out / f"{recipe.name}.safetensors"
    save_weights(weights, file)
    write_card(weights, out, log.history(), [dataset[i][0] for i in range(4)])
    return Trained(weights, file, run.progress, scores, run.refused)


def run_training(
    recipe: Recipe, out: Path, process: Process, resume: bool = False, workers: int = 1, cache: Cache | None = None
) -> Trained | None:
    """`train` with a progress bar."""
    with tqdm(total=recipe.steps, unit="step", disable=None if process.first else True, desc=recipe.name) as bar:

        def report(step: int, terms: dict[str, float]) -> None:
            bar.update(step - bar.n)
            bar.set_postfix_str(" ".join(f"{name} {value:.3f}" for name, value in terms.items()))

        return train(recipe, out, process, resume, workers, report, cache)


def summary(outcome: Trained) -> str:
    """The held-out scores and the weight file, in lines."""
    lines = [
        f"localisation {name:<20} " + " ".join(f"{value:.3f}" for value in values)
        for name, values in outcome.scores.items()
    ]
    return "\n".join([*lines, f"{outcome.file}: sha256 {outcome.weights.sha256}"])
