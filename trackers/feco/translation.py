"""ECO's translation models: features to series, the score, the sample memory and its training.

One filter learns all features, as ECO's does, or there are two, whose scores add up (Bhat et al., ECCV 2018): deep maps
tell the target from other things wherever it is, shallow ones say where exactly it is. With labels of their own width,
the one filter learns to be robust and the other to be accurate.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.filters import series as fourier
from cfvgg_plugin.filters.conjugate_gradient import Momentum
from cfvgg_plugin.filters.eco import (
    Memory,
    Real,
    make_regulariser,
    preconditioner,
    regularisation_window,
    sparse_spectrum,
    train,
)
from cfvgg_plugin.filters.fourier import hann_window
from cfvgg_plugin.filters.joint import principal_components, project, train_jointly
from cfvgg_plugin.filters.moments import make_moments
from cfvgg_plugin.filters.packing import make_packing
from cfvgg_plugin.filters.sample_space import make_sample_space
from cfvgg_plugin.parameters.feco.settings import AugmentationSettings, Block, FECOSettings


class TranslationModel:
    """A filter of some of the features, its `members`: learned on the first frame, then from every `learn`."""

    def __init__(
        self,
        maps: Sequence[Tensor],
        blocks: Sequence[Block],
        members: Sequence[int],
        support: int,
        target: tuple[float, float],
        offset: tuple[float, float],
        settings: FECOSettings,
        weight: float = 1.0,
    ) -> None:
        """Learn filter and projections.

        maps: (1, C, h, w) of every block's feature, of which it takes those numbered `members`. support: side of the
        sample in pixels. target: (height, width) in sample pixels. offset: target minus sample centre, (y, x), in
        supports. weight: of its scores beside other models'.
        """
        self.settings, self.members, self.weight = settings, members, weight
        maps, blocks = [maps[i] for i in members], [blocks[i] for i in members]
        sides = [m.shape[-1] for m in maps]
        sizes = [fourier.odd_size(side) for side in sides]
        counts = [min(block.compressed, m.shape[1]) for block, m in zip(blocks, maps, strict=True)]
        self._windows = [hann_window(side, side) for side in sides]
        self._interpolations = [fourier.interpolation(size) for size in sizes]
        self.packing = make_packing(sizes, counts)
        self.size = self.packing.size
        self.sigma = math.sqrt(math.floor(target[0]) * math.floor(target[1])) * settings.output_sigma_factor
        self.sigma *= self.size / support  # cells of the score
        self._label = self._packed_label()
        window = regularisation_window(
            support, target, settings.reg_window_min, settings.reg_window_edge, settings.reg_window_power
        )
        coefficients = sparse_spectrum(window, settings.reg_sparsity_threshold, settings.reg_window_min)
        self._regulariser = make_regulariser(coefficients)
        self._learn_jointly([m * energy_factor(m) for m in maps], counts, offset)

    def _packed_label(self) -> Real:
        labels = [
            torch.from_numpy(fourier.gaussian_series(size, self.size, self.sigma)).expand(count, -1, -1)
            for size, count in zip(self.packing.sizes, self.packing.channels, strict=True)
        ]
        packed: Real = np.ascontiguousarray(self.packing.pack([label.to(torch.complex64) for label in labels]).real)
        return packed

    def _learn_jointly(self, maps: list[Tensor], counts: list[int], offset: tuple[float, float]) -> None:
        """First frame: principal components, then filter and projections together; the sample opens the memory."""
        start = [principal_components(m[0], count) for m, count in zip(maps, counts, strict=True)]
        series = [fourier.shift(s[0], offset) for s in self._to_series(maps)]
        self._filter, self._projections = train_jointly(
            series, start, self._label, self.packing, self._regulariser, self.settings.joint
        )
        self._blocks = self._first_blocks = self.packing.unpack(self._filter)
        first = self.packing.pack([project(x, p) for x, p in zip(series, start, strict=True)])
        self._energy = (first.real**2 + first.imag**2).astype(np.float32)
        frequencies, capacity = self.packing.start, self.settings.capacity
        self._memory: Memory = make_sample_space(frequencies, capacity) if capacity else make_moments(frequencies)
        self._momentum: Momentum | None = None
        self._since_training, self._frame = 0, 1  # the first frame counts as a training
        projected = self.packing.pack([project(x, p) for x, p in zip(series, self._projections, strict=True)])
        self._memory.add(projected, self.settings.learning_rate)

    def _to_series(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Windowed and interpolated: (S, D, h, w) to (S, D, K, L)."""
        return [
            fourier.to_series(m * window, interpolation)
            for m, window, interpolation in zip(maps, self._windows, self._interpolations, strict=True)
        ]

    def extract(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Raw maps (S, C, h, w) of all features to its members' projected series (S, D, K, L)."""
        own = [
            project(maps[i], p) * energy_factor(maps[i]) for i, p in zip(self.members, self._projections, strict=True)
        ]
        return self._to_series(own)

    def filters(self, first: bool) -> list[Tensor]:
        """Series (D, K, L) of its members' filters, as they are now or as the first frame left them."""
        return self._first_blocks if first else self._blocks

    def learn(self, sample: Sequence[Tensor]) -> None:
        """Remember a projected sample (D, K, L) of all features, the target in its middle; train when it is time to."""
        settings = self.settings
        packed = self._packed(sample)
        self._memory.add(packed, settings.learning_rate)
        self._frame += 1
        if self._frame >= settings.train_every_frame_before and self._since_training < settings.train_gap:
            self._since_training += 1
            return
        self._since_training = 0
        self._note_energy(packed, settings.learning_rate)
        self._momentum = self._train(settings.conjugate_gradient)

    def learn_copies(self, samples: Sequence[Sequence[Tensor]], settings: AugmentationSettings) -> None:
        """Remember disturbed copies of the first sample beside it, before any other; train. Each is as in `learn`."""
        each = settings.share / len(samples)
        for number, sample in enumerate(samples, 1):
            packed = self._packed(sample)
            weight = each / (1 - settings.share + each * number)  # leaves those before it in proportion
            self._memory.add(packed, weight)
            self._note_energy(packed, weight)
        self._train(settings.conjugate_gradient)  # its direction is not that of the few steps of later trainings

    def _packed(self, sample: Sequence[Tensor]) -> NDArray[np.complex64]:
        return self.packing.pack([sample[i] for i in self.members])

    def _note_energy(self, packed: NDArray[np.complex64], weight: float) -> None:
        energy = packed.real**2 + packed.imag**2
        self._energy = (self._energy + weight * (energy - self._energy)).astype(np.float32)

    def _train(self, iterations: int) -> Momentum:
        """Train the filter on the memory; what its solver will go on with."""
        settings = self.settings
        diagonal = preconditioner(
            self._energy,
            self.packing,
            self._regulariser,
            settings.joint.data_share,
            settings.joint.regularisation_share,
        )
        self._filter, momentum = train(
            self._filter,
            self._memory,
            self._label,
            self.packing,
            self._regulariser,
            diagonal,
            iterations,
            self._momentum,
            (1 - settings.learning_rate) ** settings.momentum_forgetting,
        )
        self._blocks = self.packing.unpack(self._filter)
        return momentum


def energy_factor(maps: Tensor) -> Tensor:
    """ECO's feature normalisation (power 2): (S, 1, 1, 1) factors that give samples (S, C, h, w) a mean square of 1."""
    norm = torch.linalg.vector_norm(maps, dim=(1, 2, 3), keepdim=True)
    return math.sqrt(math.prod(maps.shape[1:])) / (norm + 1e-16)


def fit_models(
    maps: Sequence[Tensor],
    blocks: Sequence[Block],
    support: int,
    target: tuple[float, float],
    offset: tuple[float, float],
    settings: FECOSettings,
) -> list[TranslationModel]:
    """One filter of all features, or with `settings.deep` two: of those that are not deep, and of those that are.

    Arguments as those of `TranslationModel`. Raises InputError where there are not both kinds.
    """
    place = support, target, offset
    if settings.deep is None:
        return [TranslationModel(maps, blocks, range(len(blocks)), *place, settings)]
    shallow, deep = ([i for i, block in enumerate(blocks) if block.deep == own] for own in (False, True))
    if not (shallow and deep):
        raise InputError("settings: `deep` needs blocks of both kinds, deep ones and others")
    changes = dataclasses.asdict(settings.deep)
    weight = changes.pop("weight")
    return [
        TranslationModel(maps, blocks, shallow, *place, settings, 1 - weight),
        TranslationModel(maps, blocks, deep, *place, dataclasses.replace(settings, **changes), weight),
    ]


def extract(models: Sequence[TranslationModel], maps: Sequence[Tensor]) -> list[Tensor]:
    """Raw maps (S, C, h, w) of every feature to projected series (S, D, K, L)."""
    found = {i: x for model in models for i, x in zip(model.members, model.extract(maps), strict=True)}
    return [found[i] for i in range(len(maps))]


def respond(models: Sequence[TranslationModel], samples: Sequence[Tensor], first: bool = False) -> Tensor:
    """Sum of the models' scores (S, K, L) of projected series, as spectra in `rfft2`'s order and scaling.

    K is the largest model's. first: by the first frame's filters.
    """
    size = max(model.size for model in models)
    total = np.zeros((samples[0].shape[0], size, size // 2 + 1), np.complex64)
    for model in models:
        for i, h in zip(model.members, model.filters(first), strict=True):
            fourier.add_products(total, samples[i], h, model.weight * size**2)
    return torch.from_numpy(total)


def recall(models: Sequence[TranslationModel], sample: Sequence[Tensor]) -> Tensor:
    """Score map (K, K) that the first frame's filters give a projected sample (D, K, L).

    The present filters have learned whatever they followed and peak there, too; the first frame's know the target.
    """
    spectra = respond(models, [x[None] for x in sample], first=True)
    size = spectra.shape[-2]
    return torch.fft.irfft2(spectra[0], s=(size, size))
