"""fKCF on FHOG: the original KCF; needs no network."""

from cfvgg_plugin.features import HOGFeature
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings, peak_score


def parameters() -> FKCFSettings:
    """Gaussian kernel and label as in KCF's released code for FHOG."""
    return FKCFSettings(feature=HOGFeature(cell=4), kernel_sigma=0.5, score=peak_score(15, 2))
