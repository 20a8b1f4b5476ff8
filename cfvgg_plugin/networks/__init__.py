"""VGG-M and its students: the network, pruning, weight files."""

from cfvgg_plugin.networks.backbone import Backbone, VGGBackbone
from cfvgg_plugin.networks.pruning import prune
from cfvgg_plugin.networks.vggm import RAW_TAPS, TAPS, VGGM, width_for_compression
from cfvgg_plugin.networks.weights import Weights, load_weights, save_weights

__all__ = [
    "RAW_TAPS",
    "TAPS",
    "VGGM",
    "Backbone",
    "VGGBackbone",
    "Weights",
    "load_weights",
    "prune",
    "save_weights",
    "width_for_compression",
]
