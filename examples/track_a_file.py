"""Follow a target through a video file: python track_a_file.py street.mp4 128,79,64,78"""

import sys

import cv2

from cfvgg_plugin import create_tracker

video = cv2.VideoCapture(sys.argv[1])
box = [float(part) for part in sys.argv[2].split(",")]  # x, y, width, height in pixels; 0, 0 is the first pixel
tracker = create_tracker("feco", backend="auto", threads=1)  # auto: onnxruntime where it is installed

_, frame = video.read()
tracker.init(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), box)  # OpenCV reads BGR, trackers take RGB
while (answer := video.read())[0]:
    result = tracker.update(cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB))
    print(*(f"{value:.1f}" for value in result.box), f"{result.score:.2f}", "lost" if result.lost else "", sep=",")
