"""fKCF on the student's conv5 (paper, table V)."""

from cfvgg_plugin.features import DeepFeature
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings, peak_score


def parameters() -> FKCFSettings:
    """Linear kernel; windows are resized to an area of 176x176 pixels."""
    return FKCFSettings(
        feature=DeepFeature("conv5"), min_sample_area=176**2, max_sample_area=176**2, score=peak_score(23)
    )
