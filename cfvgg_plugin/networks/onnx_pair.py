"""Two ONNX files that OpenCV runs together: NanoTrack's backbone, and its head that compares two of its maps."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError

PARTS = ("backbone", "head")
EXPECTED = (
    "expected a folder with two .onnx files, one with 'backbone' in its name and one with 'head', "
    "or one of the two with the other beside it"
)


@dataclass(frozen=True)
class OnnxPair:
    """Where the two files are, and what tells their results from those of other files."""

    backbone: Path
    head: Path
    sha256: str
    """Of both files' contents; part of the name of stored results."""
    recipe: Mapping[str, Any]
    """Their names and each one's own SHA-256; JSON values."""
    backend: str = "opencv"
    """What runs them, whichever `--backend` other networks have."""


def load_pair(weights: str | Path | None, device: str = "cpu") -> OnnxPair:
    """The two files of a folder, or of one of them. Only hashed here: OpenCV reads them when a tracker is made.

    Raises InputError unless there is exactly one of each, and for another device than "cpu".
    """
    if device != "cpu":
        raise InputError(f"device {device}: OpenCV runs NanoTrack on the processor; use cpu")
    if weights is None:
        raise InputError(f"NanoTrack needs --weights: {EXPECTED}")
    path = Path(weights)
    if not path.exists():
        raise InputError(f"weights {path}: no such file or folder; {EXPECTED}")
    files = {part: _find(path, part) for part in PARTS}
    try:
        digests = {part: hashlib.sha256(file.read_bytes()).hexdigest() for part, file in files.items()}
    except OSError as error:
        raise InputError(f"weights {path}: {error.strerror or error}") from None
    recipe = {"format": "ONNX"} | {part: {"source": files[part].name, "sha256": digests[part]} for part in PARTS}
    both = hashlib.sha256("".join(digests.values()).encode()).hexdigest()
    return OnnxPair(files["backbone"], files["head"], both, recipe)


def _find(path: Path, part: str) -> Path:
    """The file of one part: `path` itself, or the only one of that name in its folder."""
    if path.is_file() and _is_part(path, part):
        return path
    folder = path if path.is_dir() else path.parent
    found = sorted(file for file in folder.iterdir() if _is_part(file, part))
    if len(found) != 1:
        raise InputError(f"weights {path}: {len(found)} files with '{part}' in their name there; {EXPECTED}")
    return found[0]


def _is_part(file: Path, part: str) -> bool:
    return file.suffix.lower() == ".onnx" and part in file.name.lower()
