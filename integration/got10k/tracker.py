"""A tracker of ours as a tracker of got10k."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin.errors import FrameError
from cfvgg_plugin.extras import import_extra
from cfvgg_plugin.networks import Backbone, Weights
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings, split_name
from cfvgg_plugin.settings import settings_hash

_host: Any = import_extra("got10k.trackers", "got10k", "its adapter needs")


class GOT10kTracker(_host.Tracker):  # type: ignore[misc]
    """`GOT10kTracker("feco")` runs in any experiment of got10k.

    Its name, under which got10k keeps results and finds them again, ends in the hash of settings and weights: results
    of other settings are never taken for this tracker's.
    """

    def __init__(
        self,
        tracker: str = "feco",
        *,
        weights: Backbone | Weights | str | Path | None = None,
        settings: Any = None,
        first_pixel: int = 1,
    ) -> None:
        """Load settings and network.

        tracker, weights, settings: as in `create_tracker`. first_pixel: how the dataset's boxes number the first
        pixel: 1 (got10k's trackers count like that: OTB, UAV123, LaSOT, ...) or 0 (VOT, NfS). Raises InputError.
        """
        self._tracker_name = tracker
        self._settings = load_settings(tracker) if settings is None else settings
        self._backbone = load_backbone(self._settings, weights)
        self._shift = np.array([first_pixel, first_pixel, 0, 0], np.float64)
        digest = settings_hash(self._settings, self._backbone.sha256 if self._backbone else "")
        super().__init__("-".join((*split_name(tracker), digest)), is_deterministic=True)

    def init(self, image: Any, box: Sequence[float]) -> None:
        """Start a fresh tracker on `box` (x, y, w, h) of a PIL image. Raises InputError."""
        self._tracker = create_tracker(self._tracker_name, weights=self._backbone, settings=self._settings)
        self._tracker.init(pixels(image), (np.asarray(box, np.float64) - self._shift).tolist())

    def update(self, image: Any) -> NDArray[np.float64]:
        """The box (4,) in the next PIL image; a new array every time, since got10k keeps it. Raises FrameError."""
        return np.array(self._tracker.update(pixels(image)).box) + self._shift


def pixels(image: Any) -> NDArray[np.uint8]:
    """RGB (H, W, 3) or grey (H, W) uint8 of a PIL image, which is decoded here. FrameError where that fails."""
    try:
        return np.array(image if image.mode in {"RGB", "L"} else image.convert("RGB"))
    except (OSError, SyntaxError) as error:  # Pillow raises SyntaxError for a broken PNG
        image.close()
        raise FrameError(f"{getattr(image, 'filename', 'image')}: cannot be decoded ({error})") from None
