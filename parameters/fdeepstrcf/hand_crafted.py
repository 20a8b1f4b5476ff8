"""STRCF: FHOG, grey values and Color Names; needs no network."""

from cfvgg_plugin.features import GreyFeature, HOGFeature
from cfvgg_plugin.features.color_names import ColorNamesFeature
from cfvgg_plugin.filters.confidence import ScoreSettings
from cfvgg_plugin.parameters.fdeepstrcf.settings import FDeepSTRCFSettings, FeatureBlock


def parameters() -> FDeepSTRCFSettings:
    """As in the released STRCF (Li et al., CVPR 2018)."""
    return FDeepSTRCFSettings(
        blocks=(
            FeatureBlock((GreyFeature(4), HOGFeature(cell=4)), cell=4, colour_features=(ColorNamesFeature(cell=4),)),
        ),
        search_area_scale=5,
        min_sample_area=150**2,
        max_sample_area=200**2,
        number_of_scales=5,
        scale_step=1.01,
        score=ScoreSettings(-7.18, recall=1.46, sharpness=3.23, lost_below=0.49),
    )
