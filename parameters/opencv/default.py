"""OpenCV's CSRT, the most accurate that needs no network file."""

from cfvgg_plugin.parameters.opencv.csrt import parameters

__all__ = ["parameters"]
