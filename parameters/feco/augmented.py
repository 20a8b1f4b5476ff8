"""fECO that also learns turned, mirrored and blurred copies of the first frame: more accurate."""

import dataclasses

from cfvgg_plugin.parameters.feco import default
from cfvgg_plugin.parameters.feco.settings import AugmentationSettings, FECOSettings


def parameters() -> FECOSettings:
    """The default setting, with augmentation."""
    return dataclasses.replace(default.parameters(), augmentation=AugmentationSettings())
