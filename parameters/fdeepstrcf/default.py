"""fDeepSTRCF: the student's conv3, FHOG and grey values (paper, section V)."""

from cfvgg_plugin.features import DeepFeature, GrayFeature, HOGFeature
from cfvgg_plugin.parameters.fdeepstrcf.settings import FDeepSTRCFSettings, FeatureBlock


def parameters() -> FDeepSTRCFSettings:
    """As in the authors' fDeepSTRCF."""
    return FDeepSTRCFSettings(
        blocks=(
            FeatureBlock((GrayFeature(4), HOGFeature(cell=4)), cell=4),
            FeatureBlock((DeepFeature("conv3"),)),
        )
    )
