"""fECO with the student adapted to its target on the first frame (paper, section IV-B)."""

import dataclasses

from cfvgg_plugin.adaptation import AdaptationSettings
from cfvgg_plugin.parameters.feco import cf_vgg
from cfvgg_plugin.parameters.feco.settings import FECOSettings


def parameters() -> FECOSettings:
    """The paper's setting, with adaptation."""
    return dataclasses.replace(cf_vgg.parameters(), adaptation=AdaptationSettings())
