"""CF-VGG as a feature of pytracking's own trackers."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from pytracking import TensorList
from pytracking.features.featurebase import MultiFeatureBase
from torch import Tensor

from cfvgg_plugin.networks import VGGM, load_weights
from cfvgg_plugin.networks.mean_image import resize_mean
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.networks.vggm import LAYERS


class CFVGGFeature(MultiFeatureBase):  # type: ignore[misc]
    """Layers of VGG-M or a student of it.

    pytracking expects maps of (sample // stride) cells: the first two convolutions are padded here, which our own
    trackers, like the authors', leave out.
    """

    def __init__(
        self, taps: Sequence[str], pool_stride: Sequence[int], weights: str | None = None, **host: Any
    ) -> None:
        """taps: conv1 ... conv5. pool_stride: cells of each that are averaged. host: arguments of MultiFeatureBase."""
        super().__init__(pool_stride=list(pool_stride), **host)
        self.taps = tuple(taps)
        self._weights = weights
        self._means: dict[tuple[int, int], Tensor] = {}

    def initialize(self) -> None:
        """Load the network. Raises InputError where there is none."""
        loaded = load_weights(find_weights(self._weights))
        self._mean, self._network = loaded.mean, padded(loaded.network)

    def dim(self) -> Any:
        """Channels of every tap."""
        return TensorList([self._network.channels[tap] for tap in self.taps])

    def stride(self) -> Any:
        """Sample pixels from cell to cell of every map."""
        return TensorList([LAYERS[tap].step * pool for tap, pool in zip(self.taps, self.pool_stride, strict=True)])

    def extract(self, im: Tensor) -> Any:
        """Maps of the taps before pooling, (N, C, h, w) each; im: (N, 3, H, W) float RGB 0..255."""
        height, width = im.shape[-2:]
        if (height, width) not in self._means:
            mean = torch.from_numpy(resize_mean(self._mean, height, width).transpose(2, 0, 1).copy())
            self._means = {(height, width): mean}
        with torch.no_grad():  # not inference_mode: the host divides maps in place, and differentiates what follows
            maps = self._network(im - self._means[height, width], self.taps)
        return TensorList([maps[tap] for tap in self.taps])


def padded(network: VGGM) -> VGGM:
    """A copy whose convolutions keep the size, up to their stride."""
    network = copy.deepcopy(network)
    for name, layer in LAYERS.items():
        network.conv(name).padding = (layer.kernel // 2, layer.kernel // 2)
    return network
