"""Named weight files: those in the package, and those a user imported."""

import os
from pathlib import Path

import click

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.files import make_folder
from cfvgg_plugin.networks.weights import Weights, load_weights, save_weights

DEFAULT = "cf_vgg"
"""The student that a tracker takes when the user names no weights; it ships with the package."""


def user_folder() -> Path:
    """Where imported weights live: $CFVGG_HOME/weights, else the platform's folder for application data."""
    home = os.environ.get("CFVGG_HOME")
    return (Path(home) if home else Path(click.get_app_dir("cfvgg"))) / "weights"


def stored_weights() -> dict[str, Path]:
    """Every named weight file; a user's own file goes before one of the same name in the package."""
    package = Path(__file__).parent.parent / "weights"
    return {path.stem: path for folder in (package, user_folder()) for path in sorted(folder.glob("*.safetensors"))}


def find_weights(name_or_file: str | Path | None) -> Path:
    """Path of a weight file given by path or stored name; None means the default student."""
    stored = stored_weights()
    if name_or_file is None:
        name_or_file = DEFAULT
    elif Path(name_or_file).exists():
        return Path(name_or_file)
    if str(name_or_file) in stored:
        return stored[str(name_or_file)]
    known = ", ".join(stored) or "none"
    raise InputError(f"weights {name_or_file}: no such file, nor a stored name ({known}); see 'cfvgg weights list'")


def import_weights(source: Path, name: str | None = None) -> tuple[Weights, Path]:
    """Check a weight file, convert it to safetensors and store it under `name` (default: its own, lower case)."""
    weights = load_weights(source)
    name = source.stem.lower() if name is None else name
    if not name or not all(c.isalnum() or c in "_-." for c in name) or name.startswith("."):
        raise InputError(f"weight name {name!r}: use letters, digits, '_', '-' and '.'")
    path = make_folder(user_folder()) / f"{name}.safetensors"
    save_weights(weights, path)
    return weights, path
