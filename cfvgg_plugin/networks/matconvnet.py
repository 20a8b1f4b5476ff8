"""Read VGG-M and CF-VGG from MatConvNet's MATLAB v5 files.

Two layouts occur: a struct `net` with `layers` and `meta` (CF_VGGM.mat and current MatConvNet models), and
the same two at the top level (older downloads of imagenet-vgg-m-2048.mat). Filters stand in `weights`, or in
the still older pair `filters` and `biases`. Layers after relu5 (the classifier) are not read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.architectures.vgg_m import ALPHA, BETA, KAPPA, LAYERS, VGGM, WINDOW
from cfvgg_plugin.networks.matlab import check_matlab
from cfvgg_plugin.networks.network import first_line

POOL_PADDING = (0.0, 1.0, 0.0, 1.0)
LARGEST = 2**30
"""Bytes of a file's content, unpacked: VGG-M with its classifier has a third of it."""


def read_matconvnet(path: Path) -> tuple[VGGM, NDArray[np.float32]]:
    """Network and mean, (H, W, 3) or (3,) float32 RGB, of a MatConvNet file; InputError if it is not VGG-M."""
    content = _load(path)
    net = content.get("net", content)
    if not isinstance(net, Mapping) or "layers" not in net:
        raise InputError(f"{path}: no network in it (neither 'net.layers' nor 'layers'); it holds {_names(content)}")
    layers = [
        layer for layer in np.atleast_1d(np.asarray(net["layers"], dtype=object)).ravel() if isinstance(layer, Mapping)
    ]
    try:
        return _build(layers), _mean(net)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError, MemoryError, ArithmeticError) as error:
        raise InputError(f"{path}: not VGG-M: its layers have other values ({first_line(error)})") from None


def _load(path: Path) -> dict[str, Any]:
    from scipy.io import loadmat  # noqa: PLC0415 (a twentieth of a tracker's start)

    check_matlab(path, LARGEST)
    try:
        content: dict[str, Any] = loadmat(str(path), simplify_cells=True)
    except Exception as error:  # scipy raises a different type for every kind of damage
        raise InputError(
            f"{path}: damaged or truncated MATLAB file ({type(error).__name__}); copy or download it again"
        ) from None
    return content


def _names(content: Mapping[str, Any]) -> str:
    return ", ".join(sorted(name for name in content if not name.startswith("__"))) or "nothing"


def _build(layers: list[Mapping[str, Any]]) -> VGGM:
    convolutions = [layer for layer in layers if layer.get("type") == "conv"][: len(LAYERS)]
    if len(convolutions) < len(LAYERS):
        raise InputError(f"not VGG-M: it has {len(convolutions)} convolutions, 5 expected")
    parameters = {name: _parameters(layer, name) for name, layer in zip(LAYERS, convolutions, strict=True)}
    network = VGGM(parameters["conv1"][1].size / LAYERS["conv1"].filters)
    for (name, (weight, bias)), layer in zip(parameters.items(), convolutions, strict=True):
        _check_convolution(name, layer, weight.shape, network)
        module = network.conv(name)
        with torch.no_grad():
            module.weight.copy_(torch.from_numpy(np.ascontiguousarray(weight.transpose(3, 2, 0, 1), dtype=np.float32)))
            cast(Tensor, module.bias).copy_(torch.from_numpy(np.ascontiguousarray(bias, dtype=np.float32)))
    last = next(i for i, layer in enumerate(layers) if layer is convolutions[-1])
    for layer in layers[:last]:
        _check_between(layer)
    return network


def _parameters(layer: Mapping[str, Any], name: str) -> tuple[NDArray[Any], NDArray[Any]]:
    """Filters (h, w, in, out) and biases (out,) of a convolution, in either layout."""
    try:
        filters, biases = layer["weights"] if "weights" in layer else (layer["filters"], layer["biases"])
        weight, bias = _real(filters), _real(biases).reshape(-1)
    except (KeyError, ValueError, TypeError):
        raise InputError(f"{name} has no filters and biases") from None
    if weight.ndim != 4 or weight.shape[3] != bias.size:
        raise InputError(f"{name} has filters of shape {weight.shape} and {bias.size} biases, which do not match")
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise InputError(f"{name} has weights that are not finite numbers")
    return weight, bias


def _check_convolution(name: str, layer: Mapping[str, Any], shape: tuple[int, ...], network: VGGM) -> None:
    expected = LAYERS[name]
    module = network.conv(name)
    want = (expected.kernel, expected.kernel, module.in_channels, module.out_channels)
    if shape != want:
        raise InputError(f"not VGG-M at width {network.width:g}: {name} has filters {_by(shape)}, {_by(want)} expected")
    stride, padding = _numbers(layer.get("stride", 1), 2), _numbers(layer.get("pad", 0), 4)
    if set(stride) != {expected.stride} or set(padding) != {expected.padding}:
        raise InputError(
            f"not VGG-M: {name} has stride {stride} and padding {padding}, "
            f"{expected.stride} and {expected.padding} expected"
        )


def _check_between(layer: Mapping[str, Any]) -> None:
    """LRN and pooling layers must be VGG-M's; ReLUs have nothing to check."""
    kind, name = layer.get("type"), layer.get("name", "?")
    if kind in {"normalize", "lrn"}:
        param = _numbers(layer.get("param", ()), 4)
        if not np.allclose(param, (WINDOW, KAPPA, ALPHA, BETA)):
            raise InputError(f"not VGG-M: {name} normalises with {param}, (5, 2, 0.0001, 0.75) expected")
    elif kind == "pool":
        pool, stride, padding = (_numbers(layer.get(key, 1), n) for key, n in (("pool", 2), ("stride", 2), ("pad", 4)))
        if (pool, stride, padding) != ((3, 3), (2, 2), POOL_PADDING) or layer.get("method", "max") != "max":
            raise InputError(
                f"not VGG-M: {name} pools {pool} with stride {stride} and padding {padding}, "
                "max 3x3 with stride 2 and padding [0 1 0 1] expected"
            )
    elif kind not in {"conv", "relu"}:
        raise InputError(f"not VGG-M: unexpected layer {name} of type {kind}")


def _mean(net: Mapping[str, Any]) -> NDArray[np.float32]:
    """`averageImage` of `meta.normalization`, or of a top-level `normalization`."""
    meta = net.get("meta", net)
    normalization = meta.get("normalization", {}) if isinstance(meta, Mapping) else {}
    image = normalization.get("averageImage") if isinstance(normalization, Mapping) else None
    mean: NDArray[Any] = np.squeeze(_real(image)) if image is not None else np.zeros(0, np.float32)
    if not (mean.shape == (3,) or (mean.ndim == 3 and mean.shape[2] == 3)) or not np.isfinite(mean).all():
        raise InputError("no mean image (meta.normalization.averageImage, RGB)")
    return mean


def _numbers(value: Any, count: int) -> tuple[float, ...]:
    """MatConvNet's stride, pad and pool as `count` numbers; a single number stands for all."""
    numbers = [float(v) for v in np.atleast_1d(_real(value, np.float64)).ravel()]
    return tuple(numbers * count if len(numbers) == 1 else numbers)


def _real(value: Any, kind: type[np.floating[Any]] = np.float32) -> NDArray[Any]:
    """Real numbers as an array. Raises InputError for text, cells, structs, objects and complex numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiub":
        raise InputError(f"numbers are expected, not {str(value)[:60]!r}")
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite then, and refused
        return array.astype(kind)


def _by(shape: tuple[int, ...]) -> str:
    return "x".join(str(n) for n in shape)
