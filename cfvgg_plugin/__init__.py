"""Deep correlation-filter tracking in real time on one CPU core.

A whole program:

    import cv2
    from cfvgg_plugin import create_tracker

    video = cv2.VideoCapture("street.mp4")
    tracker = create_tracker("fkcf/hog", threads=1)
    _, frame = video.read()
    tracker.init(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), (128, 79, 64, 78))
    while (answer := video.read())[0]:
        result = tracker.update(cv2.cvtColor(answer[1], cv2.COLOR_BGR2RGB))
        print(result.box, result.score, result.lost)

The names in `__all__` are what users may rely on; everything else may change without notice.
"""

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cfvgg_plugin.boxes import Box, overlaps
    from cfvgg_plugin.datasets.known import load_dataset
    from cfvgg_plugin.errors import FrameError, InputError
    from cfvgg_plugin.evaluation.evaluate import evaluate
    from cfvgg_plugin.evaluation.pool import Plan
    from cfvgg_plugin.evaluation.run import load_tracker
    from cfvgg_plugin.multi import MultiTracker
    from cfvgg_plugin.networks import Backbone, Weights, load_weights, save_weights
    from cfvgg_plugin.registry import create_tracker, full_names, load_settings
    from cfvgg_plugin.settings import Settings
    from cfvgg_plugin.system.machine import set_threads
    from cfvgg_plugin.tracker import Tracker, TrackResult

__version__ = "0.1.0"
__all__ = [
    "Backbone",
    "Box",
    "FrameError",
    "InputError",
    "MultiTracker",
    "Plan",
    "Settings",
    "TrackResult",
    "Tracker",
    "Weights",
    "__version__",
    "create_tracker",
    "evaluate",
    "full_names",
    "load_dataset",
    "load_settings",
    "load_tracker",
    "load_weights",
    "overlaps",
    "save_weights",
    "set_threads",
]

# In a checkout trackers/, parameters/ and integration/ stand beside this folder; installed, they are inside it.
_root = Path(__file__).parent.parent
if (_root / "pyproject.toml").is_file():
    __path__.append(str(_root))
if not os.access(Path(__file__).parent / "features", os.W_OK):  # numba's cache for our code may have no place
    importlib.import_module(f"{__name__}.system.compiled")

_HOMES = {
    "boxes": ["Box", "overlaps"],
    "datasets.known": ["load_dataset"],
    "errors": ["FrameError", "InputError"],
    "evaluation.evaluate": ["evaluate"],
    "evaluation.pool": ["Plan"],
    "evaluation.run": ["load_tracker"],
    "multi": ["MultiTracker"],
    "networks": ["Backbone", "Weights", "load_weights", "save_weights"],
    "registry": ["create_tracker", "full_names", "load_settings"],
    "settings": ["Settings"],
    "system.machine": ["set_threads"],
    "tracker": ["TrackResult", "Tracker"],
}


def __getattr__(name: str) -> Any:
    """Import a public name at its first use: `cfvgg --help` should not wait for torch."""
    for home, names in _HOMES.items():
        if name in names:
            value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{home}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names: what else can be reached here may change without notice."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
