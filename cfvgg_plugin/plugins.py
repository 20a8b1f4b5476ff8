"""Trackers of other packages, which register them as entry points of the group `cfvgg_plugin.trackers`.

An entry point NAME = "MODULE" names a module with `get_tracker_class()`, and either a function `parameters()` for one
setting, `default`, or a package MODULE.parameters with a file a setting, each with its `parameters()`. Nothing of
another package is imported before one of its trackers, or the list of all, is asked for.
"""

import dataclasses
import hashlib
import importlib
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.tracker import Tracker

GROUP = "cfvgg_plugin.trackers"


@dataclass(frozen=True)
class Registered:
    """What a package's metadata say."""

    package: str
    """Name of the distribution."""
    version: str
    module: str


@dataclass(frozen=True)
class Plugin:
    """A tracker of another package, imported and found to be whole."""

    name: str
    package: str
    version: str
    module: str
    settings: Mapping[str, str] = field(hash=False)
    """Module with `parameters()` of every setting."""


@cache
def registered() -> Mapping[str, tuple[Registered, ...]]:
    """By the tracker's name, who registers it; several where packages clash."""
    found: dict[str, list[Registered]] = defaultdict(list)
    for point in metadata.entry_points(group=GROUP):
        package, version = (point.dist.name, point.dist.version) if point.dist else ("?", "?")
        entry = Registered(package, version, point.value.strip())
        if entry not in found[point.name]:
            found[point.name].append(entry)
    return {name: tuple(found[name]) for name in sorted(found)}


def load_plugin(name: str, own: tuple[str, ...] = ()) -> Plugin:
    """Import the tracker that other packages register under `name`.

    own: names of this package's trackers. Raises InputError, with the package's name, for what cannot be imported, does
    not keep the contract, or has a name that is taken.
    """
    entries = registered()[name]
    packages = [*(["cfvgg-plugin"] if name in own else []), *(entry.package for entry in entries)]
    if len(packages) > 1:
        raise InputError(f"tracker {name}: is in {' and in '.join(packages)}; uninstall all but one of them")
    return _load(name, entries[0])


@cache
def _load(name: str, entry: Registered) -> Plugin:
    where = f"tracker {name} of package {entry.package}"
    if not name.isidentifier():
        raise InputError(f"{where}: a name of letters, digits and underscores is expected")
    try:
        module = importlib.import_module(entry.module)
        settings = _settings(module)
        made = {setting: importlib.import_module(path).parameters() for setting, path in settings.items()}
        tracker_class = module.get_tracker_class()
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())[:200]
        raise InputError(f"{where}: cannot be loaded ({type(error).__name__}: {said})") from error
    if not isinstance(tracker_class, type) or not issubclass(tracker_class, Tracker):
        raise InputError(f"{where}: get_tracker_class() gives {tracker_class!r}; a subclass of Tracker is expected")
    if "default" not in made:
        raise InputError(f"{where}: has no setting 'default'; it would be {entry.module}.parameters.default")
    for setting, value in made.items():
        if fault := _fault(value):
            raise InputError(f"{where}: parameters() of {setting} gives {fault}")
    return Plugin(name, entry.package, entry.version, entry.module, settings)


def _settings(module: Any) -> dict[str, str]:
    if callable(getattr(module, "parameters", None)):
        return {"default": module.__name__}
    package = importlib.import_module(f"{module.__name__}.parameters")
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__) if found.name != "settings")
    return {name: f"{package.__name__}.{name}" for name in names}


def _fault(settings: Any) -> str:
    if not dataclasses.is_dataclass(settings) or isinstance(settings, type):
        return f"{type(settings).__name__}; a frozen dataclass is expected"
    kind = type(settings).__name__
    try:
        hash(settings)
    except TypeError:
        return f"a {kind} that is not frozen, or has lists; a frozen dataclass of tuples is expected"
    return "" if hasattr(settings, "needs_network") else f"a {kind} without needs_network; True or False is expected"


def plugins(own: tuple[str, ...] = ()) -> tuple[list[Plugin], list[str]]:
    """Every tracker of other packages that can be used, and a line for each that cannot."""
    usable, faults = [], []
    for name in registered():
        try:
            usable.append(load_plugin(name, own))
        except InputError as error:
            faults.append(str(error))
    return usable, faults


def plugin_files(plugin: Plugin) -> dict[str, Path]:
    """All files of the package that a tracker is in, by their places in it."""
    parts = plugin.module.split(".")
    names = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
    file = Path(next(found for name in names if (found := sys.modules[name].__file__)))  # not of a namespace package
    files = sorted(file.parent.rglob("*")) if file.stem == "__init__" else [file]
    return {p.relative_to(file.parent).as_posix(): p for p in files if p.is_file() and "__pycache__" not in p.parts}


@cache
def plugin_code(plugin: Plugin) -> str:
    """Digest of those files: results of other code are no results of this one."""
    digest = hashlib.sha256()
    for name, path in plugin_files(plugin).items():
        digest.update(f"{name} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
