"""Named weight files: those in the package, and those a user imported."""

import os
from collections.abc import Mapping
from pathlib import Path

import click

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.network import Tap
from cfvgg_plugin.networks.onnx_import import Preparation, import_onnx
from cfvgg_plugin.networks.weights import Weights, load_weights, save_weights
from cfvgg_plugin.system.files import check_name, check_outputs, exists, make_folder

DEFAULT = "compact"
"""The student that a tracker takes where neither user nor settings name one; it ships with the package."""
PAPERS = "cf_vgg"
"""The student of the paper's shape, which ships too: its tables and figures are made with it."""

KINDS = (".safetensors", ".onnx")
"""Endings of stored files: students, and networks of others."""


def user_folder() -> Path:
    """Where imported weights live: $CFVGG_HOME/weights, else the platform's folder for application data."""
    home = os.environ.get("CFVGG_HOME")
    return (Path(home) if home else Path(click.get_app_dir("cfvgg"))) / "weights"


def stored_weights() -> dict[str, Path]:
    """Every named weight file; a user's own file goes before one of the same name in the package."""
    package = Path(__file__).parent.parent / "weights"
    files = (path for folder in (package, user_folder()) for path in sorted(folder.glob("*")))
    return {path.stem: path for path in files if path.suffix in KINDS and not path.name.startswith(".")}


def find_weights(name_or_file: str | Path | None) -> Path:
    """Path of a weight file given by path or stored name; None means the default student."""
    stored = stored_weights()
    if name_or_file is None:
        name_or_file = DEFAULT
    elif exists(name_or_file):
        return Path(name_or_file)
    if str(name_or_file) in stored:
        return stored[str(name_or_file)]
    known = ", ".join(stored) or "none"
    raise InputError(f"weights {name_or_file}: no such file, nor a stored name ({known}); see 'cfvgg weights list'")


def given(name_or_file: str | Path | None) -> list[Path]:
    """Of weights as the user gave them, the file or folder that is read; none for what is not there."""
    stored = stored_weights()
    paths = [Path(name_or_file), stored.get(str(name_or_file))] if name_or_file is not None else [stored.get(DEFAULT)]
    return [path for path in paths if path is not None and exists(path)][:1]


def import_weights(source: Path, name: str | None = None) -> tuple[Weights, Path]:
    """Check a weight file, convert it to safetensors and store it under `name` (default: its own, lower case)."""
    path = place_for(source, name, ".safetensors")
    check_outputs([path], [source])
    weights = load_weights(source)
    if path.exists() and load_weights(path).sha256 != weights.sha256:
        raise InputError(_taken(path))
    make_folder(path.parent)
    save_weights(weights, path)
    return weights, path


def import_network(
    source: Path, taps: Mapping[str, str], preparation: Preparation, name: str | None = None
) -> tuple[dict[str, Tap], Path]:
    """Check an ONNX file, name its taps and store it under `name`; see `onnx_import.import_onnx`."""
    path = place_for(source, name, ".onnx")
    check_outputs([path], [source])
    if path.exists():
        raise InputError(_taken(path))
    return import_onnx(source, path, taps, preparation), path


def place_for(source: Path, name: str | None, ending: str) -> Path:
    """Where a file is stored under a name. Raises InputError for a name that cannot be one, or is another network's."""
    name = check_name(source.stem.lower() if name is None else name, "weight name")
    path = user_folder() / f"{name}{ending}"
    for other in (path.with_name(f"{name}{kind}") for kind in KINDS if kind != ending):
        if other.exists():
            raise InputError(_taken(other))
    return path


def _taken(path: Path) -> str:
    return f"weight name {path.stem}: {path} has it; give another with --name, or remove that file"
