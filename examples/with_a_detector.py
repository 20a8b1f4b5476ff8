"""Let a detector start targets and keep them in place: python with_a_detector.py empty_place.mp4

Any detector will do; here it is what differs from the first frame, which must show the empty place. A target that is
lost for long is yours to `remove`.
"""

import sys

import cv2

from cfvgg_plugin import MultiTracker, overlaps

multi = MultiTracker("feco/hand_crafted", threads=2)
video = cv2.VideoCapture(sys.argv[1])
_, empty = video.read()


def detect(frame):  # yours: a list of x, y, w, h
    changed = cv2.absdiff(frame, empty).max(axis=2) > 25
    mask = cv2.morphologyEx(changed.astype("uint8"), cv2.MORPH_CLOSE, None, iterations=5)
    return [part[:4] for part in cv2.connectedComponentsWithStats(mask)[2][1:] if part[4] > 100]


number, targets = 0, 0
while (answer := video.read())[0]:
    number += 1
    frame = cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB)
    results = multi.update(frame)
    for target, result in results.items():
        print(number, target, *(f"{v:.1f}" for v in result.box), f"{result.score:.2f}", sep=",")
    for box in detect(answer[1]) if number % 5 == 0 else []:  # slow detectors: now and then
        near = {target: overlaps([result.box], [box])[0] for target, result in results.items()}
        best = max(near, key=near.get, default=None)
        if best is not None and near[best] > 0.3:
            multi.correct(best, box)
        else:
            targets += 1
            multi.add(targets, frame, box)
