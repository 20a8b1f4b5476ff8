"""Our trackers in pytracking, which imports this module through the shims of `install`."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pytracking.tracker.base import BaseTracker
from pytracking.utils import TrackerParams

from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings
from cfvgg_plugin.system.machine import set_threads
from cfvgg_plugin.tracker import Tracker


def tracker_parameters(name: str, weights: str | None = None) -> Any:
    """What pytracking hands to CFVGGTracker for `tracker/setting`; `weights` as in `create_tracker`."""
    params = TrackerParams()
    params.debug, params.visualization, params.use_gpu = 0, False, False
    params.cfvgg_name, params.cfvgg_weights = name, weights
    return params


@lru_cache
def _network(name: str, weights: str | None) -> Backbone | None:
    """Loaded once a process; pytracking makes a tracker for every sequence."""
    return load_backbone(load_settings(name), weights)


class CFVGGTracker(BaseTracker):  # type: ignore[misc]
    """The tracker that its parameters name; computes with one thread."""

    multiobj_mode = "parallel"

    def initialize_features(self) -> None:
        """Load the network."""
        set_threads(1)
        _network(self.params.cfvgg_name, self.params.cfvgg_weights)

    def initialize(self, image: NDArray[np.uint8], info: Mapping[str, Any]) -> dict[str, Any]:
        """Start on info["init_bbox"] = [x, y, w, h] of an RGB image (H, W, 3). Raises InputError."""
        self.initialize_features()
        name = self.params.cfvgg_name
        self._tracker: Tracker = create_tracker(name, weights=_network(name, self.params.cfvgg_weights))
        self._tracker.initialize(self._rgb(image), info)
        return {"target_bbox": list(info["init_bbox"]), "object_presence_score": 1.0}

    def track(self, image: NDArray[np.uint8], info: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """{"target_bbox": [x, y, w, h], "object_presence_score": score} of the next frame."""
        return self._tracker.track(self._rgb(image), info)

    def _rgb(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """run_video and run_webcam pass BGR; they are the ones that name the parameters but no run."""
        video = hasattr(self.params, "param_name") and not hasattr(self.params, "run_id")
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB) if video else image  # type: ignore[return-value]
