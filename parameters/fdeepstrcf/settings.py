"""What can be set in fDeepSTRCF."""

from dataclasses import dataclass

from cfvgg_plugin.adaptation import AdaptationSettings
from cfvgg_plugin.features import Feature
from cfvgg_plugin.filters.confidence import ScoreSettings
from cfvgg_plugin.long_term.settings import LongTermSettings
from cfvgg_plugin.system.documents import Count, CountOrNone, NotNegative, Positive

SCORE = ScoreSettings(-4.36, recall=3.05, sharpness=2.53, lost_below=0.52)
"""Fitted for the default setting (`python -m cfvgg_plugin.train.confidence`)."""


@dataclass(frozen=True)
class FeatureBlock:
    """Features whose maps have the same cells; they share one label and one filter."""

    features: tuple[Feature, ...]
    """Those of every video."""
    cell: int | None = None
    """Sample pixels per cell when the target is counted in cells for the spatial weights.

    It is the true cell for hand-crafted features, but 14 pixels for a layer of stride 16 (the authors' run file); None:
    seven eighths of the deep layer's stride, likewise.
    """
    colour_features: tuple[Feature, ...] = ()
    """More features, of colour videos only."""

    def of(self, colour: bool) -> tuple[Feature, ...]:
        """Features of a colour or of a grey video."""
        return self.features + self.colour_features if colour else self.features


@dataclass(frozen=True)
class FDeepSTRCFSettings:
    """fDeepSTRCF; published values are the authors' run files for STRCF, DeepSTRCF and fDeepSTRCF."""

    blocks: tuple[FeatureBlock, ...]
    """The block with the smallest cells sets the resolution of the response."""
    search_area_scale: Positive = 4.5
    """Side of the square window, in target sizes (the geometric mean of width and height)."""
    min_sample_area: Positive = 200**2
    """Square pixels: smaller windows are enlarged to this area."""
    max_sample_area: Positive = 250**2
    """Square pixels: larger windows are shrunk to this area."""
    output_sigma_factor: Positive = 1 / 16
    """Width of the label, in target sizes."""
    reg_window_max: Positive = 1e5
    """Spatial weight of the filter outside the target."""
    reg_window_min: Positive = 1e-3
    """Spatial weight of the filter on the target."""
    temporal_regularisation_factor: NotNegative = 15.0
    """Mu, the weight of the previous filter, from the second frame on."""
    max_iterations: Count = 2
    """ADMM iterations a frame."""
    init_penalty_factor: Positive = 1.0
    """ADMM's penalty in the first iteration."""
    max_penalty_factor: Positive = 0.1
    """ADMM's greatest penalty after the first iteration."""
    penalty_scale_step: Positive = 10.0
    """Growth of ADMM's penalty from one iteration to the next."""
    number_of_scales: Count = 3
    """Scales searched around the present one; odd."""
    scale_step: Positive = 1.02
    """Ratio of one scale to the next."""
    deep_at_every_scale: bool = True
    """Whether blocks with a layer of the network are searched at all scales, or at the present one for all."""
    use_detection_sample: bool = False
    """Learn from the sample the target was found in, moved; else from a new one around it (as the authors do)."""
    newton_iterations: CountOrNone = 5
    """Newton steps that refine the peak of every scale's response."""
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
        """Whether any feature, or the search for a lost target, is of a layer of a network."""
        own = any(f.needs_network for block in self.blocks for f in block.of(True))
        return own or (self.long_term is not None and self.long_term.tap is not None)
