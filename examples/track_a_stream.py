"""Follow a target in a camera or stream, and know when to stop trusting: python track_a_stream.py 0 128,79,64,78

The first argument is a camera's number, a stream's address or a file. `lost` says that the score is too low to trust
the box; feco/long_term then looks for the target in the whole picture, the others only where it was last seen.
"""

import sys

import cv2

from cfvgg_plugin import create_tracker

source = int(sys.argv[1]) if sys.argv[1].isdigit() else sys.argv[1]
box = [float(part) for part in sys.argv[2].split(",")]
camera = cv2.VideoCapture(source)
tracker = create_tracker("feco/long_term", backend="auto", threads=1)

_, frame = camera.read()
tracker.init(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), box)
lost_for = 0
while (answer := camera.read())[0] and lost_for < 100:  # give up in the end
    result = tracker.update(cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB))
    lost_for = lost_for + 1 if result.lost else 0
    if result.lost:
        print(f"lost for {lost_for} frame(s)")  # yours: hover, stop, ask a detector
    else:
        x, y = result.box.centre
        print(f"target at {x:.1f}, {y:.1f}, sure to {100 * result.score:.0f} %")
