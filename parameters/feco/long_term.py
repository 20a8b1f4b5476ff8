"""fECO that finds a lost target again: the whole frame is searched, places are confirmed."""

import dataclasses

from cfvgg_plugin.long_term.settings import LongTermSettings
from cfvgg_plugin.parameters.feco import default
from cfvgg_plugin.parameters.feco.settings import FECOSettings


def parameters() -> FECOSettings:
    """The default setting, with long-term tracking."""
    return dataclasses.replace(default.parameters(), long_term=LongTermSettings())
