"""What can be set in fKCF."""

import math
from dataclasses import dataclass, field
from functools import partial

from cfvgg_plugin.features import Feature
from cfvgg_plugin.filters.confidence import ScoreSettings
from cfvgg_plugin.system.documents import NotNegative, Positive, Share


def peak_score(midpoint: float, exponent: float = 1.5) -> ScoreSettings:
    """A score of the peak-to-sidelobe ratio alone, of the present frame alone; 0.5 at `midpoint`.

    KCF learns every frame, as published. Midpoints and exponents were fitted on videos with boxes that belong to no
    tracking benchmark, right and wrong boxes weighing alike.
    """
    return ScoreSettings(
        -exponent * math.log(midpoint), sharpness=exponent, smoothing=1, lost_below=0.3, learn_above=0, hold_below=0.02
    )


@dataclass(frozen=True)
class FKCFSettings:
    """fKCF; published values from KCF (Henriques et al., TPAMI 2015) unless a field says otherwise."""

    feature: Feature
    """The one feature layer."""
    padding: NotNegative = 1.5
    """Background around the target, in target sizes: the window is 1 + padding times the target."""
    kernel_sigma: Positive | None = None
    """Width of the Gaussian kernel; None for the linear kernel (paper, equations 1-3)."""
    regularisation: NotNegative = 1e-4
    """Lambda of equation 1."""
    output_sigma_factor: Positive = 0.1
    """Width of the label, in target sizes."""
    learning_rate: Share = 0.02
    """Weight of a new frame in the model, in [0, 1]."""
    min_sample_area: NotNegative = 0
    """Square pixels: smaller windows are enlarged to this area."""
    max_sample_area: Positive = 160**2
    """Square pixels: larger windows are shrunk to this area."""
    network: str | None = None
    """Stored weights that are taken where the user names none; None: the package's default student."""
    score: ScoreSettings = field(default_factory=partial(peak_score, 15.0))
    """What the score is made of, and what follows from a low one."""

    @property
    def needs_network(self) -> bool:
        """Whether the feature is a layer of a network."""
        return self.feature.needs_network
