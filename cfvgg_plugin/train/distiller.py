"""The student in training: two branches of shared weights, 1x1 adapters, and the loss (4) of the paper."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.filters.tracking_loss import LEAST_SIGMA, tracking_loss
from cfvgg_plugin.networks import Backbone, Weights, load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.architectures.vgg_m import pruned
from cfvgg_plugin.networks.backbone import resize_mean
from cfvgg_plugin.networks.network import unreached
from cfvgg_plugin.train.losses import fidelity_loss, peak_loss, relation_loss
from cfvgg_plugin.train.recipe import Recipe, Teacher
from cfvgg_plugin.train.teacher import TeacherMaps, at_cells, vgg_m_of

MEAN = (123.68, 116.78, 103.94)
"""RGB mean of ImageNet's photographs: what a student that starts at random has subtracted from every pixel."""


@dataclass(frozen=True)
class Imitation:
    """One term of fidelity: a tap of the student beside one of a teacher."""

    name: str
    tap: str
    """Of the student."""
    stride: int
    """Of the teacher's maps, in pixels."""
    channels: int
    """Of the teacher's maps."""
    weight: float
    adapter: int
    """Number of its 1x1 convolution; -1 where relations are compared."""


def imitations(teachers: Sequence[Teacher], backbones: Sequence[Backbone]) -> list[Imitation]:
    """The terms of all teachers, in the order of the recipe; named by the student's tap, and the teacher if need be."""
    own = [tap for teacher in teachers for tap, _ in teacher.taps]
    found: list[Imitation] = []
    adapters = 0
    for number, (teacher, backbone) in enumerate(zip(teachers, backbones, strict=True)):
        for tap, theirs in teacher.taps:
            name = f"fidelity_{tap}"
            if own.count(tap) > 1:
                name += f"_{number}_{theirs}"
            adapter = adapters if teacher.measure == "maps" else -1
            adapters += adapter >= 0
            geometry = (backbone.stride(theirs), backbone.channels(theirs))
            found.append(Imitation(name, tap, *geometry, teacher.weight, adapter))
    return found


