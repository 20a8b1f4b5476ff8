"""fKCF on the student's conv2 (paper, table V)."""

from cfvgg_plugin.features import DeepFeature
from cfvgg_plugin.filters.confidence import ScoreSettings
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings


def parameters() -> FKCFSettings:
    """Linear kernel; windows are resized to an area of 176x176 pixels."""
    return FKCFSettings(
        feature=DeepFeature("conv2"),
        min_sample_area=176**2,
        max_sample_area=176**2,
        score=ScoreSettings(-5.97, sharpness=2.76, lost_below=0.45, learn_above=0.0, hold_below=0.02),
    )
