"""Trackers and settings by name: `fkcf/conv2` is the tracker folder `fkcf` with the setting file `conv2`."""

import ast
import dataclasses
import difflib
import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

import torch

from cfvgg_plugin import (
    compiled,  # noqa: F401 (before the compiled code that features and filters have)
    parameters,
    trackers,
)
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.features import ColorNamesFeature
from cfvgg_plugin.features.color_names import load_color_names
from cfvgg_plugin.filters.localisation import peak_to_sidelobe
from cfvgg_plugin.long_term.tracker import LongTermTracker
from cfvgg_plugin.networks import Backbone, Weights, load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.backends import bind
from cfvgg_plugin.networks.onnx import OnnxBackbone
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.tracker import Tracker

DEFAULT_TRACKER = "feco"
"""What runs where the user names no tracker."""


def tracker_names() -> list[str]:
    """Every tracker folder."""
    return sorted(module.name for module in pkgutil.iter_modules(trackers.__path__) if module.ispkg)


def setting_names(tracker: str) -> list[str]:
    """Every setting file of a tracker."""
    package = importlib.import_module(f"{parameters.__name__}.{tracker}")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name != "settings")


def full_names() -> list[str]:
    """Every tracker with every setting, `tracker/setting`."""
    return [f"{tracker}/{setting}" for tracker in tracker_names() for setting in setting_names(tracker)]


def describe(name: str) -> str:
    """The first line of the setting file's own description."""
    tracker, setting = split_name(name)
    file = Path(str(_module(tracker, setting).__file__))
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))  # python -OO keeps no docstrings
    return (text or "").strip().partition("\n")[0]


def split_name(name: str) -> tuple[str, str]:
    """('fkcf', 'conv2') of 'fkcf/conv2'; without a setting it is 'default'. InputError suggests the nearest name."""
    if not isinstance(name, str):
        raise InputError(f"tracker {name!r}: a name is expected; see 'cfvgg list'")
    tracker, slash, setting = name.partition("/")
    known = full_names()
    full = name if slash else f"{tracker}/default"
    if full not in known:
        nearest = difflib.get_close_matches(full if setting else tracker, known + tracker_names(), n=1, cutoff=0.3)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        raise InputError(f"unknown tracker {name!r}: {hint}See 'cfvgg list'")
    return tracker, setting or "default"


def load_settings(name: str) -> Any:
    """The frozen settings of `tracker/setting`."""
    return _module(*split_name(name)).parameters()


def create_tracker(
    name: str,
    *,
    weights: Backbone | Weights | str | Path | None = None,
    settings: Any = None,
    device: str = "cpu",
    backend: str = "torch",
) -> Tracker:
    """A tracker ready for `init`.

    name: `tracker/setting`, or `tracker` for its default setting. weights: a weight file, the name of a stored one,
    loaded weights or a backbone; only read by trackers that use a network; None takes the settings' own, as a rule the
    package's default student.
    settings: changed settings instead of the named ones, made with `dataclasses.replace(load_settings(name), ...)`.
    device: where the network runs, "cpu" or "cuda"; everything else is done by the processor.
    backend: what runs the network, "torch" (the reference), "onnx" (onnxruntime), "openvino", or "auto" for the fastest
    of them that is installed; an ONNX file always has onnxruntime.
    Raises InputError for an unknown name, for weights that are missing or unusable, and for a backend that is.
    """
    tracker, _ = split_name(name)
    chosen = load_settings(name) if settings is None else settings
    backbone = load_backbone(chosen, weights, device, backend)
    tracker_class = importlib.import_module(f"{trackers.__name__}.{tracker}").get_tracker_class()
    _load_compiled_code()
    if getattr(chosen, "adaptation", None):
        _load_optimizer()
    created: Tracker = tracker_class(chosen, backbone)
    long_term = getattr(chosen, "long_term", None)
    return LongTermTracker(created, long_term, backbone) if long_term else created


@cache
def _load_compiled_code() -> None:
    """Call a compiled function once: on the first one numba loads 0.3 s of its own, which no frame should pay for.

    A small one that all our trackers score with: on a fresh installation it is compiled here.
    """
    peak_to_sidelobe(torch.zeros(3, 3), 1.0)


@cache
def _load_optimizer() -> None:
    """Make an optimiser once: with the first one torch imports its whole compiler, 1.7 s."""
    torch.optim.SGD([torch.zeros(1)], 0.1)


def with_color_names(settings: Any, table: Path | None) -> Any:
    """The settings with every Color Names feature reading a user's own table (a .mat file); None changes nothing."""
    if table is None:
        return settings
    if isinstance(settings, ColorNamesFeature):
        load_color_names(table)  # a file that cannot be used is told before anything is done
        return dataclasses.replace(settings, table=str(table))
    if isinstance(settings, tuple):
        return tuple(with_color_names(value, table) for value in settings)
    if not dataclasses.is_dataclass(settings) or isinstance(settings, type):
        return settings
    changed = {
        f.name: with_color_names(getattr(settings, f.name), table) for f in dataclasses.fields(settings) if f.init
    }
    return dataclasses.replace(settings, **changed)


def load_backbone(
    settings: Any, weights: Backbone | Weights | str | Path | None, device: str = "cpu", backend: str = "torch"
) -> Backbone | None:
    """The network for `settings`, loaded if need be, with torch's number of threads; None where no feature needs one.

    A backbone is taken as it is, whatever `device` and `backend` say; "auto" is torch for settings with adaptation.
    Settings of a tracker whose files are of another kind have a `load_network(weights, device)` for a path or None; of
    what that gives, the `sha256`, `recipe` and `backend` are read as of a backbone, and the tracker knows the rest.
    """
    if not settings.needs_network:
        return None
    if backend == "auto" and getattr(settings, "adaptation", None):
        backend = "torch"  # nothing else adapts students
    if isinstance(weights, Weights):
        return bind(weights, backend, device)
    if weights is not None and not isinstance(weights, (str, Path)):
        return weights
    if hasattr(settings, "load_network"):
        return settings.load_network(weights, device)
    path = find_weights(weights if weights is not None else settings.network)
    if path.suffix.lower() in {".onnx", ".xml"}:
        return _load_graph(path, device, backend)
    return bind(load_weights(path), backend, device)


def remark(name: str, backbone: Any) -> str:
    """What the user of `tracker/setting` should know of the network it runs on, in a line; empty where all is well."""
    weights = getattr(backbone, "weights", None)
    if not getattr(_module(*split_name(name)), "FOR_VGG_M", False) or not isinstance(weights, Weights):
        return ""
    if weights.architecture == "vgg_m" and weights.settings.width == 1:
        return ""
    return f"{name} is for VGG-M itself (imagenet-vgg-m-2048.mat), and runs on {settings_text(weights.settings)}"


def _load_graph(path: Path, device: str, backend: str) -> Backbone:
    """A network that stands in a file with its layers."""
    if path.suffix.lower() == ".xml":
        raise InputError(f"{path}: OpenVINO files are for other programs; take the weights and --backend openvino")
    if backend == "openvino":
        raise InputError(f"{path}: an ONNX file has onnxruntime run it; --backend openvino takes .safetensors or .mat")
    return OnnxBackbone(path, device, torch.get_num_threads())


def _module(tracker: str, setting: str) -> Any:
    return importlib.import_module(f"{parameters.__name__}.{tracker}.{setting}")
