"""fECO with the student adapted to its target on the first frame (paper, section IV-B)."""

import dataclasses

from cfvgg_plugin.adaptation import AdaptationSettings
from cfvgg_plugin.parameters.feco import default
from cfvgg_plugin.parameters.feco.settings import FECOSettings


def parameters() -> FECOSettings:
    """The default setting, with adaptation."""
    return dataclasses.replace(default.parameters(), adaptation=AdaptationSettings())
