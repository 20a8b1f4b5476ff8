"""Change a tracker's settings, its network and what runs it: python own_settings.py street.mp4 128,79,64,78

Settings are frozen: a changed copy is another tracker, whose results are stored by another name. On the command line
`--settings FILE.toml` does the same.
"""

import dataclasses
import sys

import cv2

from cfvgg_plugin import create_tracker, load_settings

settings = load_settings("feco")
faster = dataclasses.replace(settings, train_gap=8, learning_rate=0.015)
tracker = create_tracker(
    "feco",
    settings=faster,
    weights="cf_vgg",  # a stored name, or a weight file of your own
    backend="torch",  # or "onnx", "openvino", where they are installed
)

video = cv2.VideoCapture(sys.argv[1])
_, frame = video.read()
tracker.init(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), [float(part) for part in sys.argv[2].split(",")])
while (answer := video.read())[0]:
    result = tracker.update(cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB))
print("in the last frame:", *(f"{value:.1f}" for value in result.box))
