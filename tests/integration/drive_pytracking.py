"""Runs in a process of its own, below a checkout: run_video.py and run_vot2020 without display and without TraX.

Arguments: video, x, y, w, h, image folder. Prints JSON.
"""

import collections
import json
import runpy
import sys
import types
from pathlib import Path

import cv2

sys.path.insert(0, ".")
video, *box, images = sys.argv[1:]
seen = []


def without_display() -> None:
    for name in ("namedWindow", "resizeWindow", "setMouseCallback", "imshow", "destroyAllWindows"):
        setattr(cv2, name, lambda *_: None)
    keys = iter([-1, -1, 32])  # two looks at the first frame while paused, then go on
    cv2.waitKey = lambda *_: next(keys, -1)


def with_frames_and_a_box(folder: str, start: list[float]) -> list[list[float]]:
    """A stand-in for pytracking's connection to the VOT toolkit; returns the list of what will be reported."""
    module = types.ModuleType("pytracking.evaluation.vot2020")
    module.Rectangle = collections.namedtuple("Rectangle", ["x", "y", "width", "height"])
    frames, reports = iter(sorted(map(str, Path(folder).iterdir()))), []

    class VOT:
        def __init__(self, region):
            assert region == "rectangle"

        def region(self):
            return module.Rectangle(*start)

        def frame(self):
            return next(frames, None)

        def report(self, region, confidence=None):
            reports.append(list(region))

    module.VOT = VOT
    sys.modules[module.__name__] = module
    return reports


def note_colours() -> None:
    from cfvgg_plugin.tracker import Tracker

    track = Tracker.track

    def noting(self, image, info=None):
        seen.append([float(x) for x in image.reshape(-1, 3).mean(0)])
        return track(self, image, info)

    Tracker.track = noting


def main() -> None:
    without_display()
    note_colours()
    sys.argv = ["run_video.py", "fkcf", "grey", video, "--optional_box", *box, "--save_results"]
    runpy.run_path("pytracking/run_video.py", run_name="__main__")
    from_video = list(seen)
    reports = with_frames_and_a_box(images, [float(x) for x in box])
    from pytracking.evaluation import Tracker

    Tracker("fkcf", "hog").run_vot2020()
    answer = {"video": from_video, "vot": seen[len(from_video) :], "reports": reports}
    sys.stdout.write(f"\n{json.dumps(answer)}\n")


if __name__ == "__main__":
    main()
