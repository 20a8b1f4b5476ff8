"""One layer of VGG-M or of its student as a feature."""

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features.base import Samples
from cfvgg_plugin.networks import Weights
from cfvgg_plugin.networks.mean_image import resize_mean
from cfvgg_plugin.networks.vggm import LAYERS, RAW_TAPS, TAPS


@dataclass(frozen=True)
class DeepFeature:
    """The maps of one network tap."""

    tap: str
    """conv1 ... conv5 (after ReLU, and LRN for the first two) or conv1_raw ... conv5_raw."""
    needs_network: ClassVar[bool] = True

    def build(self, weights: Weights | None) -> "DeepExtractor":
        """Bind the network. Raises InputError without weights or for an unknown tap."""
        if weights is None:
            raise InputError(f"feature {self.tap} needs network weights")
        if self.tap not in TAPS + RAW_TAPS:
            raise InputError(f"unknown network tap {self.tap!r}: choose from {', '.join(TAPS + RAW_TAPS)}")
        return DeepExtractor(weights, self.tap)


class DeepExtractor:
    """Runs a network up to one tap; the input size is free, the mean image follows it."""

    def __init__(self, weights: Weights, tap: str) -> None:
        name = tap.removesuffix("_raw")
        self.tap = tap
        self.channels = weights.network.channels[name]
        self.stride = LAYERS[name].step
        # channels_last is what the samples are in memory, and what the CPU's convolutions like best
        self._network = weights.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._mean = lru_cache(maxsize=8)(lambda h, w: torch.from_numpy(resize_mean(weights.mean, h, w)))

    def extract(self, samples: Samples) -> Tensor:
        """(N, H, W, 3 or 1) uint8 to (N, channels, h, w) float32; grey samples serve as three equal channels."""
        if samples.shape[3] == 1:
            samples = np.repeat(samples, 3, axis=3)
        with torch.inference_mode():
            x = torch.from_numpy(samples).float() - self._mean(*samples.shape[1:3])
            maps: Tensor = self._network(x.permute(0, 3, 1, 2), (self.tap,))[self.tap]
            return maps
