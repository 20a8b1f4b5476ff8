"""The code that a tracker's boxes depend on: what its module, its settings' and the run import, read from the sources.

Nothing is imported for it, so the hash is the same whatever else is loaded. What only names at run time lead to
is not seen: networks of other packages, and the lazy names of the package's own `__init__`.
"""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from pkgutil import iter_modules

import cfvgg_plugin
from cfvgg_plugin import parameters, trackers
from cfvgg_plugin.networks import architectures
from cfvgg_plugin.plugins import Plugin, plugin_files
from cfvgg_plugin.registry import find_plugin, full_names, own_names, split_name
from cfvgg_plugin.settings import OwnNetwork, Settings

PACKAGE = cfvgg_plugin.__name__
RUN = ("boxes", "video.frames", "tracker", "datasets.images")
"""What every run needs, of which the trackers import only some."""


@cache
def code_hash(modules: tuple[str, ...], folders: tuple[str, ...] = tuple(cfvgg_plugin.__path__)) -> str:
    """Digest of the sources of modules of this package and of all that they import. folders: where the package is."""
    digest = hashlib.sha256()
    for name, file in sorted(find_sources(modules, folders).items()):
        digest.update(f"{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def find_sources(modules: Iterable[str], folders: Iterable[str] = tuple(cfvgg_plugin.__path__)) -> dict[str, Path]:
    """By name the files of modules, of the packages that they are in, and of all that those import of this package."""
    found: dict[str, Path] = {}
    waiting, places = list(modules), [Path(folder) for folder in folders]
    while waiting:
        name = waiting.pop()
        if name in found or not name.startswith(f"{PACKAGE}."):
            continue
        inner = Path(*name.split(".")[1:])
        files = [place / path for place in places for path in (inner / "__init__.py", inner.with_suffix(".py"))]
        if (file := next((file for file in files if file.is_file()), None)) is not None:
            found[name], above = file, name.rpartition(".")[0]
            waiting += [above, *_imports(file.read_bytes(), name if file.stem == "__init__" else above)]
    return found


@cache
def _imports(source: bytes, package: str = "") -> frozenset[str]:
    """Names that a module of a package imports, wherever it does; those of functions and classes are among them."""
    names: set[str] = set()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return frozenset()  # a template, say: it cannot be imported itself
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and (package or not node.level):
            home = resolve_name("." * node.level + (node.module or ""), package)
            names |= {f"{home}.{each.name}" for each in node.names} | {home} - {PACKAGE}
    return frozenset(names)


def modules_of(name: str, settings: Settings) -> tuple[str, ...]:
    """The modules that `tracker/setting` starts from, with settings that may have been changed."""
    found = [f"{PACKAGE}.{module}" for module in RUN]
    if settings.needs_network and not isinstance(settings, OwnNetwork):
        found += [f"{architectures.__name__}.{module.name}" for module in iter_modules(architectures.__path__)]
        found.append(f"{PACKAGE}.networks.backends")
    if getattr(settings, "long_term", None):
        found.append(f"{PACKAGE}.long_term.tracker")
    plugin = find_plugin(name)
    return (*found, *(sorted(_of_plugin(plugin)) if plugin else _own(name)))


def _own(name: str) -> tuple[str, str]:
    tracker, setting = split_name(name)
    return f"{trackers.__name__}.{tracker}", f"{parameters.__name__}.{tracker}.{setting}"


def _of_plugin(plugin: Plugin) -> set[str]:
    """What another package imports of this one; where it asks for trackers by name, all of them."""
    sources = (file.read_bytes() for file in plugin_files(plugin).values() if file.suffix == ".py")
    names = set[str]().union(*map(_imports, sources))
    lazy = {PACKAGE, *(f"{PACKAGE}.{name}" for name in ("create_tracker", "evaluate", "load_tracker"))}
    if names & lazy or f"{PACKAGE}.registry" in find_sources(names):
        names |= {part for name in full_names() if name.partition("/")[0] in own_names() for part in _own(name)}
    return names
