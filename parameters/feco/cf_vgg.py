"""fECO of the paper: its settings, on the package's CF-VGG."""

from cfvgg_plugin.features import DeepFeature, HOGFeature
from cfvgg_plugin.filters.confidence import ScoreSettings, as_published
from cfvgg_plugin.parameters.feco.settings import Block, FECOSettings, ScaleFilterSettings

SCORE = ScoreSettings(1.75, recall=2.19, resemblance=3.91, presence=1.53, lost_below=0.55)


def parameters() -> FECOSettings:
    """Column 'fECO (OTB)' of the published settings."""
    blocks = (Block(DeepFeature("conv1", cell=4), 3), Block(DeepFeature("conv5"), 12), Block(HOGFeature(4), 10))
    return FECOSettings(blocks, scale_filter=ScaleFilterSettings(), network="cf_vgg", score=as_published(SCORE))
