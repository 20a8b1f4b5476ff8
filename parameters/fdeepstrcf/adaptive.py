"""fDeepSTRCF with the student adapted to its target on the first frame (paper, section IV-B)."""

import dataclasses

from cfvgg_plugin.adaptation import AdaptationSettings
from cfvgg_plugin.parameters.fdeepstrcf import cf_vgg
from cfvgg_plugin.parameters.fdeepstrcf.settings import FDeepSTRCFSettings


def parameters() -> FDeepSTRCFSettings:
    """The paper's setting, with adaptation; its third level is the layer that the tracker reads."""
    return dataclasses.replace(cf_vgg.parameters(), adaptation=AdaptationSettings(levels=("conv1", "conv2", "conv3")))
