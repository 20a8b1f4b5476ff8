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

import cfvgg_plugin.system.compiled  # noqa: F401 (before the compiled code that features and filters have)
from cfvgg_plugin import parameters, trackers
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
from cfvgg_plugin.plugins import Plugin, load_plugin, plugins, registered
from cfvgg_plugin.settings import OwnNetwork, Settings, changed_by
from cfvgg_plugin.system.machine import set_threads
from cfvgg_plugin.tracker import Tracker

DEFAULT_TRACKER = "feco"
"""What runs where the user names no tracker."""


def own_names() -> tuple[str, ...]:
    """Every tracker folder of this package."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(trackers.__path__) if module.ispkg))


def tracker_names() -> list[str]:
    """Every tracker, this package's and those that other packages register; what cannot be used is left out."""
    own = own_names()
    return sorted([*(set(own) - registered().keys()), *(plugin.name for plugin in plugins(own)[0])])


def setting_names(tracker: str) -> list[str]:
    """Every setting of a tracker. Raises InputError for a tracker of another package that cannot be used."""
    if (plugin := find_plugin(tracker)) is not None:
        return sorted(plugin.settings)
    package = importlib.import_module(f"{parameters.__name__}.{tracker}")
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name != "settings")


def full_names() -> list[str]:
    """Every tracker with every setting, `tracker/setting`."""
    return [f"{tracker}/{setting}" for tracker in tracker_names() for setting in setting_names(tracker)]


def find_plugin(name: str) -> Plugin | None:
    """The tracker of another package that `tracker` or `tracker/setting` names; None for this package's own.

    Raises InputError where it cannot be used.
    """
    tracker = name.partition("/")[0]
    return load_plugin(tracker, own_names()) if tracker in registered() else None


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
    setting = setting if slash else "default"
    known = tracker in registered() or tracker in own_names()
    if not known or setting not in setting_names(tracker):
        names = full_names() + tracker_names()
        wanted = f"{tracker}/{setting}" if setting and slash else tracker
        nearest = difflib.get_close_matches(wanted, names, n=1, cutoff=0.3)
        hint = f"did you mean {nearest[0]}? " if nearest else ""
        raise InputError(f"unknown tracker {name!r}: {hint}See 'cfvgg list'")
    return tracker, setting


def load_settings(name: str, file: str | Path | None = None) -> Settings:
    """The frozen settings of `tracker/setting`.

    file: a TOML file whose entries replace the fields of their names, see `changes.change`. Raises InputError.
    """
    settings: Settings = _module(*split_name(name)).parameters()
    return settings if file is None else changed_by(settings, Path(file))


def create_tracker(
    name: str,
    *,
    weights: Backbone | Weights | str | Path | None = None,
    settings: Settings | None = None,
    device: str = "cpu",
    backend: str = "torch",
    threads: int | None = None,
) -> Tracker:
    """A tracker ready for `init`.

    name: `tracker/setting`, or `tracker` for its default setting. weights: a weight file, the name of a stored one,
    loaded weights or a backbone; only read by trackers that use a network; None takes the settings' own, as a rule the
    package's default student.
    settings: changed settings instead of the named ones, made with `dataclasses.replace(load_settings(name), ...)` or
    `load_settings(name, file)`.
    device: where the network runs, "cpu" or "cuda"; everything else is done by the processor.
    backend: what runs the network, "torch" (the reference), "onnx" (onnxruntime), "openvino", or "auto" for the fastest
    of them that is installed; an ONNX file always has onnxruntime.
    threads: that torch and OpenCV use from now on in the whole process, as `set_threads` sets them; 1 is what speeds
    are measured with, and as a rule the fastest. None leaves them as they are.
    Raises InputError for an unknown name, for weights that are missing or unusable, and for a backend that is.
    """
    tracker, _ = split_name(name)
    if threads is not None:
        set_threads(threads)
    chosen = load_settings(name) if settings is None else settings
    if not dataclasses.is_dataclass(chosen) or isinstance(chosen, type):
        raise InputError(f"settings of {type(settings).__name__}: those that load_settings gives are expected")
    backbone = load_backbone(chosen, weights, device, backend)
    plugin = find_plugin(tracker)
    module = importlib.import_module(plugin.module if plugin else f"{trackers.__name__}.{tracker}")
    _load_compiled_code()
    if getattr(chosen, "adaptation", None):
        _load_optimizer()
    created: Tracker = module.get_tracker_class()(chosen, backbone)
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


def with_color_names(settings: Settings, table: Path | None) -> Settings:
    """The settings with every Color Names feature reading a user's own table (a .mat file); None changes nothing."""
    changed: Settings = settings if table is None else _with_table(settings, table)
    return changed


def _with_table(settings: Any, table: Path) -> Any:
    if isinstance(settings, ColorNamesFeature):
        load_color_names(table)  # a file that cannot be used is told before anything is done
        return dataclasses.replace(settings, table=str(table))
    if isinstance(settings, tuple):
        return tuple(_with_table(value, table) for value in settings)
    if not dataclasses.is_dataclass(settings) or isinstance(settings, type):
        return settings
    changed = {f.name: _with_table(getattr(settings, f.name), table) for f in dataclasses.fields(settings) if f.init}
    return dataclasses.replace(settings, **changed)


def load_backbone(
    settings: Settings, weights: Backbone | Weights | str | Path | None, device: str = "cpu", backend: str = "torch"
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
        if not hasattr(weights, "sha256"):
            raise InputError(f"weights of {type(weights).__name__}: a file, a stored name, or a backbone is expected")
        return weights
    if isinstance(settings, OwnNetwork):
        return settings.load_network(weights, device)
    path = find_weights(weights if weights is not None else getattr(settings, "network", None))
    if path.suffix.lower() in {".onnx", ".xml"}:
        return _load_graph(path, device, backend)
    return bind(load_weights(path), backend, device)


def remark(name: str, backbone: Backbone | None) -> str:
    """What the user of `tracker/setting` should know of the network it runs on, in a line; empty where all is well."""
    weights = getattr(backbone, "weights", None)
    if not getattr(_module(*split_name(name)), "FOR_VGG_M", False) or not isinstance(weights, Weights):
        return ""
    if weights.architecture == "vgg_m" and weights.settings.width == 1:
        return ""
    return f"{name} is for VGG-M itself (imagenet-vgg-m-2048.mat), and runs on {settings_text(weights.settings)}"


def _load_graph(path: Path, device: str, backend: str) -> Backbone:
    if path.suffix.lower() == ".xml":
        raise InputError(f"{path}: OpenVINO files are for other programs; take the weights and --backend openvino")
    if backend == "openvino":
        raise InputError(f"{path}: an ONNX file has onnxruntime run it; --backend openvino takes .safetensors or .mat")
    return OnnxBackbone(path, device, torch.get_num_threads())


def _module(tracker: str, setting: str) -> Any:
    plugin = find_plugin(tracker)
    return importlib.import_module(plugin.settings[setting] if plugin else f"{parameters.__name__}.{tracker}.{setting}")
