"""A tracker of ours as a tracker of got10k."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from cfvgg_plugin.errors import FrameError
from cfvgg_plugin.networks import Backbone, Weights
from cfvgg_plugin.registry import create_tracker, load_backbone, load_settings, split_name
from cfvgg_plugin.settings import Settings, settings_hash
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.video.frames import read_image

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
        settings: Settings | None = None,
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

    def track(
        self, img_files: Sequence[str], box: Sequence[float], visualize: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Boxes (N, 4) and seconds (N,) of a sequence, whose files are decoded as everywhere in this package.

        got10k's own way would clip 16-bit images to white. Raises FrameError and InputError.
        """
        boxes, seconds = np.zeros((len(img_files), 4)), np.zeros(len(img_files))
        boxes[0] = box
        for number, file in enumerate(img_files):
            image = read_pixels(file)
            start = time.perf_counter()
            if number == 0:
                self.init(image, box)
            else:
                boxes[number] = self.update(image)
            seconds[number] = time.perf_counter() - start
            if visualize:
                _host.show_frame(Image.fromarray(image), boxes[number])
        return boxes, seconds

    def init(self, image: Any, box: Sequence[float]) -> None:
        """Start a fresh tracker on `box` (x, y, w, h) of an image. Raises InputError."""
        self._tracker = create_tracker(self._tracker_name, weights=self._backbone, settings=self._settings)
        self._tracker.init(pixels(image), (np.asarray(box, np.float64) - self._shift).tolist())

    def update(self, image: Any) -> NDArray[np.float64]:
        """The box (4,) in the next image; a new array every time, since got10k keeps it. Raises FrameError."""
        return np.array(self._tracker.update(pixels(image)).box) + self._shift


def pixels(image: Any) -> NDArray[np.uint8]:
    """RGB (H, W, 3) or grey (H, W) uint8 of an image: what `read_image` makes of its file, if Pillow only opened that.

    image: of Pillow, or pixels already. FrameError where it cannot be decoded.
    """
    if isinstance(image, np.ndarray):
        return image
    name = getattr(image, "filename", "")
    if name and getattr(image, "tile", None):  # nobody has read or changed it
        return read_pixels(name)
    try:
        turned = ImageOps.exif_transpose(image)
        return np.array(turned if turned.mode in {"RGB", "L"} else turned.convert("RGB"))
    except (OSError, SyntaxError) as error:  # Pillow raises SyntaxError for a broken PNG
        image.close()
        raise FrameError(f"{name or 'image'}: cannot be decoded ({error})") from None


def read_pixels(file: str) -> NDArray[np.uint8]:
    """RGB (H, W, 3) of an image file. Raises FrameError."""
    found = read_image(file)
    if found is None:
        raise FrameError(f"{file}: cannot be decoded")
    return found
