"""What a feature is: a setting (`Feature`) that builds an `Extractor`. A new one is one file (see hog.py)."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.networks.backbone import Backbone

Samples = NDArray[np.uint8]
"""(N, H, W, 3) RGB or (N, H, W, 1) grey, 0..255."""


class Extractor(Protocol):
    """Turns image samples into feature maps."""

    @property
    def channels(self) -> int:
        """Channels of the maps."""

    @property
    def stride(self) -> int:
        """Sample pixels from one map cell to the next."""

    def extract(self, samples: Samples) -> Tensor:
        """(N, H, W, 3 or 1) uint8 samples to (N, channels, h, w) float32 maps."""


class Feature(Protocol):
    """A frozen setting that names a feature and its parameters."""

    @property
    def needs_network(self) -> bool:
        """Whether `build` wants a backbone."""

    def build(self, backbone: Backbone | None) -> Extractor:
        """The extractor; `backbone` may be None where no network is needed."""
