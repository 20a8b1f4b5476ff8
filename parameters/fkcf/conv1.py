"""fKCF on the student's conv1 (paper, table V)."""

from cfvgg_plugin.features import DeepFeature
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings


def parameters() -> FKCFSettings:
    """Linear kernel; windows are resized to an area of 176x176 pixels."""
    return FKCFSettings(feature=DeepFeature("conv1"), min_sample_area=176**2, max_sample_area=176**2)
