"""fKCF on conv2, the best single layer (paper, table V)."""

from cfvgg_plugin.parameters.fkcf.conv2 import parameters

__all__ = ["parameters"]
