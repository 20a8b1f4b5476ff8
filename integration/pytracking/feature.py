"""CF-VGG as a feature of pytracking's own trackers."""

import copy
from collections.abc import Sequence
from typing import Any

import torch
from pytracking import TensorList
from pytracking.features.featurebase import MultiFeatureBase
from torch import Tensor, nn

from cfvgg_plugin.networks import Network, load_weights
from cfvgg_plugin.networks.mean_image import resize_mean
from cfvgg_plugin.networks.store import find_weights


class CFVGGFeature(MultiFeatureBase):  # type: ignore[misc]
    """Layers of a student.

    pytracking expects maps of (sample // stride) cells: the convolutions are padded here, which our own trackers, like
    the authors', leave out in VGG-M's first two.
    """

    def __init__(
        self, taps: Sequence[str], pool_stride: Sequence[int], weights: str | None = None, **host: Any
    ) -> None:
        """taps: of the network. pool_stride: cells of each that are averaged. host: arguments of MultiFeatureBase."""
        super().__init__(pool_stride=list(pool_stride), **host)
        self.taps = tuple(taps)
        self._weights = weights
        self._means: dict[tuple[int, int], Tensor] = {}

    def initialize(self) -> None:
        """Load the network. Raises InputError where there is none."""
        loaded = load_weights(find_weights(self._weights))
        self._mean, self._network, self._geometry = loaded.mean, padded(loaded.network), loaded.geometry.taps

    def dim(self) -> Any:
        """Channels of every tap."""
        return TensorList([self._geometry[tap].channels for tap in self.taps])

    def stride(self) -> Any:
        """Sample pixels from cell to cell of every map."""
        pools = zip(self.taps, self.pool_stride, strict=True)
        return TensorList([self._geometry[tap].stride * pool for tap, pool in pools])

    def extract(self, im: Tensor) -> Any:
        """Maps of the taps before pooling, (N, C, h, w) each; im: (N, 3, H, W) float RGB 0..255."""
        height, width = im.shape[-2:]
        if (height, width) not in self._means:
            mean = torch.from_numpy(resize_mean(self._mean, height, width).transpose(2, 0, 1).copy())
            self._means = {(height, width): mean}
        with torch.no_grad():  # not inference_mode: the host divides maps in place, and differentiates what follows
            maps = self._network(im - self._means[height, width], self.taps)
        return TensorList([maps[tap] for tap in self.taps])


def padded(network: Network) -> Network:
    """A copy whose convolutions keep the size, up to their stride."""
    network = copy.deepcopy(network)
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            height, width = module.kernel_size
            module.padding = (height // 2 * module.dilation[0], width // 2 * module.dilation[1])
    return network
