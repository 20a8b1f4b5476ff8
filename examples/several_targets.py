"""Follow several targets of a video at once: python several_targets.py street.mp4 128,79,64,78 30,40,20,50"""

import sys

import cv2

from cfvgg_plugin import MultiTracker

video = cv2.VideoCapture(sys.argv[1])
_, frame = video.read()
first = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)

targets = MultiTracker("feco", backend="auto", threads=2)  # threads: targets that are updated at the same time
for number, text in enumerate(sys.argv[2:], 1):
    targets.add(number, first, [float(part) for part in text.split(",")])

while (answer := video.read())[0]:
    for number, result in targets.update(cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB)).items():
        print(number, *(f"{value:.1f}" for value in result.box), f"{result.score:.2f}", sep=",")
