"""Deep correlation-filter tracking in real time on one CPU core.

A whole program:

    import cv2
    from cfvgg_plugin import create_tracker

    video = cv2.VideoCapture("street.mp4")
    tracker = create_tracker("fkcf/hog")
    _, frame = video.read()
    tracker.init(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), (128, 79, 64, 78))
    while (answer := video.read())[0]:
        result = tracker.update(cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB))
        print(result.box, result.score, result.lost)
"""

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cfvgg_plugin.boxes import Box
    from cfvgg_plugin.errors import FrameError, InputError
    from cfvgg_plugin.multi import MultiTracker
    from cfvgg_plugin.networks import load_weights, save_weights
    from cfvgg_plugin.registry import create_tracker, full_names, load_settings
    from cfvgg_plugin.tracker import Tracker, TrackResult

__version__ = "0.1.0"
__all__ = [
    "Box",
    "FrameError",
    "InputError",
    "MultiTracker",
    "TrackResult",
    "Tracker",
    "create_tracker",
    "full_names",
    "load_settings",
    "load_weights",
    "save_weights",
]

# In a checkout trackers/, parameters/ and integration/ stand beside this folder; installed, they are inside it.
_root = Path(__file__).parent.parent
if (_root / "pyproject.toml").is_file():
    __path__.append(str(_root))
if not os.access(Path(__file__).parent / "features", os.W_OK):  # numba's cache for our code may have no place
    importlib.import_module(f"{__name__}.compiled")

_HOMES = {
    "boxes": ["Box"],
    "errors": ["FrameError", "InputError"],
    "multi": ["MultiTracker"],
    "networks": ["load_weights", "save_weights"],
    "registry": ["create_tracker", "full_names", "load_settings"],
    "tracker": ["Tracker", "TrackResult"],
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use: `cfvgg --help` should not wait for torch."""
    for home, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{home}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
