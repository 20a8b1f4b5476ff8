"""Fit what a tracker's score is made of: `python -m cfvgg_plugin.train.confidence --tracker feco --root CLIPS`.

The tracker follows the targets of the training clips, as they are, every third frame and in changed light, and for
every frame the cues (filters/confidence.py) are kept beside the question whether the overlap exceeds 0.3. Since
smoothing is linear, the log odds of the score are a logistic regression on the smoothed cues. The validation
clips, in the same variants, then tell how well it separates and how well it is calibrated.
"""

import dataclasses
import json
from collections.abc import Sequence as SequenceOf
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.boxes import overlaps
from cfvgg_plugin.cli import run_command
from cfvgg_plugin.datasets.clips import validation_clips
from cfvgg_plugin.datasets.images import read_frames
from cfvgg_plugin.datasets.known import LIGHT, load_dataset
from cfvgg_plugin.datasets.sequence import Sequence, VideoFrame
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.calibration import ALLOWED, calibrate
from cfvgg_plugin.evaluation.score import RIGHT, KnownFrames
from cfvgg_plugin.filters.confidence import ScoreSettings, cue_values
from cfvgg_plugin.registry import create_tracker, load_settings
from cfvgg_plugin.system.machine import set_threads

Real = NDArray[np.float64]
CUES = ("recall", "resemblance", "presence", "sharpness")
VARIANTS: tuple[tuple[int, int | None], ...] = ((1, None), (3, None), (1, LIGHT))
"""(of how many frames one is taken, seed of a change of light)."""
RIDGE = 1e-2
"""Keeps weights finite where a cue decides everything, or nothing."""


@dataclass(frozen=True)
class Frames:
    """What was seen in the frames of one or more runs that have an annotation."""

    cues: Real
    """(N, 4), smoothed."""
    right: NDArray[np.bool_]
    """(N,)."""


def clip_runs(root: Path, validation: bool) -> list[Sequence]:
    """The targets of the training or of the validation clips, in every variant. Raises InputError."""
    held_out = validation_clips()
    runs = []
    for sequence in load_dataset("clips", root).sequences:
        first = sequence.frames[0]
        name = first.video.stem if isinstance(first, VideoFrame) else first.parent.name
        if (name in held_out) == validation:
            runs += [
                dataclasses.replace(sequence, frames=sequence.frames[::step], boxes=sequence.boxes[::step], light=light)
                for step, light in VARIANTS
            ]
    return runs


def watch(name: str, weights: str | None, smoothing: float, sequence: Sequence) -> Frames:
    """Follow a sequence with a tracker that learns whatever it sees, and keep what speaks for every box."""
    set_threads(1)
    settings = dataclasses.replace(load_settings(name), score=ScoreSettings(0.0))
    tracker: Any = create_tracker(name, settings=settings, weights=weights)
    seen, boxes = [], [sequence.boxes[0]]
    for number, image in enumerate(read_frames(sequence)):
        if image is None:
            raise InputError(f"{sequence.frames[number]}: cannot be decoded")
        if number == 0:
            tracker.init(image, sequence.given.tolist())
            continue
        boxes.append(np.array(tracker.update(image).box))
        seen.append(cue_values(tracker.cues))
    known = np.isfinite(sequence.boxes[1:]).all(axis=1)
    overlap = overlaps(np.array(boxes[1:]), np.nan_to_num(sequence.boxes[1:]))
    return Frames(smooth(np.array(seen), smoothing)[known], overlap[known] > RIGHT)


def smooth(values: Real, share: float) -> Real:
    """Running values (N, K) of which every new one is a `share`, as `filters.confidence.smoothed` does it."""
    out = values.copy()
    for n in range(1, len(out)):
        out[n] = out[n - 1] + share * (values[n] - out[n - 1])
    return out


def watch_all(
    name: str, weights: str | None, smoothing: float, sequences: SequenceOf[Sequence], workers: int
) -> Frames:
    """`watch` for many sequences, in so many processes."""
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        found = list(pool.map(partial(watch, name, weights, smoothing), sequences, chunksize=4))
    return Frames(np.concatenate([f.cues for f in found]), np.concatenate([f.right for f in found]))


def fit(frames: Frames, used: SequenceOf[str] = CUES, smoothing: float = 0.3) -> ScoreSettings:
    """Logistic regression by Newton's method, with a small ridge on the weights of the standardised cues."""
    columns = [CUES.index(name) for name in used]
    values = frames.cues[:, columns]
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-9)
    inputs = np.column_stack([np.ones(len(values)), (values - mean) / deviation])
    ridge = np.diag([0.0] + [RIDGE] * len(columns))
    weights = np.zeros(len(columns) + 1)
    for _ in range(30):
        chance = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (frames.right - chance) - ridge @ weights
        curvature = (inputs * (chance * (1 - chance))[:, None]).T @ inputs + ridge
        weights = weights + np.linalg.solve(curvature, slope)
    scaled = weights[1:] / deviation
    fitted = {name: round(float(w), 3) for name, w in zip(used, scaled, strict=True)}
    return ScoreSettings(round(float(weights[0] - scaled @ mean), 3), smoothing=smoothing, **fitted)


def scores(frames: Frames, settings: ScoreSettings) -> Real:
    """(N,) the score that each frame gets."""
    weights = np.array([getattr(settings, name) for name in CUES])
    return np.asarray(1 / (1 + np.exp(-settings.bias - frames.cues @ weights)))


def figures(frames: Frames, settings: ScoreSettings) -> dict[str, float | None]:
    """Area under the ROC, expected calibration error in ten bins, and shares of the frames."""
    found, right = scores(frames, settings), frames.right
    checked = calibrate([KnownFrames(found, right.astype(float), None, np.full(len(found), np.nan))])
    return {
        "frames": float(len(right)),
        "right": float(right.mean()),
        "area": checked.roc.value if checked else None,
        "calibration_error": checked.error.value if checked else None,
        "threshold_of_5_percent": float(np.quantile(found[right], ALLOWED)) if right.any() else None,
        "wrong_below_it": checked.wrong_at_allowed.value if checked else None,
    }


@click.command()
@click.option("--root", type=click.Path(path_type=Path), required=True, help="Folder of the clips.")
@click.option("--tracker", "names", multiple=True, required=True, metavar="NAME[=WEIGHTS]", help="Repeatable.")
@click.option("--cue", "used", multiple=True, type=click.Choice(CUES), help="Only these; repeatable.")
@click.option("--smoothing", type=click.FloatRange(0, 1, min_open=True), default=0.3, show_default=True)
@click.option("--workers", type=click.IntRange(min=1), default=1, show_default=True)
def command(root: Path, names: tuple[str, ...], used: tuple[str, ...], smoothing: float, workers: int) -> None:
    """Fit trackers' scores on the training clips, check them on the validation clips; a JSON line each."""
    training, validation = clip_runs(root, False), clip_runs(root, True)
    for entry in names:
        name, _, weights = entry.partition("=")
        watched = partial(watch_all, name, weights or None, smoothing, workers=workers)
        seen, checked = watched(training), watched(validation)
        fitted = fit(seen, used or CUES, smoothing)
        line = {"tracker": entry, "score": dataclasses.asdict(fitted)}
        line |= {"training": figures(seen, fitted), "validation": figures(checked, fitted)}
        click.echo(json.dumps(line))


if __name__ == "__main__":
    run_command(command, "python -m cfvgg_plugin.train.confidence")
