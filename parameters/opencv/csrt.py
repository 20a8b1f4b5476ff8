"""OpenCV's CSRT as it comes; needs opencv-contrib-python."""

from cfvgg_plugin.parameters.opencv.settings import OpenCVSettings


def parameters() -> OpenCVSettings:
    """Spatial and channel reliability, FHOG, Color Names and grey values (Lukezic et al., CVPR 2017)."""
    return OpenCVSettings("CSRT")
