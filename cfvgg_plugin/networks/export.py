"""Students as ONNX graphs, and as files for other programs; torch draws the graph, of any architecture.

torch's tracing exporter is taken: the newer one needs a further package and ten seconds, where this needs a tenth.
VGG-M's local response normalisation comes out as it is computed, a banded 1x1 convolution of the squares: with the
operator LRN of ONNX onnxruntime and OpenVINO take two to four times as long for the whole CF-VGG.
"""

import hashlib
import inspect
import io
import json
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.network import PROBE, Network, first_line
from cfvgg_plugin.networks.weights import Weights
from cfvgg_plugin.system.extras import import_extra, openvino_core
from cfvgg_plugin.system.files import replacing, write_bytes

OPSET = 17
"""Old enough for onnxruntime 1.17 and OpenVINO 2024.0."""

_DRAWING = Lock()  # torch's exporter and Python's filters of warnings are one for all threads


class _Centred(nn.Module):
    """Samples in their own layout to the maps of some taps."""

    def __init__(self, network: Network, taps: tuple[str, ...]) -> None:
        super().__init__()
        self.network, self.taps = network, taps

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        maps = self.network(x.permute(0, 3, 1, 2), self.taps)
        return tuple(maps[tap] for tap in self.taps)


class _Portable(_Centred):
    """The same from RGB 0..255 in torch's layout."""

    mean: Tensor

    def __init__(self, network: Network, taps: tuple[str, ...], mean: NDArray[np.float32]) -> None:
        super().__init__(network, taps)
        self.register_buffer("mean", torch.from_numpy(mean).reshape(1, 3, 1, 1))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        maps = self.network(x - self.mean, self.taps)
        return tuple(maps[tap] for tap in self.taps)


def centred_model(weights: Weights, taps: Sequence[str]) -> bytes:
    """The serialised graph of what `taps` need, for `GraphBackbone`.

    Its input `centred` is N x H x W x 3 float, RGB 0..255 with the mean subtracted: the samples' own layout.
    """
    module = _Centred(weights.network, tuple(taps))
    content: bytes = _draw(weights, module, "centred", ("N", "H", "W", 3)).SerializeToString()
    return content


def portable_model(weights: Weights) -> Any:
    """The ONNX model for other programs.

    Input `rgb`: N x 3 x H x W float, RGB 0..255, with N, H and W free. Outputs: the network's taps. The mean is
    subtracted inside; a mean image takes part as its channel means, since no operator of ONNX resizes as MATLAB does.
    Raw taps are no outputs: a program that runs all of a graph could then not fuse convolution and activation.
    """
    module = _Portable(weights.network, weights.network.taps, channel_means(weights))
    model = _draw(weights, module, "rgb", ("N", 3, "H", "W"))
    import_extra("onnx", "onnx", "an ONNX graph needs").helper.set_model_props(model, metadata(weights))
    return model


def channel_means(weights: Weights) -> NDArray[np.float32]:
    """(3,) the network's mean, or the mean of its mean image."""
    means: NDArray[np.float32] = weights.mean.reshape(-1, 3).mean(0, dtype=np.float64).astype(np.float32)
    return means


def metadata(weights: Weights) -> dict[str, str]:
    """What an exported file says of itself."""
    shape = "x".join(map(str, weights.mean.shape))
    return {
        "description": f"{settings_text(weights.settings)}; input RGB 0..255",
        "mean": "exact" if weights.mean.ndim == 1 else f"channel means of the {shape} mean image",
        "recipe": json.dumps(weights.recipe, sort_keys=True),
        "sha256": weights.sha256,
        "taps": ",".join(weights.network.taps),
    }


def export_onnx(weights: Weights, path: Path) -> None:
    """Write an ONNX file, whole or not at all. Raises InputError where it cannot, or where onnx is missing."""
    _check_ending(path, ".onnx")
    content = portable_model(weights).SerializeToString()
    write_bytes(path, content)


