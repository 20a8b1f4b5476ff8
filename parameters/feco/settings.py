"""What can be set in fECO; in brackets the name in ECO's own settings."""

from dataclasses import dataclass, field
from typing import Literal

from cfvgg_plugin.adaptation import AdaptationSettings
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features import Feature
from cfvgg_plugin.filters.confidence import ScoreSettings
from cfvgg_plugin.filters.joint import JointSettings
from cfvgg_plugin.long_term.settings import LongTermSettings
from cfvgg_plugin.system.documents import Count, CountOrNone, Positive, Share

SCORE = ScoreSettings(-0.79, recall=1.57, resemblance=6.38, presence=2.89, lost_below=0.55)
"""Fitted for the default setting (`python -m cfvgg_plugin.train.confidence`)."""


@dataclass(frozen=True)
class Block:
    """One feature and the number of channels that the projection leaves of it."""

    feature: Feature
    compressed: Count
    """Channels after projection (compressed_dim)."""
    video: Literal["any", "colour", "grey"] = "any"
    """Which videos the feature is used on (useForColor, useForGray)."""
    deep: bool = False
    """Whether `FECOSettings.deep`, where there is one, learns its filter."""


@dataclass(frozen=True)
class ScaleFilterSettings:
    """The fDSST scale filter."""

    count: Count = 17
    """Scales that are sampled (number_of_scales_filter)."""
    fine_count: Count = 33
    """Scales the response is interpolated at (number_of_interp_scales)."""
    step: Positive = 1.02
    """Ratio of neighbouring fine scales (scale_step_filter)."""
    sigma_factor: Positive = 1 / 16
    """Width of the label, in fine scales over their number (scale_sigma_factor)."""
    learning_rate: Share = 0.025
    """Weight of a new frame (scale_learning_rate)."""
    regularisation: Positive = 1e-2
    """(lambda)."""
    max_model_area: Positive = 32 * 16
    """Largest sample of one scale, square pixels (scale_model_max_area)."""
    cell: Count = 4
    """FHOG cell in pixels (scale_feature HOG4)."""


@dataclass(frozen=True)
class DeepFilterSettings:
    """A filter of its own for the deep maps; it replaces the tracker's values by these.

    Defaults are those of ECO in pytracking, which has such filters for ResNet-18; in brackets its names.
    """

    weight: Share = 0.6
    """Of its scores; the other filter's have the rest of 1 (translation_weight)."""
    output_sigma_factor: Positive = 1 / 4
    learning_rate: Share = 0.0075
    reg_window_min: Positive = 1e-3
    reg_window_edge: Positive = 50e-3
    reg_sparsity_threshold: Share = 0.1


@dataclass(frozen=True)
class AugmentationSettings:
    """Disturbed copies of the first frame that open the memory beside it (Bhat et al., ECCV 2018)."""

    rotations: tuple[float, ...] = (-20, -10, 10, 20)
    """Degrees about the target."""
    mirrored: bool = True
    """Whether left and right are exchanged in one copy."""
    blurs: tuple[tuple[float, float], ...] = ((2, 0.2), (0.2, 2), (3, 1), (1, 3))
    """(x, y) standard deviations of Gaussian blurs, sample pixels."""
    share: float = 0.5
    """Of all copies in the memory's weights; the first frame itself has the rest."""
    conjugate_gradient: Count = 50
    """Steps in which the filter learns them."""

    def __post_init__(self) -> None:
        if not (self.rotations or self.mirrored or self.blurs):
            raise InputError("augmentation without rotations, mirrored or blurs: give None where no copies are wanted")
        if not 0 < self.share < 1:
            raise InputError(f"augmentation share {self.share:g}: above 0 and below 1 is needed")


@dataclass(frozen=True)
class FECOSettings:
    """fECO; defaults are the authors' for OTB (their released run file)."""

    blocks: tuple[Block, ...]
    search_area_scale: Positive = 4.5
    """Side of the square search area, in square roots of the target's area (search_area_scale)."""
    min_sample_area: Positive = 200**2
    """Square pixels: smaller search areas are enlarged to this (min_image_sample_size)."""
    max_sample_area: Positive = 300**2
    """Square pixels: larger search areas are shrunk to this (max_image_sample_size)."""
    output_sigma_factor: Positive = 1 / 12
    """Width of the label, in square roots of the target's area (output_sigma_factor)."""
    newton_iterations: CountOrNone = 5
    """Steps that refine the score's maximum (newton_iterations)."""
    learning_rate: Share = 0.011
    """Weight of a new sample in the memory (learning_rate)."""
    capacity: Count | None = 50
    """Samples in the memory, of which those that are alike are merged (nSamples); None: all, by their moments."""
    train_gap: CountOrNone = 5
    """Frames between trainings that are skipped (train_gap)."""
    train_every_frame_before: Count = 1
    """Number of the first frame, counted from 1, from which on frames are skipped (skip_after_frame)."""
    conjugate_gradient: Count = 5
    """Steps of each training (CG_iter)."""
    momentum_forgetting: Positive = 75
    """Frames after which the solver's last direction has faded to learning-rate's e-th (CG_forgetting_rate)."""
    joint: JointSettings = field(default_factory=JointSettings)
    """First frame; its shares also precondition the later trainings."""
    reg_window_min: Positive = 1e-4
    """Smallest penalty (reg_window_min)."""
    reg_window_edge: Positive = 10e-3
    """Penalty at the target's border (reg_window_edge)."""
    reg_window_power: Positive = 2
    """(reg_window_power)."""
    reg_sparsity_threshold: Share = 0.05
    """Share of the largest coefficient below which one is dropped (reg_sparsity_threshold)."""
    deep: DeepFilterSettings | None = None
    """A filter of its own for the blocks that are `deep`; None: one filter learns all blocks, as ECO's does."""
    augmentation: AugmentationSettings | None = None
    """Disturbed copies of the first frame, if wanted; ECO has none."""
    scales: Count = 1
    """Scales searched with the translation filter (number_of_scales); 1 with a scale filter."""
    scale_step: Positive = 1.02
    """Their ratio (scale_step)."""
    scale_filter: ScaleFilterSettings | None = None
    """fDSST's scale filter, if used (use_scale_filter)."""
    use_detection_sample: bool = True
    """Learn from the sample the target was found in (use_detection_sample); else from a new one around it."""
    adaptation: AdaptationSettings | None = None
    """Tuning of the student on the first frame, if wanted (paper, section IV-B)."""
    long_term: LongTermSettings | None = None
    """Search for a lost target in the whole frame, if wanted."""
    network: str | None = None
    """Stored weights that are taken where the user names none; None: the package's default student."""
    score: ScoreSettings = SCORE
    """What the score is made of, and what follows from a low one."""

    @property
    def needs_network(self) -> bool:
        """Whether a feature, or the search for a lost target, is of a layer of a network."""
        own = any(block.feature.needs_network for block in self.blocks)
        return own or (self.long_term is not None and self.long_term.tap is not None)
