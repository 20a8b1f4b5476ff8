"""DeepSTRCF on an ONNX ResNet-18's layer3 in place of VGG-M's conv3; slow."""

import dataclasses

from cfvgg_plugin.features import DeepFeature
from cfvgg_plugin.parameters.fdeepstrcf import vgg_m
from cfvgg_plugin.parameters.fdeepstrcf.settings import FDeepSTRCFSettings, FeatureBlock


def parameters() -> FDeepSTRCFSettings:
    """`layer3` has VGG-M's cells of 16 pixels."""
    published = vgg_m.parameters()
    return dataclasses.replace(published, blocks=(published.blocks[0], FeatureBlock((DeepFeature("layer3"),))))
