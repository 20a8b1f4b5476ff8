"""fECO: ECO (Danelljan et al., CVPR 2017) on the student's features, FHOG and others."""

from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.fft import next_fast_len
from torch import Tensor

from cfvgg_plugin.adaptation import adapted
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features import nearest_pixel, sample_patch
from cfvgg_plugin.features.sampling import Image
from cfvgg_plugin.features.window import lay_window
from cfvgg_plugin.filters import series
from cfvgg_plugin.filters.confidence import Appearance, Cues, compare_appearances, decide, first_appearance
from cfvgg_plugin.filters.localisation import peak_to_sidelobe, refine_peaks
from cfvgg_plugin.networks import Backbone
from cfvgg_plugin.parameters.feco.settings import AugmentationSettings, FECOSettings
from cfvgg_plugin.tracker import Tracker, TrackResult
from cfvgg_plugin.trackers.feco.scale import ScaleEstimator, Windows
from cfvgg_plugin.trackers.feco.translation import extract, fit_models, recall, respond


class FECO(Tracker):
    """Efficient convolution operators; follows position and scale."""

    def __init__(self, settings: FECOSettings, backbone: Backbone | None = None) -> None:
        self.settings = settings
        self._backbone = backbone

    def _start(self, image: NDArray[np.uint8], box: Box) -> None:
        settings = self.settings
        network = adapted(self._backbone, image, box, settings.adaptation)
        kind = "grey" if image.ndim == 2 else "colour"
        blocks = [block for block in settings.blocks if block.video in {"any", kind}]
        features = [block.feature for block in blocks]
        step = settings.scale_filter.step if settings.scale_filter else settings.scale_step
        self._window, (self._position, self._scale) = lay_window(
            image, box, settings, step, features, network, "odd", sample_patch
        )
        self._support = self._window.extractor.sizes.support
        width, height = self._window.target
        with torch.inference_mode():
            maps = self._window.extract(image, self._position, [self._scale])
            offset = self._offset(nearest_pixel(self._position), self._scale)
            self._models = fit_models(maps, blocks, self._support, (height, width), offset, settings)
            if settings.augmentation:
                self._learn_copies(image, settings.augmentation)
            self._centred = [series.shift(x[0], offset) for x in extract(self._models, maps)]
        self._compared = [i for i, feature in enumerate(features) if feature.needs_network] or list(
            range(len(features))
        )
        share = (height / self._support, width / self._support)
        self._appearances: list[Appearance] = [first_appearance(m, share) for m in self._target_maps()]
        self._running: float | None = None
        self._estimator = ScaleEstimator(settings.scale_filter, self._window.target) if settings.scale_filter else None
        if self._estimator:
            self._estimator.learn(image, self._position, self._scale)

    def _learn_copies(self, image: NDArray[np.uint8], settings: AugmentationSettings) -> None:
        copies = disturbed(image, self._position, self._scale, settings)
        samples = [self._centred_sample(copy) for copy in copies]
        for model in self._models:
            model.learn_copies(samples, settings)

    def _offset(self, centre: tuple[int, int], scale: float) -> tuple[float, float]:
        """(y, x) from a sample's centre to the target, in supports."""
        side = scale * self._support
        return (self._position[1] - centre[1]) / side, (self._position[0] - centre[0]) / side

    def _step(self, image: NDArray[np.uint8]) -> TrackResult:
        place = self._position, self._scale
        with torch.inference_mode():
            self.cues = self._translate(image)
        decision = decide(self.cues, self._running, self.settings.score)
        self._running = decision.running
        windows = None
        if decision.stays:
            self._position, self._scale = place
        else:
            windows = self._rescale(image)
        if decision.learns:
            if not self.settings.use_detection_sample:
                with torch.inference_mode():
                    self._centred = self._centred_sample(image)
            self._learn(image, windows)
        return TrackResult(self._window.box(self._position, self._scale), decision.score, decision.lost)

    def _rescale(self, image: NDArray[np.uint8]) -> Windows | None:
        """Take the scale that the scale filter finds; what it saw of the image."""
        if self._estimator is None:
            return None
        factor, windows = self._estimator.find(image, self._position, self._scale)
        self._position, self._scale = self._window.bounded(self._position, self._scale * factor)
        return windows

    def _learn(self, image: NDArray[np.uint8], known: Windows | None = None) -> None:
        """Remember the present sample, and the target's appearance at its scale; `known` is seen of it already."""
        with torch.inference_mode():
            for model in self._models:
                model.learn(self._centred)
        if self._estimator:
            self._estimator.learn(image, self._position, self._scale, known)

    def _translate(self, image: NDArray[np.uint8]) -> Cues:
        """Move to the best position and translation scale; keep the sample found there."""
        settings = self.settings
        centre = nearest_pixel(self._position)
        steps = np.arange(settings.scales) - (settings.scales - 1) // 2
        scales = [float(self._scale * settings.scale_step**step) for step in steps]
        samples = extract(self._models, self._window.extract(image, self._position, scales))
        spectra = respond(self._models, samples)
        size = spectra.shape[-2]
        responses = torch.fft.irfft2(spectra, s=(size, size))
        peaks = refine_peaks(spectra, responses, settings.newton_iterations)
        best = max(range(len(peaks)), key=lambda i: peaks[i].value)
        cell = scales[best] * self._support / size
        found = (centre[0] + peaks[best].x * cell, centre[1] + peaks[best].y * cell)
        self._position, self._scale = self._window.bounded(found, scales[best])
        self._sample = [x[best] for x in samples]
        offset = self._offset(centre, scales[best])
        self._centred = [series.shift(x, offset) for x in self._sample]
        return self._cues(responses[best])

    def _cues(self, response: Tensor) -> Cues:
        """What speaks for the place that the score map `response` found in the present sample."""
        resemblance, presence = compare_appearances(self._target_maps(), self._appearances)
        narrowest = self._models[0]
        sigma = narrowest.sigma * len(response) / narrowest.size  # in cells of the score
        return Cues(
            float(recall(self._models, self._sample).max()),
            resemblance,
            presence,
            peak_to_sidelobe(response, 3 * sigma),
        )

    def _target_maps(self) -> list[NDArray[np.float32]]:
        """Maps (D, K, K) with the target in the middle, of the network's features or, where there is none, of all."""
        chosen = [self._centred[i] for i in self._compared]
        return [series.sample(x, next_fast_len(x.shape[-2], real=True)).numpy() for x in chosen]

    def _place(self, box: Box) -> None:
        self._position, self._scale = self._window.place(box)

    def _correct_to(self, box: Box) -> None:
        self._place(box)
        self._running = None

    def _search_near(self, image: NDArray[np.uint8], box: Box) -> Box:
        self._place(box)
        with torch.inference_mode():
            self._translate(image)
        return self._window.box(self._position, self._scale)

    def _probe_near(self, image: NDArray[np.uint8], box: Box) -> TrackResult:
        self._place(box)
        with torch.inference_mode():
            self.cues = self._translate(image)
        decision = decide(self.cues, None, self.settings.score)
        self._running = decision.running
        self._rescale(image)
        return TrackResult(self._window.box(self._position, self._scale), decision.score, decision.lost)

    def _learn_at(self, image: NDArray[np.uint8], box: Box) -> None:
        self._place(box)
        with torch.inference_mode():
            self._centred = self._centred_sample(image)
        self._learn(image)

    def _centred_sample(self, image: NDArray[np.uint8]) -> list[Tensor]:
        """Projected series (D, K, L) of a sample around the present position, the target in its middle."""
        offset = self._offset(nearest_pixel(self._position), self._scale)
        maps = self._window.extract(image, self._position, [self._scale])
        return [series.shift(x[0], offset) for x in extract(self._models, maps)]


def disturbed(image: Image, centre: tuple[float, float], scale: float, settings: AugmentationSettings) -> list[Image]:
    """Copies of an image (H, W) or (H, W, 3): turned and mirrored about `centre`, which stays in place, and blurred.

    A filter learns from them what the target may look like later. Beyond the image its border is repeated.
    centre: (x, y) in pixels. scale: image pixels to a sample pixel.
    """
    copies = [_warped(image, cv2.getRotationMatrix2D(centre, degrees, 1.0)) for degrees in settings.rotations]
    if settings.mirrored:
        copies.append(_warped(image, np.array([[-1.0, 0.0, 2 * centre[0]], [0.0, 1.0, 0.0]])))
    for x, y in settings.blurs:
        copies.append(cv2.GaussianBlur(image, (0, 0), sigmaX=x * scale, sigmaY=y * scale))  # type: ignore[arg-type]
    return copies


def _warped(image: Image, matrix: NDArray[Any]) -> Image:
    size = (image.shape[1], image.shape[0])
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]
