"""fECO on OTB: the student's conv1 and conv5 beside FHOG, fDSST's scale filter (the authors' settings)."""

from cfvgg_plugin.features import DeepFeature, HOGFeature
from cfvgg_plugin.parameters.feco.settings import Block, FECOSettings, ScaleFilterSettings


def parameters() -> FECOSettings:
    """Column 'fECO (OTB)' of the published settings."""
    blocks = (Block(DeepFeature("conv1", cell=4), 3), Block(DeepFeature("conv5"), 12), Block(HOGFeature(4), 10))
    return FECOSettings(blocks, scale_filter=ScaleFilterSettings())
