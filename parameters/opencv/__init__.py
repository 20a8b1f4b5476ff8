"""Settings of OpenCV's trackers."""
