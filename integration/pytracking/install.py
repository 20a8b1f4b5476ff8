"""Shim files in a checkout of pytracking: where it looks for trackers and parameters, they import ours.

A shim begins with MARK. No other file is ever written or removed.
"""

import os
from pathlib import Path

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.registry import setting_names, tracker_names
from cfvgg_plugin.system.files import make_folder, write_text

MARK = "# cfvgg-plugin: written by 'cfvgg pytracking install', removed by 'cfvgg pytracking uninstall'"
ECO = "parameter/eco/cfvgg.py"
_TRACKER = """from cfvgg_plugin.integration.pytracking.tracker import CFVGGTracker


def get_tracker_class():
    return CFVGGTracker
"""
_PARAMETERS = """from cfvgg_plugin.integration.pytracking.{module} import {function}


def parameters():
    return {function}({arguments})
"""


def shim_files(weights: str | None = None) -> dict[str, str]:
    """Every shim by its path below the folder pytracking/, with its text; `weights` stands in all parameter files."""
    files = {ECO: _PARAMETERS.format(module="eco", function="eco_parameters", arguments=repr(weights))}
    for tracker in tracker_names():
        files[f"tracker/{tracker}/__init__.py"] = _TRACKER
        files[f"parameter/{tracker}/__init__.py"] = ""
        for setting in setting_names(tracker):
            arguments = f"{f'{tracker}/{setting}'!r}, {weights!r}"
            text = _PARAMETERS.format(module="tracker", function="tracker_parameters", arguments=arguments)
            files[f"parameter/{tracker}/{setting}.py"] = text
    return {path: f"{MARK}\n{text}" for path, text in files.items()}


def install(root: Path, weights: str | None = None) -> list[str]:
    """Write all shims into the checkout `root`, and remove those of another version; returns their paths.

    weights: a file or stored name for every network; None: the default student at the time of a run.
    Raises InputError, before anything is written, where a shim would replace a file that is none, and for weights.
    """
    package = find_package(root)
    files = shim_files(_checked(weights))
    if foreign := [path for path in files if (package / path).exists() and not is_shim(package / path)]:
        raise InputError(f"{package / foreign[0]}: not a file of cfvgg-plugin, so it stays; move it away first")
    for folder in (package / "tracker", package / "parameter", package / "parameter" / "eco"):
        if not os.access(folder, os.W_OK):
            raise InputError(f"{folder}: no permission to write there")
    for path in installed(root):
        if path not in files:
            _remove(package, path)
    for path, text in files.items():
        make_folder((package / path).parent)
        write_text(package / path, text)
    return list(files)


def uninstall(root: Path) -> list[str]:
    """Remove every shim, what Python compiled of it, and folders that are then empty; returns the shims' paths."""
    package = find_package(root)
    paths = installed(root)
    for path in paths:
        _remove(package, path)
    return paths


def installed(root: Path) -> list[str]:
    """Paths of the shims in a checkout, below its folder pytracking/."""
    package = find_package(root)
    files = [file for folder in ("tracker", "parameter") for file in sorted((package / folder).glob("*/*.py"))]
    return [file.relative_to(package).as_posix() for file in files if is_shim(file)]


def find_package(root: Path) -> Path:
    """The folder pytracking/ of a checkout. Raises InputError where `root` is none."""
    package = root / "pytracking"
    folders = ("tracker/base", "parameter/eco", "evaluation")
    if all((package / name).is_dir() for name in folders):
        return package
    hint = f"; give {root.resolve().parent}" if (root / "tracker").is_dir() else ""
    raise InputError(
        f"{root}: not a checkout of visionml/pytracking (with {', '.join(folders)} in its pytracking/){hint}"
    )


def is_shim(path: Path) -> bool:
    """Whether a file begins with our mark."""
    try:
        with path.open("rb") as file:
            return file.read(len(MARK)) == MARK.encode()
    except OSError:
        return False


def _checked(weights: str | None) -> str | None:
    """Weights as they stand in the shims: a file's absolute path, or a stored name."""
    if weights is None:
        return None
    path = find_weights(weights)
    if path.suffix.lower() != ".onnx":
        load_weights(path)
    return str(path.resolve()) if Path(weights).exists() else weights


def _remove(package: Path, shim: str) -> None:
    path = package / shim
    path.unlink()
    compiled = path.parent / "__pycache__"
    for file in compiled.glob(f"{path.stem}.*.pyc"):
        file.unlink()
    for folder in (compiled, path.parent):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
