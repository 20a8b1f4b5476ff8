"""Architectures by name: every file here is one, and offers a frozen dataclass `Settings` whose `build()` makes it.

A weight file and a recipe name the file and give the fields of its settings.
"""

import dataclasses
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.documents import convert

_registered: dict[str, Any] = {}


def architectures() -> dict[str, Any]:
    """The settings classes by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: importlib.import_module(f"{__name__}.{name}").Settings for name in names} | _registered


def register(name: str, settings: Any) -> None:
    """Make the settings class of an architecture outside of this package known, before its files are read."""
    _registered[name] = settings


def architecture_of(settings: Any) -> str:
    """The name under which the class of some settings is known. Raises InputError where it is not."""
    for name, kind in architectures().items():
        if type(settings) is kind:
            return name
    raise InputError(f"{type(settings).__name__}: of no known architecture; register(name, class) makes it known")


def read_settings(name: str, values: Mapping[str, Any], where: str) -> Any:
    """The settings of an architecture from the fields of a weight file or recipe.

    where: what names it, for messages. Raises InputError for an unknown architecture or field, or a wrong value.
    """
    known = architectures()
    if name not in known:
        raise InputError(f"{where}: unknown architecture {name!r}; there are {', '.join(known)}")
    return convert(dict(values), known[name], where, "network")


def settings_text(settings: Any) -> str:
    """The architecture and its settings for people: "vgg_m (width 0.125)"."""
    values = ", ".join(f"{f.name} {_shown(getattr(settings, f.name))}" for f in dataclasses.fields(settings))
    return f"{architecture_of(settings)} ({values})" if values else architecture_of(settings)


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
