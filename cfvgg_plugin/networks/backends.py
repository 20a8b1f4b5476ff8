"""The programs that can run students."""

from collections.abc import Callable
from functools import partial

import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.backbone import TorchBackbone, WeightsBackbone
from cfvgg_plugin.networks.onnx import ORTBackbone
from cfvgg_plugin.networks.openvino import OpenVINOBackbone
from cfvgg_plugin.networks.weights import Weights

BACKENDS = ("torch", "onnx", "openvino")


def bind(weights: Weights, backend: str = "torch", device: str = "cpu") -> WeightsBackbone:
    """The network as one of BACKENDS runs it, with torch's number of threads.

    Raises InputError for another name, for a backend that is not installed, and for a device that it cannot use.
    """
    threads = torch.get_num_threads()
    makers: dict[str, Callable[[Weights, str], WeightsBackbone]] = {
        "torch": TorchBackbone,
        "onnx": partial(ORTBackbone, threads=threads),
        "openvino": partial(OpenVINOBackbone, threads=threads),
    }
    if backend not in makers:
        raise InputError(f"backend {backend!r}: {', '.join(BACKENDS)} are known")
    return makers[backend](weights, device)
