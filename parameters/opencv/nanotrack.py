"""NanoTrack by OpenCV; its two ONNX files are given with --weights."""

from cfvgg_plugin.parameters.opencv.settings import OpenCVSettings


def parameters() -> OpenCVSettings:
    """A small Siamese network that OpenCV's dnn module runs."""
    return OpenCVSettings("Nano")
