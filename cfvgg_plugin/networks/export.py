"""VGG-M and its students as ONNX graphs, and as files for other programs.

Local response normalisation is drawn as `networks/lrn.py` computes it, a banded 1x1 convolution of the squares: the
operator LRN of ONNX gives the same (with alpha times the window, by which ONNX divides it), but onnxruntime and
OpenVINO then take two to four times as long for the whole student.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cfvgg_plugin import __version__
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.extras import import_extra, openvino_core
from cfvgg_plugin.files import replacing
from cfvgg_plugin.networks.lrn import ALPHA, KAPPA, WINDOW
from cfvgg_plugin.networks.vggm import LAYERS, TAPS, VGGM
from cfvgg_plugin.networks.weights import Weights

OPSET, IR_VERSION = 17, 8
"""Old enough for onnxruntime 1.17 and OpenVINO 2024.0."""


class Graph:
    """An ONNX graph in the making."""

    def __init__(self) -> None:
        self.onnx = import_extra("onnx", "onnx", "an ONNX graph needs")
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def add(self, operator: str, sources: Sequence[str], name: str, **attributes: Any) -> str:
        """Add a node; its output has its name, which is returned."""
        self._nodes.append(self.onnx.helper.make_node(operator, list(sources), [name], name=name, **attributes))
        return name

    def constant(self, name: str, value: NDArray[np.float32]) -> str:
        """Add a float32 constant and return its name."""
        array = np.ascontiguousarray(value, dtype=np.float32)
        self._constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def model(self, source: tuple[str, list[Any]], outputs: dict[str, int], metadata: dict[str, str]) -> Any:
        """The model. source: name and shape of the input, free axes as names; outputs: channels by name."""
        helper, kind = self.onnx.helper, self.onnx.TensorProto.FLOAT
        graph = helper.make_graph(
            self._nodes,
            "VGG-M",
            [helper.make_tensor_value_info(source[0], kind, source[1])],
            [
                helper.make_tensor_value_info(name, kind, ["N", channels, f"{name}_H", f"{name}_W"])
                for name, channels in outputs.items()
            ],
            self._constants,
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
            producer_name="cfvgg-plugin", producer_version=__version__,
        )  # fmt: skip
        helper.set_model_props(model, metadata)
        return model


def centred_model(weights: Weights, taps: Sequence[str]) -> bytes:
    """The serialised graph of what `taps` need, for `GraphBackbone`.

    Its input `centred` is N x H x W x 3 float, RGB 0..255 with the mean subtracted: the samples' own layout.
    """
    graph = Graph()
    graph.add("Transpose", ["centred"], "channels_first", perm=[0, 3, 1, 2])
    _add_layers(graph, weights.network, "channels_first", taps)
    content: bytes = graph.model(
        ("centred", ["N", "H", "W", 3]), _channels(weights.network, taps), {}
    ).SerializeToString()
    return content


def portable_model(weights: Weights) -> Any:
    """The ONNX model for other programs.

    Input `rgb`: N x 3 x H x W float, RGB 0..255, with N, H and W free. Outputs: the taps conv1 ... conv5. The mean is
    subtracted inside; a mean image takes part as its channel means, since no operator of ONNX resizes as MATLAB does.
    The plain convolutions (conv1_raw ...) are no outputs: a program that runs all of a graph could then not fuse
    convolution and ReLU.
    """
    graph = Graph()
    mean = graph.constant("mean", channel_means(weights).reshape(1, 3, 1, 1))
    graph.add("Sub", ["rgb", mean], "centred")
    _add_layers(graph, weights.network, "centred", TAPS)
    return graph.model(("rgb", ["N", 3, "H", "W"]), _channels(weights.network, TAPS), metadata(weights))


def channel_means(weights: Weights) -> NDArray[np.float32]:
    """(3,) the network's mean, or the mean of its mean image."""
    means: NDArray[np.float32] = weights.mean.reshape(-1, 3).mean(0, dtype=np.float64).astype(np.float32)
    return means


def metadata(weights: Weights) -> dict[str, str]:
    """What an exported file says of itself."""
    shape = "x".join(map(str, weights.mean.shape))
    return {
        "description": f"VGG-M up to conv5 at width {weights.network.width:g}; input RGB 0..255",
        "mean": "exact" if weights.mean.ndim == 1 else f"channel means of the {shape} mean image",
        "recipe": json.dumps(weights.recipe, sort_keys=True),
        "sha256": weights.sha256,
        "taps": ",".join(TAPS),
    }


def export_onnx(weights: Weights, path: Path) -> None:
    """Write an ONNX file, whole or not at all. Raises InputError where it cannot, or where onnx is missing."""
    _check_ending(path, ".onnx")
    content = portable_model(weights).SerializeToString()
    with replacing(path) as temporary:
        temporary.write_bytes(content)


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
        openvino.save_model(model, temporary, compress_to_fp16=False)


FORMATS = {"onnx": export_onnx, "openvino": export_openvino}


def _add_layers(graph: Graph, network: VGGM, source: str, taps: Sequence[str]) -> None:
    """Add the layers down to the deepest of `taps`; raw and final maps of every layer have their taps' names."""
    left = set(taps)
    for name, layer in LAYERS.items():
        conv = network.conv(name)
        bias = [] if conv.bias is None else [graph.constant(f"{name}_bias", conv.bias.detach().cpu().numpy())]
        sources = [source, graph.constant(f"{name}_weight", conv.weight.detach().cpu().numpy()), *bias]
        sides = {"kernel_shape": [layer.kernel] * 2, "strides": [layer.stride] * 2, "pads": [layer.padding] * 4}
        raw = graph.add("Conv", sources, f"{name}_raw", **sides)
        source = graph.add("Relu", [raw], f"{name}_relu" if layer.normalised else name)
        if layer.normalised:
            source = _add_lrn(graph, source, conv.out_channels, name)
        left -= {raw, name}
        if not left:
            return
        if layer.normalised:
            # MatConvNet's padding; torch's ceil_mode is the same, but OpenVINO then refuses a map of 2x2
            sides = {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [0, 0, 1, 1]}
            source = graph.add("MaxPool", [source], f"{name}_pool", **sides)


def _add_lrn(graph: Graph, source: str, channels: int, name: str) -> str:
    """X / s^0.75 with s = kappa + alpha * (sum of the squares near by), where s^0.75 = sqrt(s) * sqrt(sqrt(s))."""
    index = np.arange(channels)
    band = ALPHA * (np.abs(index[:, None] - index) <= WINDOW // 2)
    kernel = graph.constant(f"{name}_band", band[:, :, None, None])
    kappa = graph.constant(f"{name}_kappa", np.full(channels, KAPPA))
    squares = graph.add("Mul", [source, source], f"{name}_squares")
    sums = graph.add("Conv", [squares, kernel, kappa], f"{name}_sums", kernel_shape=[1, 1])
    root = graph.add("Sqrt", [sums], f"{name}_root")
    divisor = graph.add("Mul", [root, graph.add("Sqrt", [root], f"{name}_fourth_root")], f"{name}_divisor")
    return graph.add("Div", [source, divisor], name)


def _channels(network: VGGM, taps: Sequence[str]) -> dict[str, int]:
    return {tap: network.channels[tap.removesuffix("_raw")] for tap in taps}


def _check_ending(path: Path, ending: str) -> None:
    if path.suffix.lower() != ending:
        raise InputError(f"{path}: a file name that ends in {ending} is needed")
