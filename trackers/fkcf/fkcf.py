"""fKCF: KCF (Henriques et al., TPAMI 2015) on one layer of the student network, or on FHOG or grey values.

It shows how good a feature is on its own (paper, table V): one filter, no scale estimation, no spatial weights.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import prev_fast_len
from torch import Tensor
from torch.fft import rfft2

from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features import nearest_pixel, sample_patch
from cfvgg_plugin.features.window import inside
from cfvgg_plugin.filters import kcf
from cfvgg_plugin.filters.confidence import Cues, decide
from cfvgg_plugin.filters.fourier import gaussian_label, hann_window
from cfvgg_plugin.filters.localisation import locate, peak_to_sidelobe
from cfvgg_plugin.networks.backbone import Backbone
from cfvgg_plugin.parameters.fkcf.settings import FKCFSettings
from cfvgg_plugin.tracker import Tracker, TrackResult

SMALLEST_SIDE = 32
"""Sample pixels: no side of a sample is shorter, so that every feature has a map, however thin the target."""


class FKCF(Tracker):
    """Kernelised correlation filter on one feature; follows position, keeps the target's size."""

    def __init__(self, settings: FKCFSettings, backbone: Backbone | None = None) -> None:
        self.settings = settings
        self._extractor = settings.feature.build(backbone)
        sigma = settings.kernel_sigma
        self._kernel = kcf.linear_kernel if sigma is None else kcf.gaussian_kernel(sigma)

    def _start(self, image: NDArray[np.uint8], box: Box) -> None:
        self._size = (box.w, box.h)
        self._position = inside(box.centre, (image.shape[1], image.shape[0]))
        self._geometry()
        self._running: float | None = None
        with torch.inference_mode():
            maps = self._features(image)
            height, width = maps.shape[-2:]
            target = math.sqrt(box.w / self._cells[0] * box.h / self._cells[1])
            self._sigma = self.settings.output_sigma_factor * target
            self._label = rfft2(gaussian_label(height, width, self._sigma))
            self._hann = hann_window(height, width)
            self._model = kcf.fit(maps * self._hann, self._label, self._kernel, self.settings.regularisation)

    def _geometry(self) -> None:
        """Window in image pixels and the sample that it is resized to, for the target's size."""
        settings = self.settings
        self._window = (round(self._size[0] * (1 + settings.padding)), round(self._size[1] * (1 + settings.padding)))
        area = self._window[0] * self._window[1]
        scale = math.sqrt(min(max(area, settings.min_sample_area), settings.max_sample_area) / area)
        stride = self._extractor.stride
        width, height = (max(round(side * scale / stride) * stride, SMALLEST_SIDE) for side in self._window)
        self._sample_size = (width, height)
        # image pixels per map cell
        self._cells = (stride * self._window[0] / width, stride * self._window[1] / height)

    def _features(self, image: NDArray[np.uint8]) -> Tensor:
        """(C, H, W) maps of the window around the present position, each channel without its mean, of unit mean energy.

        The mean matters: seen through the cosine window it is one broad bump that pulls every response to the middle.
        """
        patch = sample_patch(image, nearest_pixel(self._position), self._window, self._sample_size)
        maps = _fast_crop(self._extractor.extract(patch[None])[0])
        maps = maps - maps.mean((1, 2), keepdim=True)
        return maps * maps.square().mean().clamp(min=1e-12).rsqrt()

    def _step(self, image: NDArray[np.uint8]) -> TrackResult:
        place = self._position
        with torch.inference_mode():
            self.cues = Cues(sharpness=self._locate(image))
            decision = decide(self.cues, self._running, self.settings.score)
            self._running = decision.running
            if decision.stays:
                self._position = place
            if decision.learns:
                self._learn(image)
        return TrackResult(Box.around(self._position, self._size), decision.score, decision.lost)

    def _locate(self, image: NDArray[np.uint8]) -> float:
        """Move to the response's peak; returns its peak-to-sidelobe ratio."""
        maps = self._features(image)
        spectrum = kcf.respond(self._model, maps * self._hann, self._kernel)
        peak, response = locate(spectrum, maps.shape[2])
        x, y = nearest_pixel(self._position)
        found = (x + peak.x * self._cells[0], y + peak.y * self._cells[1])
        self._position = inside(found, (image.shape[1], image.shape[0]))
        return peak_to_sidelobe(response, 3 * self._sigma)

    def _learn(self, image: NDArray[np.uint8]) -> None:
        maps = self._features(image)
        if maps.square().mean() < 0.5:
            return  # flat: its filter would be the label over lambda, ten thousand times any other's
        new = kcf.fit(maps * self._hann, self._label, self._kernel, self.settings.regularisation)
        self._model = kcf.blend(self._model, new, self.settings.learning_rate)

    def _correct_to(self, box: Box) -> None:
        self._position = inside(box.centre, (self._frame_shape[1], self._frame_shape[0]))
        self._running = None

    def _search_near(self, image: NDArray[np.uint8], box: Box) -> Box:
        self._position = inside(box.centre, (image.shape[1], image.shape[0]))
        with torch.inference_mode():
            self._locate(image)
        return Box.around(self._position, self._size)

    def _learn_at(self, image: NDArray[np.uint8], box: Box) -> None:
        self._position = inside(box.centre, (image.shape[1], image.shape[0]))
        with torch.inference_mode():
            self._learn(image)


def _fast_crop(maps: Tensor) -> Tensor:
    """Middle of the maps (C, H, W), with sides that the FFT is fast on (109 is prime, 108 is not)."""
    height, width = (prev_fast_len(side, real=True) for side in maps.shape[-2:])
    top, left = (maps.shape[-2] - height) // 2, (maps.shape[-1] - width) // 2
    return maps[:, top : top + height, left : left + width]
