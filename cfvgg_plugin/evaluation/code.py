"""The sources that a tracker's boxes depend on: what it imports, found in the files without importing anything."""

import ast
import hashlib
import importlib.util
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import cfvgg_plugin

PACKAGE = cfvgg_plugin.__name__
ADAPTATION = f"{PACKAGE}.adaptation"
SETTINGS = f"{PACKAGE}.parameters."
"""Settings are hashed by their values, not by their files."""


def package_folders() -> tuple[Path, ...]:
    """Where the package's modules lie; two folders in a checkout."""
    return tuple(Path(folder) for folder in cfvgg_plugin.__path__)


def modules_below(package: str, folders: Iterable[Path]) -> list[str]:
    """Full names of a package and of all modules in it: for those that are imported by names made at run time."""
    name = f"{PACKAGE}.{package}"
    home = _file(name, tuple(folders)).parent
    files = (file.relative_to(home).with_suffix("") for file in home.rglob("*.py") if file.name != "__init__.py")
    return [name, *sorted(".".join((name, *file.parts)) for file in files)]


def imported(modules: Iterable[str], folders: tuple[Path, ...], without: str = "") -> dict[str, Path]:
    """The file of every module of the package that `modules` import, directly or not, and of these themselves.

    Imports inside functions count. without: a module that is not looked into.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        file = _find(name, folders)
        if file is not None and name not in found and name != without:
            found[name] = file
            parent = name if file.name == "__init__.py" else name.rpartition(".")[0]
            waiting += _imports(parent, file.read_bytes())
    return found


@cache
def code_digest(modules: tuple[str, ...], folders: tuple[Path, ...], without: str = "") -> str:
    """Changes with every source of `imported`, the files of settings excepted."""
    digest = hashlib.sha256()
    for name, file in sorted(imported(modules, folders, without).items()):
        if not name.startswith(SETTINGS):
            digest.update(f"{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


@cache
def _imports(parent: str, source: bytes) -> tuple[str, ...]:
    """Full names that may be modules: of `from a.b import c` both a.b and a.b.c."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = importlib.util.resolve_name("." * node.level + (node.module or ""), parent)
            names += (module, *(f"{module}.{alias.name}" for alias in node.names))
    return tuple(names)


def _find(name: str, folders: tuple[Path, ...]) -> Path | None:
    """The file of a module below the package; the package's own only says where public names are."""
    first, *parts = name.split(".")
    if first != PACKAGE or not parts:
        return None
    bases = [folder.joinpath(*parts) for folder in folders]
    candidates = (file for base in bases for file in (base.with_suffix(".py"), base / "__init__.py"))
    return next((file for file in candidates if file.is_file()), None)


def _file(name: str, folders: tuple[Path, ...]) -> Path:
    file = _find(name, folders)
    if file is None:
        raise ModuleNotFoundError(f"{name}: no such module")
    return file
