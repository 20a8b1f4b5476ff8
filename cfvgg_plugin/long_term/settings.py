"""What can be set in long-term tracking."""

import math
from dataclasses import dataclass

from cfvgg_plugin.errors import InputError


@dataclass(frozen=True)
class LongTermSettings:
    """How a lost target is searched and confirmed; thresholds and sizes were chosen on interrupted validation clips."""

    tap: str | None = "conv3"
    """Tap of the tracker's network whose maps are compared with the target's; None: FHOG."""
    cell: int = 8
    """Pixels of FHOG's cells."""
    target_size: float = 64.0
    """Size (root of the area) that the target has in the pictures that are searched, pixels."""
    budget_ms: float = 10.0
    """Time that the search of the frame may take in each frame, beside the short-term tracker's own look."""
    pixels_per_ms: float = 18_000.0
    """What is searched in a millisecond. A constant, so that boxes do not depend on the clock: measured with conv3 of
    `compact` on one core of an AMD EPYC, comparison included."""
    sweep_frames: int = 8
    """Frames in which the whole picture is searched at all scales; where the budget does not suffice for
    `target_size`, the pictures are smaller."""
    scales: tuple[float, ...] = (0.7, 1.0, 1.4)
    """Target sizes that are searched, relative to the last sure one."""
    refine: tuple[float, ...] = (0.84, 1.0, 1.19)
    """Sizes at which a similar place is compared again, relative to the size it was found at."""
    ridge: float = 1.0
    """What is added to the background's covariance before it is inverted, in its channels' mean variance."""
    check_every: int = 3
    """Frames between two comparisons of what is followed with the target's looks."""
    doubt: float = 0.12
    """Similarity (-1 to 1) below which what is followed is not the target, whatever the short-term tracker's score."""
    doubts: int = 2
    """Comparisons in a row that must say so for a loss."""
    remember_every: int = 12
    """Frames between two looks of the target that are kept beside the first frame's."""
    sure: float = 0.8
    """Scores of the short-term tracker from which a look is kept, if it is `similar`, too."""
    similar: float = 0.25
    """Similarity from which a place is looked at by the short-term tracker."""
    confirm: float = 0.3
    """Similarity that confirms a place, where the short-term tracker does not say `lost`, either."""
    confirm_frames: int = 3
    """Consecutive frames in which a place must be confirmed."""
    near_frames: int = 5
    """Frames after the loss in which one confirmation is enough, where the target was last seen."""
    confirm_near: float = 0.2
    """Similarity that confirms there and then."""
    rejected_frames: int = 8
    """Frames for which a place that was not confirmed is left alone."""

    def __post_init__(self) -> None:
        """Raise InputError for what cannot be."""
        positive = ("cell", "target_size", "budget_ms", "pixels_per_ms", "sweep_frames", "ridge", "remember_every")
        for name in (*positive, "check_every", "doubts", "confirm_frames"):
            if not (value := getattr(self, name)) > 0 or not math.isfinite(value):
                raise InputError(f"long-term settings: {name} {value:g}: above 0 is needed")
        if not self.scales or min(self.scales) <= 0:
            raise InputError(f"long-term settings: scales {self.scales}: at least one, all above 0, is needed")

    @property
    def pixels(self) -> int:
        """What may be compared in a frame."""
        return int(self.budget_ms * self.pixels_per_ms)
