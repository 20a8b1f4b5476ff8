"""fDeepSTRCF: STRCF (Li et al., CVPR 2018) on the student network, FHOG and grey values (paper, section III).

Every block of features has its own filter; their responses add up. A frame is searched at several scales around the
present one, the best refined peak moves the target, and the filters are learned anew there, near their predecessors.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.adaptation import adapted
from cfvgg_plugin.boxes import Box
from cfvgg_plugin.features import DeepFeature, nearest_pixel
from cfvgg_plugin.features.sampling import centred_patch
from cfvgg_plugin.features.window import lay_window
from cfvgg_plugin.filters import strcf
from cfvgg_plugin.filters.confidence import Appearance, Cues, compare_appearances, decide, first_appearance
from cfvgg_plugin.filters.fourier import gaussian_label, irfft2, rfft2, shift
from cfvgg_plugin.filters.localisation import peak_to_sidelobe, refine_peaks
from cfvgg_plugin.networks.backbone import Backbone
from cfvgg_plugin.parameters.fdeepstrcf.settings import FDeepSTRCFSettings, FeatureBlock
from cfvgg_plugin.tracker import Tracker, TrackResult

_EPSILON = np.finfo(np.float32).eps


@dataclass(frozen=True)
class _Block:
    """One block of features, laid out for a target."""

    members: tuple[int, ...]
    """Indices of its features in what the extractor returns."""
    normalised: tuple[bool, ...]
    """Which of them are scaled to 0..1."""
    channels: int
    side: int
    """Of its maps, in cells."""
    window: Tensor
    """(side, side) float32 cosine window."""
    problem: strcf.Problem


@dataclass(frozen=True)
class _Found:
    """The target in a frame."""

    x: float
    """Displacement in sample pixels."""
    y: float
    scale: float
    """Factor to the present scale."""
    sharpness: float
    """Peak-to-sidelobe ratio of the response."""
    centre: tuple[int, int]
    """Pixel (x, y) that the sample is centred on."""
    spectra: list[Tensor]
    """(1, D, side, side // 2 + 1) of every block's maps there, at that scale."""


class FDeepSTRCF(Tracker):
    """Spatial-temporal regularised correlation filters; follows position and scale."""

    def __init__(self, settings: FDeepSTRCFSettings, backbone: Backbone | None = None) -> None:
        self.settings = settings
        self._backbone = backbone
        middle = (settings.number_of_scales - 1) // 2
        self._scale_factors = [settings.scale_step ** (i - middle) for i in range(settings.number_of_scales)]

    def _start(self, image: NDArray[np.uint8], box: Box) -> None:
        self._layout(image, box)
        with torch.inference_mode():
            spectra = self._spectra(image, [self._scale])
            self._first = [strcf.fit(s[0], b.problem) for s, b in zip(spectra, self._blocks, strict=True)]
            # 0 on a flat image
            self._first_values = [max(float(r[0, 0]), 1e-6) for r in self._first_responses(spectra)]
        self._filters = self._first
        self._compared = self._deep or list(range(len(self._blocks)))
        support = self._extractor.sizes.support
        share = (self._window.target[1] / support, self._window.target[0] / support)
        self._appearances: list[Appearance] = [first_appearance(m, share) for m in self._target_maps(spectra)]
        self._running: float | None = None

    def _layout(self, image: NDArray[np.uint8], box: Box) -> None:
        """Search window and blocks for the target in `box`."""
        settings = self.settings
        network = adapted(self._backbone, image, box, settings.adaptation)
        chosen = [block.of(image.ndim == 3) for block in settings.blocks]
        features = [feature for group in chosen for feature in group]
        self._window, (self._position, self._scale) = lay_window(
            image, box, settings, settings.scale_step, features, network, "exact", centred_patch
        )
        self._extractor = self._window.extractor
        self._output = max(self._extractor.map_sides)
        # of the response's peak, in cells: half the target
        self._radius = math.sqrt(math.prod(self._window.target)) * self._output / self._extractor.sizes.support / 2
        self._deep = [i for i, group in enumerate(chosen) if any(f.needs_network for f in group)]
        self._blocks, first = [], 0
        for block, group in zip(settings.blocks, chosen, strict=True):
            self._blocks.append(self._lay_block(block, tuple(range(first, first + len(group)))))
            first += len(group)

    def _lay_block(self, block: FeatureBlock, members: tuple[int, ...]) -> _Block:
        settings = self.settings
        side = self._extractor.map_sides[members[0]]
        cell = self._extractor.sizes.support / side
        width, height = (max(math.floor(length / cell), 1) for length in self._window.target)
        label = gaussian_label(side, side, settings.output_sigma_factor * math.sqrt(width * height))
        counted = 7 / 8 * cell if block.cell is None else block.cell
        inside = (math.floor(self._window.target[1] / counted), math.floor(self._window.target[0] / counted))
        problem = strcf.Problem(
            label=rfft2(label),
            window=strcf.regularisation_window((side, side), inside, settings.reg_window_max, settings.reg_window_min),
            cells=self._output**2,
            temporal=settings.temporal_regularisation_factor,
            penalties=strcf.penalty_schedule(
                settings.init_penalty_factor,
                settings.penalty_scale_step,
                settings.max_penalty_factor,
                settings.max_iterations,
            ),
        )
        hann = torch.hann_window(side, periodic=False, dtype=torch.float64)
        normalised = tuple(isinstance(self._extractor.features[i], DeepFeature) for i in members)
        channels = sum(self._extractor.channels[i] for i in members)
        return _Block(members, normalised, channels, side, torch.outer(hann, hann).float(), problem)

    def _spectra(self, image: NDArray[np.uint8], scales: Sequence[float], deep_at: int | None = None) -> list[Tensor]:
        """Spectra (S, D, side, side // 2 + 1) of every block's windowed maps around the present position.

        Scale by scale: the network's first maps then stay in the cache. deep_at: number of the only scale at which the
        network's blocks are wanted, of which there is one then.
        """
        once = [deep_at is not None and i in self._deep for i in range(len(self._blocks))]
        maps = [
            torch.empty((1 if single else len(scales), block.channels, block.side, block.side))
            for block, single in zip(self._blocks, once, strict=True)
        ]
        for index, scale in enumerate(scales):
            chosen = [i for i, single in enumerate(once) if not single or index == deep_at]
            members = [m for i in chosen for m in self._blocks[i].members]
            found = iter(self._window.extract(image, self._position, [scale], members))
            for i in chosen:
                block, out, first = self._blocks[i], maps[i][0 if once[i] else index], 0
                for normalised in block.normalised:
                    feature = next(found)[0]
                    window_maps(feature, block.window, normalised, out[first : first + len(feature)])
                    first += len(feature)
        return [rfft2(m) for m in maps]

    def _at_target(self, image: NDArray[np.uint8], found: _Found) -> list[Tensor]:
        """Spectra (1, D, side, side // 2 + 1) of every block, the target, which was moved to, in the middle."""
        if not self.settings.use_detection_sample:
            return self._spectra(image, [self._scale])
        side = self._scale * self._extractor.sizes.support
        by = ((self._position[1] - found.centre[1]) / side, (self._position[0] - found.centre[0]) / side)
        return [shift(s, b.side, by) for s, b in zip(found.spectra, self._blocks, strict=True)]

    def _step(self, image: NDArray[np.uint8]) -> TrackResult:
        place = self._position, self._scale
        with torch.inference_mode():
            found = self._search(image)
            self._move(found)
            spectra = self._at_target(image, found)
            self.cues = self._cues(found, spectra)
            decision = decide(self.cues, self._running, self.settings.score)
            self._running = decision.running
            if decision.stays:
                self._position, self._scale = place
            if decision.learns:
                self._learn(spectra)
        return TrackResult(self._window.box(self._position, self._scale), decision.score, decision.lost)

    def _place(self, box: Box) -> None:
        self._position, self._scale = self._window.place(box)

    def _correct_to(self, box: Box) -> None:
        self._place(box)
        self._running = None

    def _search_near(self, image: NDArray[np.uint8], box: Box) -> Box:
        self._place(box)
        with torch.inference_mode():
            self._move(self._search(image))
        return self._window.box(self._position, self._scale)

    def _probe_near(self, image: NDArray[np.uint8], box: Box) -> TrackResult:
        self._place(box)
        with torch.inference_mode():
            found = self._search(image)
            self._move(found)
            self.cues = self._cues(found, self._at_target(image, found))
        decision = decide(self.cues, None, self.settings.score)
        self._running = decision.running
        return TrackResult(self._window.box(self._position, self._scale), decision.score, decision.lost)

    def _learn_at(self, image: NDArray[np.uint8], box: Box) -> None:
        self._place(box)
        with torch.inference_mode():
            self._learn(self._spectra(image, [self._scale]))

    def _first_responses(self, spectra: list[Tensor]) -> list[Tensor]:
        """Response (side, side) of every block of the first frame's filters to the sample at the target.

        The present filters follow whatever they are on and peak there, too; those of the first frame know only the
        target, so that their response stays low after a drift.
        """
        return [
            irfft2(strcf.respond(filt, sample)[0], block.side)
            for filt, sample, block in zip(self._first, spectra, self._blocks, strict=True)
        ]

    def _cues(self, found: _Found, spectra: list[Tensor]) -> Cues:
        """What speaks for the sample at the target, which `found` led to."""
        responses = self._first_responses(spectra)
        kept = [float(r.max()) / v for r, v in zip(responses, self._first_values, strict=True)]
        resemblance, presence = compare_appearances(self._target_maps(spectra), self._appearances)
        return Cues(sum(kept) / len(kept), resemblance, presence, found.sharpness)

    def _target_maps(self, spectra: list[Tensor]) -> list[NDArray[np.float32]]:
        """Windowed maps (D, side, side) of a sample, of the network's blocks or, where there is none, of all."""
        return [irfft2(spectra[i][0], self._blocks[i].side).numpy() for i in self._compared]

    def _learn(self, spectra: list[Tensor]) -> None:
        """New filters from the sample at the target, near the present ones."""
        self._filters = [
            strcf.fit(sample[0], block.problem, filt)
            for sample, block, filt in zip(spectra, self._blocks, self._filters, strict=True)
        ]

    def _respond(self, filters: list[Tensor], spectra: list[Tensor]) -> Tensor:
        """Spectra (S, output, output // 2 + 1) of the sum of all blocks' responses."""
        count = max(len(samples) for samples in spectra)
        total = torch.zeros((count, self._output, self._output // 2 + 1), dtype=torch.complex64)
        for filt, samples, block in zip(filters, spectra, self._blocks, strict=True):
            strcf.add_enlarged(total, self._output, strcf.respond(filt, samples), block.side)
        return total

    def _search(self, image: NDArray[np.uint8]) -> _Found:
        scales = [self._scale * factor for factor in self._scale_factors]
        alone = not self.settings.deep_at_every_scale and len(self._deep) < len(self._blocks)  # at the present scale
        spectra = self._spectra(image, scales, len(scales) // 2 if alone else None)
        total = self._respond(self._filters, spectra)
        responses = irfft2(total, self._output)
        peaks = refine_peaks(total, responses, self.settings.newton_iterations)
        best = max(range(len(peaks)), key=lambda i: peaks[i].value)
        peak, cell = peaks[best], self._extractor.sizes.support / self._output
        sharpness = peak_to_sidelobe(responses[best], self._radius)
        sample = [s[min(best, len(s) - 1)][None] for s in spectra]
        centre = nearest_pixel(self._position)
        return _Found(peak.x * cell, peak.y * cell, self._scale_factors[best], sharpness, centre, sample)

    def _move(self, found: _Found) -> None:
        scale = self._scale * found.scale
        x, y = found.centre
        self._position, self._scale = self._window.bounded((x + found.x * scale, y + found.y * scale), scale)


def window_maps(maps: Tensor, window: Tensor, normalised: bool, out: Tensor) -> None:
    """Write maps (C, h, w) float32 times the window (h, w) into `out` (C, h, w), in one pass over memory.

    normalised: scale every map to 0..1 first, as the authors do with deep features; a flat map becomes 0.
    """
    _window(maps.numpy(), window.numpy(), normalised, out.numpy())


@njit(cache=True, nogil=True, fastmath=True)
def _window(maps, window, normalised, out):  # type: ignore[no-untyped-def]
    for c in range(maps.shape[0]):
        least, factor = np.float32(0), np.float32(1)
        if normalised:
            least = most = maps[c, 0, 0]
            for y in range(maps.shape[1]):
                for x in range(maps.shape[2]):
                    least = min(least, maps[c, y, x])
                    most = max(most, maps[c, y, x])
            factor = np.float32(1) / (most - least + _EPSILON)
        for y in range(maps.shape[1]):
            for x in range(maps.shape[2]):
                out[c, y, x] = (maps[c, y, x] - least) * factor * window[y, x]
