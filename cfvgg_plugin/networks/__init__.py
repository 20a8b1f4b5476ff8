"""Networks: the architectures, weight files, what runs them."""

from cfvgg_plugin.networks.architectures.vgg_m import RAW_TAPS, TAPS, VGGM, prune, width_for_compression
from cfvgg_plugin.networks.backbone import Backbone, TorchBackbone
from cfvgg_plugin.networks.network import Network
from cfvgg_plugin.networks.weights import Weights, load_weights, save_weights

__all__ = [
    "RAW_TAPS",
    "TAPS",
    "VGGM",
    "Backbone",
    "Network",
    "TorchBackbone",
    "Weights",
    "load_weights",
    "prune",
    "save_weights",
    "width_for_compression",
]
