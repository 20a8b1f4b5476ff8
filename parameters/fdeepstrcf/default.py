"""fDeepSTRCF: the student's conv5, FHOG and grey values."""

from cfvgg_plugin.features import DeepFeature, GreyFeature, HOGFeature
from cfvgg_plugin.parameters.fdeepstrcf.settings import FDeepSTRCFSettings, FeatureBlock


def parameters() -> FDeepSTRCFSettings:
    """As in the authors' fDeepSTRCF, but for the tap, which validation chose for the package's student.

    One forward pass a frame does for the authors' four: validation cannot tell them apart.
    """
    return FDeepSTRCFSettings(
        blocks=(
            FeatureBlock((GreyFeature(4), HOGFeature(cell=4)), cell=4),
            FeatureBlock((DeepFeature("conv5"),)),
        ),
        deep_at_every_scale=False,
        use_detection_sample=True,
    )
