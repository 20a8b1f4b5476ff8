"""What can be set in fKCF."""

from dataclasses import dataclass

from cfvgg_plugin.features import Feature


@dataclass(frozen=True)
class FKCFSettings:
    """fKCF; published values from KCF (Henriques et al., TPAMI 2015) unless a field says otherwise."""

    feature: Feature
    """The one feature layer."""
    padding: float = 1.5
    """Background around the target, in target sizes: the window is 1 + padding times the target."""
    kernel_sigma: float | None = None
    """Width of the Gaussian kernel; None for the linear kernel (paper, equations 1-3)."""
    regularisation: float = 1e-4
    """Lambda of equation 1."""
    output_sigma_factor: float = 0.1
    """Width of the label, in target sizes."""
    learning_rate: float = 0.02
    """Weight of a new frame in the model, in [0, 1]."""
    min_sample_area: float = 0
    """Square pixels: smaller windows are enlarged to this area."""
    max_sample_area: float = 160**2
    """Square pixels: larger windows are shrunk to this area."""
    network: str | None = None
    """Stored weights that are taken where the user names none; None: the package's default student."""
    score_midpoint: float = 15.0
    """Peak-to-sidelobe ratio that scores 0.5: there, right and wrong boxes are equally likely.

    Fitted, like the exponent, on videos with boxes that belong to no tracking benchmark.
    """
    score_exponent: float = 1.5
    """Steepness of the score: the ratio's weight on a logarithmic scale."""
    lost_below: float = 0.3
    """Scores below this set `lost`; about a tenth of the right boxes score less."""

    @property
    def needs_network(self) -> bool:
        """Whether the feature is a layer of a network."""
        return self.feature.needs_network
