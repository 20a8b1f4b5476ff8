"""fKCF on grey values: the fastest and weakest; needs no network."""

from cfvgg_plugin.features import GreyFeature
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings, peak_score


def parameters() -> FKCFSettings:
    """Gaussian kernel and forgetting as in KCF's released code for raw pixels."""
    return FKCFSettings(
        feature=GreyFeature(cell=2),
        kernel_sigma=0.2,
        learning_rate=0.075,
        max_sample_area=200**2,
        score=peak_score(50, 0.8),
    )
