"""fECO: efficient convolution operators (Danelljan et al., CVPR 2017) on the student's features."""

from cfvgg_plugin.trackers.feco.feco import FECO


def get_tracker_class() -> type[FECO]:
    """The tracker's class."""
    return FECO
