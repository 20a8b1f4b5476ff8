"""DeepSTRCF: VGG-M's conv3, FHOG, grey values and Color Names; slow, and needs the teacher's weights."""

from cfvgg_plugin.features import DeepFeature, GreyFeature, HOGFeature
from cfvgg_plugin.features.color_names import ColorNamesFeature
from cfvgg_plugin.filters.confidence import as_published
from cfvgg_plugin.parameters.fdeepstrcf.settings import SCORE, FDeepSTRCFSettings, FeatureBlock

FOR_VGG_M = True
"""Whether the settings are for VGG-M itself; that they run on a student is told."""


def parameters() -> FDeepSTRCFSettings:
    """As in the released DeepSTRCF (Li et al., CVPR 2018)."""
    return FDeepSTRCFSettings(
        blocks=(
            FeatureBlock((GreyFeature(4), HOGFeature(cell=4)), cell=4, colour_features=(ColorNamesFeature(cell=4),)),
            FeatureBlock((DeepFeature("conv3"),)),
        ),
        number_of_scales=5,
        scale_step=1.01,
        score=as_published(SCORE),
    )
