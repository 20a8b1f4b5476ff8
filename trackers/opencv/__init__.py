"""OpenCV's own trackers: what a user would pick instead."""

from cfvgg_plugin.trackers.opencv.opencv import OpenCVTracker


def get_tracker_class() -> type[OpenCVTracker]:
    """The tracker's class."""
    return OpenCVTracker