class Distiller(nn.Module):
    """Student and adapters; `forward` gives the terms of the loss of one batch."""

    mean: Tensor

    def __init__(self, recipe: Recipe, start: Weights, teachers: Sequence[Backbone]) -> None:
        super().__init__()
        self.recipe = recipe
        self.student = student = start.network
        self._geometry = geometry = start.geometry
        self._imitations = imitations(recipe.taught_by, teachers)
        imitated = tuple(imitation.tap for imitation in self._imitations)
        self.taps = tuple(dict.fromkeys(recipe.tracking_levels + recipe.joined_levels + imitated))
        if unknown := sorted(set(self.taps) - geometry.taps.keys()):
            raise InputError(f"recipe: the student has no tap {unknown[0]!r}; it has {', '.join(student.taps)}")
        if (size := recipe.pairs.size) < geometry.smallest:
            raise InputError(f"recipe: pairs.size {size}: the student needs at least {geometry.smallest} pixels")
        self.adapters = nn.ModuleList()
        for imitation in self._imitations:
            if imitation.adapter >= 0:
                adapter = nn.Conv2d(geometry.taps[imitation.tap].channels, imitation.channels, 1)
                nn.init.zeros_(adapter.weight)  # the loss starts at the teacher's energy, not at that of random maps
                nn.init.zeros_(adapter.bias)  # type: ignore[arg-type]
                self.adapters.append(adapter)
        self.register_buffer("mean", torch.from_numpy(resize_mean(start.mean, size, size)), persistent=False)
        self._freeze(recipe.frozen)

    def _freeze(self, layers: Sequence[str]) -> None:
        """Given layers stay as they are, and so do those deeper than every loss, which weight decay must not shrink."""
        if layers and not self.recipe.from_file:
            raise InputError("recipe: frozen: these layers need trained weights to start from, by init or --init FILE")
        parts = dict(self.student.named_children())
        if unknown := sorted(set(layers) - parts.keys()):
            raise InputError(f"recipe: frozen: the student has no layer {unknown[0]!r}; it has {', '.join(parts)}")
        for name in layers:
            parts[name].eval().requires_grad_(False)  # nor do the statistics of a batch norm move
        untaught = unreached(self.student.settings, self.taps)
        for name, parameter in self.student.named_parameters():
            if name in untaught:
                parameter.requires_grad_(False)
        if not any(p.requires_grad for p in self.student.parameters()):
            raise InputError("recipe: frozen: no layer is left that a loss reaches")

    def forward(
        self, x: Tensor, z: Tensor, shift: Tensor, target: Tensor, taught: Sequence[TeacherMaps]
    ) -> dict[str, Tensor]:
        """Scalar terms by name; "total" is their weighted sum.

        x, z: (N, S, S, 3) uint8. shift: (N, 2), target: (N,), in patch sides. taught: of every teacher.
        """
        recipe = self.recipe
        samples = torch.cat([x, z]).float().sub_(self.mean).permute(0, 3, 1, 2)
        with torch.autocast(samples.device.type, torch.bfloat16, enabled=recipe.mixed_precision):
            maps = self.student(samples, self.taps)
        terms: dict[str, Tensor] = {}
        for tap in recipe.tracking_levels:
            phi_x, phi_z = maps[tap].float().chunk(2)
            cells = x.shape[1] / self._stride(tap)
            fixed = recipe.scaling(tap) == "range" and recipe.ranged_ridge > 0
            terms[f"tracking_{tap}"] = recipe.level_weight(tap) * tracking_loss(
                phi_x,
                phi_z,
                shift * cells,
                (recipe.label_sigma * target * cells).clamp(min=LEAST_SIGMA),
                recipe.ranged_ridge if fixed else recipe.regularisation,
                recipe.scaling(tap),
                phi_z.roll(1, 0) if recipe.negatives else None,
                fixed,
            )
        if recipe.joined_levels:
            of_x: dict[str, Tensor] = {}
            of_z: dict[str, Tensor] = {}
            for tap in recipe.joined_levels:
                of_x[tap], of_z[tap] = maps[tap].float().chunk(2)
            pixels = x.shape[1]
            sigma = recipe.label_sigma * target * pixels
            strides = {tap: self._stride(tap) for tap in recipe.joined_levels}
            terms["peak"] = peak_loss(of_x, of_z, strides, shift * pixels, sigma, recipe.regularisation)
        given = [(one.rows, psi) for one in taught for psi in one.maps]
        for imitation, (rows, psi) in zip(self._imitations, given, strict=True):
            phi = maps[imitation.tap][rows].float()
            beside = at_cells(psi, imitation.stride, (phi.shape[2], phi.shape[3]), self._stride(imitation.tap))
            terms[imitation.name] = imitation.weight * recipe.fidelity_weight * self._fidelity(imitation, phi, beside)
        terms["total"] = torch.stack(list(terms.values())).sum()
        return terms

    def _stride(self, tap: str) -> int:
        return self._geometry.taps[tap].stride

    def _fidelity(self, imitation: Imitation, phi: Tensor, psi: Tensor) -> Tensor:
        """How far the student's maps phi are from the teacher's psi, at one tap."""
        if imitation.adapter < 0:
            return relation_loss(phi, psi)
        if self.recipe.normalise:
            phi = phi * phi.square().mean().clamp(min=1e-12).rsqrt()
        return fidelity_loss(self.adapters[imitation.adapter](phi), psi, self.recipe.normalise)


def make_student(recipe: Recipe) -> Weights:
    """The network that training starts from: pruned at random, random, or read from a file."""
    if recipe.init == "prune":
        teacher = vgg_m_of(recipe)
        return Weights(pruned(recipe.settings, teacher.network, recipe.seed).train(), teacher.mean)
    if recipe.from_file:
        start = load_weights(recipe.path(recipe.init))
        if start.settings != recipe.settings:
            own, wanted = settings_text(start.settings), settings_text(recipe.settings)
            raise InputError(f"init {recipe.init}: it is {own}, the recipe's student {wanted}")
        start.network.train()
        return start
    student, generator = recipe.settings.build().train(), torch.Generator().manual_seed(recipe.seed)
    for module in student.modules():
        if isinstance(module, nn.Conv2d):
            initialise(module, generator)
    return Weights(student, np.array(MEAN, np.float32))


def initialise(conv: nn.Conv2d, generator: torch.Generator) -> None:
    """He's normal distribution for layers with ReLU; biases zero."""
    with torch.no_grad():
        nn.init.kaiming_normal_(conv.weight, nonlinearity="relu", generator=generator)
        if conv.bias is not None:
            conv.bias.zero_()