def export_openvino(weights: Weights, path: Path) -> None:
    """Write an OpenVINO model, `path` (.xml) and its weights beside it (.bin), in float32, both or neither.

    Raises InputError where it cannot, or where openvino or onnx is missing.
    """
    _check_ending(path, ".xml")
    openvino = import_extra("openvino", "openvino", "an OpenVINO file needs")
    model = openvino_core().read_model(portable_model(weights).SerializeToString())
    for key, value in metadata(weights).items():
        model.set_rt_info(value, ["cfvgg", key])
    with replacing(path) as temporary, replacing(path.with_suffix(".bin")):  # save_model names the second by the first
        try:
            openvino.save_model(model, temporary, compress_to_fp16=False)
            written = openvino_core().read_model(temporary)
        except RuntimeError as error:  # of openvino, whatever happens to its files
            raise InputError(f"{path}: cannot be written ({first_line(error)})") from None
        if _constants(written) != _constants(model):
            raise InputError(f"{path}: cannot be written (not all of its weights got there: is the disk full?)")
        del written  # it maps the file


def _constants(model: Any) -> list[bytes]:
    """Digests of the numbers in an OpenVINO model."""
    found = (node.get_data() for node in model.get_ops() if node.get_type_name() == "Constant")
    return sorted(hashlib.sha256(np.ascontiguousarray(values).tobytes()).digest() for values in found)


FORMATS = {"onnx": export_onnx, "openvino": export_openvino}


def _draw(weights: Weights, module: _Centred, source: str, axes: tuple[str | int, ...]) -> Any:
    """The module as an ONNX model with one input `source` whose axes are numbers, or names where they are free.

    Raises InputError where torch cannot draw it, or where onnx is missing.
    """
    onnx = import_extra("onnx", "onnx", "an ONNX graph needs")
    shape = [size if isinstance(size, int) else {"N": 1}.get(size, PROBE) for size in axes]
    device = next(module.network.parameters()).device
    example = torch.zeros(shape, device=device)
    export: Any = torch.onnx.export  # its annotations do not tell of files in memory
    options = {"dynamo": False} if "dynamo" in inspect.signature(export).parameters else {}
    written = io.BytesIO()
    try:
        with _DRAWING, warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # it says that it is the older exporter, and which sizes it takes for fixed
            module.eval()(example)  # what a network computes once and keeps is then a constant of the graph
            export(
                module, (example,), written, input_names=[source], output_names=list(module.taps), opset_version=OPSET,
                dynamic_axes={source: {i: name for i, name in enumerate(axes) if isinstance(name, str)}}, **options,
            )  # fmt: skip
    except Exception as error:  # an exporter fails in as many ways as there are operators
        raise InputError(f"{settings_text(weights.settings)}: torch cannot export it ({first_line(error)})") from None
    model = onnx.load_model_from_string(written.getvalue())
    _pad_explicitly(onnx, model)
    _name_axes(model, {tap: weights.geometry.taps[tap].channels for tap in module.taps})
    return model


def _pad_explicitly(onnx: Any, model: Any) -> None:
    """Poolings that round up become ones that pad below and at the right: OpenVINO refuses the former on small maps."""
    for node in model.graph.node:
        found = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type != "MaxPool" or not found.get("ceil_mode"):
            continue
        kernel, strides = found["kernel_shape"], found["strides"]
        if max(found.get("dilations", [1])) > 1 or any(k < s for k, s in zip(kernel, strides, strict=True)):
            continue  # the last window could lie in the padding alone
        pads = found.get("pads", [0] * 4)
        del node.attribute[:]
        pads = [*pads[:2], *(pad + stride - 1 for pad, stride in zip(pads[2:], strides, strict=True))]
        for name, value in {"kernel_shape": kernel, "strides": strides, "pads": pads}.items():
            node.attribute.append(onnx.helper.make_attribute(name, value))


def _name_axes(model: Any, channels: Mapping[str, int]) -> None:
    """Outputs N x C x TAP_H x TAP_W; the exporter leaves odd names, of its nodes."""
    del model.graph.value_info[:]
    for output in model.graph.output:
        sizes = output.type.tensor_type.shape.dim
        sizes[0].dim_param, sizes[1].dim_value = "N", channels[output.name]
        sizes[2].dim_param, sizes[3].dim_param = f"{output.name}_H", f"{output.name}_W"


def _check_ending(path: Path, ending: str) -> None:
    if path.suffix.lower() != ending:
        raise InputError(f"{path}: a file name that ends in {ending} is needed")
