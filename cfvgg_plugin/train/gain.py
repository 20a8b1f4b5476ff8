"""Scale of a finished student's deep maps.

Without normalisation after them, conv3 to conv5 can be scaled freely: their maps are positively homogeneous in their
weights, and the next layer takes the factor back. STRCF does not normalise features, so its regularisation expects
maps of a certain energy; the losses of training do not see it.
"""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import VGGBackbone, Weights
from cfvgg_plugin.networks.vggm import LAYERS


def set_gain(weights: Weights, samples: NDArray[np.uint8], wanted: Mapping[str, float]) -> None:
    """Scale layers in place so that their maps of `samples` have the wanted root mean squares.

    samples: (N, S, S, 3) uint8. wanted: {"conv3": 1.6, ...}; other layers' maps stay as they are.
    Raises InputError for conv1 and conv2, which are normalised across channels, and where a map is zero.
    """
    free = [name for name, layer in LAYERS.items() if not layer.normalised]
    if wrong := sorted(set(wanted).difference(free)):
        raise InputError(f"gain of {wrong[0]}: only {', '.join(free)} can be scaled")
    names = list(LAYERS)
    with torch.no_grad():
        for tap, target in wanted.items():
            found = float(VGGBackbone(weights).run(samples, (tap,))[tap].square().mean().sqrt())
            if not found > 0:
                raise InputError(f"gain of {tap}: its maps are zero everywhere; training has failed")
            factor = target / found
            for parameter in weights.network.conv(tap).parameters():
                parameter.mul_(factor)
            for following in names[names.index(tap) + 1 :][:1]:
                weights.network.conv(following).weight.div_(factor)
