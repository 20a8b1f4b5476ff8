"""OpenCV's KCF as it comes; needs opencv-contrib-python."""

from cfvgg_plugin.parameters.opencv.settings import OpenCVSettings


def parameters() -> OpenCVSettings:
    """Color Names and grey values, no scale.

    It is not the KCF of the papers: it reports a failure for every frame whose response is below 0.5 (detect_thresh),
    and it learns its first model from the second frame.
    """
    return OpenCVSettings("KCF")
