"""ONNX files that OpenCV runs itself: NanoTrack's backbone and head, VitTrack's one network."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.system.files import check_regular, native

BESIDE = b"\x0a\x08location\x12"
"""In an ONNX file, before the name of another with a tensor's numbers (StringStringEntryProto, key "location")."""


@dataclass(frozen=True)
class OnnxFiles:
    """Where the files are, and what tells their results from those of other files."""

    paths: Mapping[str, Path]
    """By part, as in `OnnxParts.words`."""
    sha256: str
    """Of all files' contents; part of the name of stored results."""
    recipe: Mapping[str, Any]
    """Their names and each one's own SHA-256, by part; JSON values."""
    backend: str = "opencv"
    """What runs them, whichever `--backend` other networks have."""

    def __str__(self) -> str:
        """For messages: the first file's path, the others' names."""
        first, *others = self.paths.values()
        return " and ".join([str(first), *(path.name for path in others)])


@dataclass(frozen=True)
class OnnxParts:
    """The one or two files that a tracker of OpenCV's needs."""

    tracker: str
    """As its authors call it."""
    words: Mapping[str, str]
    """What a file's name must contain, by the member of OpenCV's parameters that takes its path. A file that is alone
    may have any name: its word is empty."""

    @property
    def expected(self) -> str:
        """What `--weights` should be."""
        if len(self.words) == 1:
            return "expected an .onnx file or a folder with one"
        first, second = self.words.values()
        return (
            f"expected a folder with two .onnx files, one with '{first}' in its name and one with '{second}', "
            "or one of the two with the other beside it"
        )

    def find(self, weights: str | Path | None, device: str = "cpu") -> OnnxFiles:
        """The files of a folder, or of one of them. Only hashed here: OpenCV reads them when a tracker is made.

        Raises InputError unless there is exactly one of each, and for another device than "cpu".
        """
        if device != "cpu":
            raise InputError(f"device {device}: OpenCV runs {self.tracker} on the processor; use cpu")
        if weights is None:
            raise InputError(f"{self.tracker} needs --weights: {self.expected}")
        path = Path(weights)
        if not path.exists():
            raise InputError(f"weights {path}: no such file or folder; {self.expected}")
        paths = {part: self._find(path, word) for part, word in self.words.items()}
        for file in paths.values():
            check_regular(file)
        try:
            contents = {part: file.read_bytes() for part, file in paths.items()}
        except OSError as error:
            raise InputError(f"weights {path}: {error.strerror or error}") from None
        for part, content in contents.items():
            native(paths[part])
            if BESIDE in content:
                raise InputError(
                    f"weights {paths[part]}: numbers of it are in another file, which OpenCV does not read"
                )
        digests = {part: hashlib.sha256(content).hexdigest() for part, content in contents.items()}
        recipe = {"format": "ONNX"} | {
            part: {"source": paths[part].name, "sha256": digest} for part, digest in digests.items()
        }
        return OnnxFiles(paths, hashlib.sha256("".join(digests.values()).encode()).hexdigest(), recipe)

    def _find(self, path: Path, word: str) -> Path:
        """The file of one part: `path` itself, or the only one of that name in its folder."""
        if path.is_file() and _is_part(path, word):
            return path
        if path.is_file() and not any(_is_part(path, other) for other in self.words.values()):
            raise InputError(f"weights {path}: {self.expected}")
        folder = path if path.is_dir() else path.parent
        found = sorted(file for file in folder.iterdir() if _is_part(file, word))
        if len(found) != 1:
            named = f"files with '{word}' in their name" if word else ".onnx files"
            raise InputError(f"weights {path}: {len(found)} {named} there; {self.expected}")
        return found[0]


def _is_part(file: Path, word: str) -> bool:
    return file.suffix.lower() == ".onnx" and word in file.name.lower()
