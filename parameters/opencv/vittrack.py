"""VitTrack by OpenCV; its ONNX file is given with --weights."""

from cfvgg_plugin.parameters.opencv.settings import OpenCVSettings


def parameters() -> OpenCVSettings:
    """A small vision transformer that OpenCV's dnn module runs.

    OpenCV itself calls the target lost below a score of 0.2 (tracking_score_threshold).
    """
    return OpenCVSettings("Vit", lost_below=0.2)
