"""ECO on the uncompressed ResNet-18 (conv1 and layer3 of an ONNX file): what a student is measured against."""

import dataclasses

from cfvgg_plugin.features import DeepFeature, HOGFeature
from cfvgg_plugin.parameters.feco import vgg_m
from cfvgg_plugin.parameters.feco.settings import Block, FECOSettings


def parameters() -> FECOSettings:
    """ECO's settings for VGG-M, with taps of the same strides (2 and 16); for another network change the taps.

    Half as many channels are kept as of VGG-M: on videos outside the benchmarks that was a little better.
    """
    blocks = (Block(DeepFeature("conv1", pool=2), 8), Block(DeepFeature("layer3"), 32), Block(HOGFeature(4), 10))
    return dataclasses.replace(vgg_m.parameters(), blocks=blocks)
