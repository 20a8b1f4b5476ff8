"""fECO: the student's conv1 and conv5 beside FHOG and colours, fDSST's scale filter."""

from cfvgg_plugin.features import ColorNamesFeature, DeepFeature, HOGFeature, IntensityFeature
from cfvgg_plugin.parameters.feco.settings import Block, FECOSettings, ScaleFilterSettings


def parameters() -> FECOSettings:
    """The authors' values for OTB, but for the features, which validation chose for the package's student.

    It has more channels than their fECO (3 and 12), and the colours of their fECO for VOT. Samples are kept by their
    moments, which costs less than ECO's mixture; validation cannot tell them apart.
    """
    blocks = (
        Block(DeepFeature("conv1", cell=4), 6),
        Block(DeepFeature("conv5"), 24),
        Block(HOGFeature(4), 10),
        Block(ColorNamesFeature(4), 3, "colour"),
        Block(IntensityFeature(4), 3, "grey"),
    )
    return FECOSettings(blocks, capacity=None, scale_filter=ScaleFilterSettings())
