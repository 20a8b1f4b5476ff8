"""fDeepSTRCF of the paper: its settings, on the package's CF-VGG."""

from cfvgg_plugin.features import DeepFeature, GreyFeature, HOGFeature
from cfvgg_plugin.filters.confidence import ScoreSettings, as_published
from cfvgg_plugin.parameters.fdeepstrcf.settings import FDeepSTRCFSettings, FeatureBlock

SCORE = ScoreSettings(-6.35, recall=1.89, sharpness=3.18, lost_below=0.51)


def parameters() -> FDeepSTRCFSettings:
    """As in the authors' fDeepSTRCF."""
    return FDeepSTRCFSettings(
        blocks=(
            FeatureBlock((GreyFeature(4), HOGFeature(cell=4)), cell=4),
            FeatureBlock((DeepFeature("conv3"),)),
        ),
        network="cf_vgg",
        score=as_published(SCORE),
    )
