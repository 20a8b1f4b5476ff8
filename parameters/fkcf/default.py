"""fKCF on the student's conv3, with a Gaussian kernel."""

from cfvgg_plugin.features import DeepFeature
from cfvgg_plugin.filters.confidence import ScoreSettings
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings


def parameters() -> FKCFSettings:
    """Layer, kernel, padding, label and rate were chosen by validation for the package's student (docs/experiments.md).

    The paper's are a linear kernel on conv2, 1.5, 0.1 and 0.02: `fkcf/conv2`.
    """
    return FKCFSettings(
        feature=DeepFeature("conv3"),
        padding=1.75,
        kernel_sigma=0.5,
        output_sigma_factor=0.125,
        learning_rate=0.05,
        min_sample_area=176**2,
        max_sample_area=176**2,
        score=ScoreSettings(-2.8, sharpness=1.23, lost_below=0.57, learn_above=0.0, hold_below=0.02),
    )
