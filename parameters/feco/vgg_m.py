"""ECO itself: uncompressed VGG-M beside FHOG; needs imagenet-vgg-m-2048.mat (the authors' OTB settings)."""

from cfvgg_plugin.features import DeepFeature, HOGFeature
from cfvgg_plugin.filters.confidence import as_published
from cfvgg_plugin.filters.joint import JointSettings
from cfvgg_plugin.parameters.feco.settings import SCORE, Block, FECOSettings

FOR_VGG_M = True
"""Whether the settings are for VGG-M itself; that they run on a student is told."""


def parameters() -> FECOSettings:
    """Column 'ECO (OTB)' of the published settings: five translation scales, no scale filter."""
    blocks = (Block(DeepFeature("conv1", cell=4), 16), Block(DeepFeature("conv5"), 64), Block(HOGFeature(4), 10))
    return FECOSettings(
        blocks,
        max_sample_area=250**2,
        learning_rate=0.009,
        joint=JointSettings(conjugate_gradient=15),
        scales=5,
        scale_step=1.02,
        score=as_published(SCORE),
    )
