"""The programs that can run students."""

import importlib
from collections.abc import Callable
from functools import cache, partial

import torch

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.backbone import TorchBackbone, WeightsBackbone
from cfvgg_plugin.networks.onnx import ORTBackbone
from cfvgg_plugin.networks.openvino import OpenVINOBackbone
from cfvgg_plugin.networks.weights import Weights

BACKENDS = ("torch", "onnx", "openvino")
NEEDED = {"onnx": ("onnxruntime", "onnx"), "openvino": ("openvino", "onnx")}
"""Packages of the backends that are faster than torch, the fastest within a tracker first (alone OpenVINO is)."""


def fastest(device: str = "cpu") -> str:
    """The fastest of BACKENDS that is installed and loads; torch where the network does not run on the processor."""
    found = (name for name, modules in NEEDED.items() if all(map(_loads, modules)))
    return next(found, "torch") if device == "cpu" else "torch"


@cache
def _loads(module: str) -> bool:
    """Whether it can be imported: one that is installed may lack a library of the system."""
    try:
        importlib.import_module(module)
    except Exception:
        return False
    return True


def bind(weights: Weights, backend: str = "torch", device: str = "cpu") -> WeightsBackbone:
    """The network as one of BACKENDS runs it, with torch's number of threads; "auto" is the fastest that is installed.

    Raises InputError for another name, for a backend that is not installed, and for a device that it cannot use.
    """
    threads = torch.get_num_threads()
    makers: dict[str, Callable[[Weights, str], WeightsBackbone]] = {
        "torch": TorchBackbone,
        "onnx": partial(ORTBackbone, threads=threads),
        "openvino": partial(OpenVINOBackbone, threads=threads),
    }
    backend = fastest(device) if backend == "auto" else backend
    if backend not in makers:
        raise InputError(f"backend {backend!r}: auto, {', '.join(BACKENDS)} are known")
    return makers[backend](weights, device)
