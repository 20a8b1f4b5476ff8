"""Filters of shallow and of deep maps, learned apart; their scores add up (Bhat et al., ECCV 2018).

Deep maps tell the target from other things wherever it is, shallow ones say where exactly it is. With labels of their
own width, the one filter learns to be robust and the other to be accurate.
"""

import dataclasses
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.parameters.feco.settings import AugmentationSettings, Block, DeepFilterSettings, FECOSettings
from cfvgg_plugin.trackers.feco.translation import TranslationModel, response_of


class SeparateModels:
    """Two translation models behind the interface of one."""

    def __init__(
        self,
        fit: Callable[[Sequence[int], FECOSettings], TranslationModel],
        blocks: Sequence[Block],
        settings: FECOSettings,
        deep: DeepFilterSettings,
    ) -> None:
        """Learn both on the first frame.

        fit: makes the model of the blocks with these indices. deep: what replaces `settings` in the one of the deep
        blocks. Raises InputError where there are not both kinds of blocks.
        """
        changes = dataclasses.asdict(deep)
        weight = changes.pop("weight")
        self._members = [[i for i, block in enumerate(blocks) if block.deep == own] for own in (False, True)]
        if not all(self._members):
            raise InputError("settings: `deep` needs blocks of both kinds, deep ones and others")
        self._weights = (1 - weight, weight)
        shallow, deepest = self._members
        self._models = [fit(shallow, settings), fit(deepest, dataclasses.replace(settings, **changes))]
        self.size = max(model.size for model in self._models)
        self.sigma = self._models[0].sigma * self.size / self._models[0].size

    def _split(self, values: Sequence[Tensor]) -> list[list[Tensor]]:
        return [[values[i] for i in group] for group in self._members]

    def extract(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Raw maps (S, C, h, w) to projected series (S, D, K, L)."""
        found: dict[int, Tensor] = {}
        for model, group, own in zip(self._models, self._members, self._split(maps), strict=True):
            found.update(zip(group, model.extract(own), strict=True))
        return [found[i] for i in range(len(maps))]

    def _response(self, samples: Sequence[Tensor], first: bool = False) -> Tensor:
        return response_of(list(zip(self._models, self._split(samples), self._weights, strict=True)), first)

    def respond(self, samples: Sequence[Tensor]) -> Tensor:
        """As `TranslationModel.respond`."""
        return self._response(samples)

    def recall(self, sample: Sequence[Tensor]) -> Tensor:
        """As `TranslationModel.recall`."""
        spectra = self._response([x[None] for x in sample], first=True)
        return torch.fft.irfft2(spectra[0], s=(self.size, self.size))

    def learn(self, sample: Sequence[Tensor]) -> None:
        """As `TranslationModel.learn`."""
        for model, own in zip(self._models, self._split(sample), strict=True):
            model.learn(own)

    def learn_copies(self, samples: Sequence[Sequence[Tensor]], settings: AugmentationSettings) -> None:
        """As `TranslationModel.learn_copies`."""
        for model, own in zip(self._models, zip(*map(self._split, samples), strict=True), strict=True):
            model.learn_copies(own, settings)
