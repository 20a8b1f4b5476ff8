"""How likely a tracker's box is right: a probability, from what can be seen of the target it found.

The present filter has learned whatever it followed and peaks there, right or wrong. So the cues are the first
frame's: its filter, and its maps of the target. Their logarithms, weighed and added up, are the log odds of an overlap
above 0.3 (`train/confidence.py` finds the weights); over the frames they are smoothed, since a target is not lost and
found from one frame to the next.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

LEAST = 1e-3
"""Of every cue, before its logarithm."""


@dataclass(frozen=True)
class Cues:
    """What speaks for a box; a cue that a tracker does not have is 1, whose logarithm is 0."""

    recall: float = 1.0
    """Highest response of the first frame's filter, 1 where it was learned."""
    resemblance: float = 1.0
    """Cosine between the target's maps and the first frame's, mean over the features that are compared."""
    presence: float = 1.0
    """Strength of the target's maps beside the first frame's, geometric mean over those features."""
    sharpness: float = 1.0
    """Peak-to-sidelobe ratio of the present filter's response."""


@dataclass(frozen=True)
class ScoreSettings:
    """Log odds of an overlap above 0.3: `bias` plus the weights times the cues.

    Of the resemblance it is the value itself that counts, of the others the natural logarithm. Fitted on the training
    clips.
    """

    bias: float
    recall: float = 0.0
    resemblance: float = 0.0
    presence: float = 0.0
    sharpness: float = 0.0
    smoothing: float = 0.3
    """Share of the present frame in the running log odds; 1 for none."""
    lost_below: float = 0.5
    """Scores below this set `lost`. Of the right boxes on the training clips 5 % score less than the trackers' own."""
    learn_above: float = 0.05
    """Nothing is learned from a frame that by itself says less."""
    hold_below: float = 0.05
    """Nothing is found in a frame that by itself says less: the box stays where it is, as lost."""


def as_published(settings: ScoreSettings) -> ScoreSettings:
    """A score that tells and does nothing: every frame is learned, every box believed."""
    return replace(settings, learn_above=0.0, hold_below=0.0)


def cue_values(cues: Cues) -> NDArray[np.float64]:
    """(4,) what is weighed, in the order of ScoreSettings' fields."""
    recall, presence, sharpness = (
        math.log(max(value, LEAST)) for value in (cues.recall, cues.presence, cues.sharpness)
    )
    return np.array([recall, cues.resemblance, presence, sharpness])


def log_odds(cues: Cues, settings: ScoreSettings) -> float:
    """Of an overlap above 0.3, by this frame alone."""
    weights = (settings.recall, settings.resemblance, settings.presence, settings.sharpness)
    return settings.bias + float(cue_values(cues) @ np.array(weights))


def smoothed(now: float, before: float | None, settings: ScoreSettings) -> float:
    """Running log odds: the frame's own for the first frame, later a step towards it."""
    return now if before is None else before + settings.smoothing * (now - before)


@dataclass(frozen=True)
class Decision:
    """What follows from the cues of a frame."""

    score: float
    """Probability of an overlap above 0.3."""
    lost: bool
    stays: bool
    """Whether the box stays where it was."""
    learns: bool
    """Whether the frame is learned."""
    running: float
    """Log odds that the next frame goes on with."""


def decide(cues: Cues, running: float | None, settings: ScoreSettings) -> Decision:
    """What to make of a frame; `running` is the decision's before it, None after the first frame."""
    odds = log_odds(cues, settings)
    after = smoothed(odds, running, settings)
    alone, score = probability(odds), probability(after)
    stays = alone < settings.hold_below
    if stays:
        score = min(score, alone)
    return Decision(
        score, stays or score < settings.lost_below, stays, not stays and alone >= settings.learn_above, after
    )


def probability(odds: float) -> float:
    """Logistic function of log odds, in [0, 1]."""
    return 0.5 + 0.5 * math.tanh(odds / 2)


@dataclass(frozen=True)
class Appearance:
    """The target's maps of one feature on the first frame."""

    rows: slice
    columns: slice
    mean: NDArray[np.float32]
    """(C, 1, 1) of the first frame's whole window: what the target's surroundings have is no resemblance."""
    values: NDArray[np.float32]
    """(C, h, w) the target's maps without that mean."""
    strength: float
    """Norm of the target's maps."""


def first_appearance(maps: NDArray[np.float32], share: tuple[float, float]) -> Appearance:
    """Keep the target's maps, in the middle of maps (C, H, W); it is `share` (height, width) of their side."""
    rows, columns = (_middle(side, part) for side, part in zip(maps.shape[1:], share, strict=True))
    mean = maps.mean((1, 2), keepdims=True)
    target = maps[:, rows, columns]
    return Appearance(rows, columns, mean, target - mean, float(np.linalg.norm(target)))


def _middle(side: int, share: float) -> slice:
    """The cells of an axis most of which lie within its middle `share`; at least one."""
    length = max(share * side, 1)
    first = max(math.floor((side - length) / 2 + 0.25), 0)
    return slice(first, max(math.ceil((side + length) / 2 - 0.25), first + 1))


def compare_appearances(maps: Sequence[NDArray[np.float32]], appearances: Sequence[Appearance]) -> tuple[float, float]:
    """Resemblance and presence of a target in the middle of maps (C, H, W), one of each feature looked at.

    Flat maps resemble nothing.
    """
    cosines, ratios = [], []
    for found, appearance in zip(maps, appearances, strict=True):
        target = found[:, appearance.rows, appearance.columns]
        values = target - appearance.mean
        norms = float(np.linalg.norm(values) * np.linalg.norm(appearance.values))
        cosines.append(float((values * appearance.values).sum()) / norms if norms > 0 else 0.0)
        ratios.append(math.log(max(float(np.linalg.norm(target)) / max(appearance.strength, 1e-12), LEAST)))
    return sum(cosines) / len(cosines), math.exp(sum(ratios) / len(ratios))
