"""fECO on the uncompressed ResNet-18 (conv1 and layer3 of an ONNX file): what a student is measured against."""

import dataclasses

from cfvgg_plugin.features import DeepFeature, HOGFeature
from cfvgg_plugin.parameters.feco import default
from cfvgg_plugin.parameters.feco.settings import Block, FECOSettings


def parameters() -> FECOSettings:
    """The student's own settings, so that only the network differs; as many channels are kept as ECO keeps of VGG-M.

    The taps match VGG-M's conv1 and conv5 in stride (2 and 16). For another network change the taps.
    """
    blocks = (Block(DeepFeature("conv1", pool=2), 16), Block(DeepFeature("layer3"), 64), Block(HOGFeature(4), 10))
    return dataclasses.replace(default.parameters(), blocks=blocks)
