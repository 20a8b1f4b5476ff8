"""Files that are written whole or not at all."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError


def partial_path(path: Path) -> Path:
    """Temporary neighbour of `path` with the same ending (video writers choose the format by it)."""
    return path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")


def sweep(folder: Path) -> None:
    """Remove temporary files below `folder` that killed processes left; those of living ones stay."""
    for path in folder.rglob(".*.partial*"):
        owner = path.name.removesuffix(path.suffix).removesuffix(".partial").rpartition(".")[2]
        if owner.isdigit() and not _alive(int(owner)):
            path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    if os.name == "nt":
        return True  # nobody can be asked there: signal 0 is Ctrl-C
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def check_writable(path: Path) -> None:
    """Raise InputError unless a file can be created at `path`; call it before hours of work."""
    folder = path.parent
    if not folder.is_dir():
        raise InputError(f"{path}: the folder {folder} does not exist")
    if path.is_dir():
        raise InputError(f"{path}: is a folder, a file name is needed")
    if not os.access(folder, os.W_OK):
        raise InputError(f"{path}: no permission to write in {folder}")


def make_folder(path: Path) -> Path:
    """Create a folder for results, parents included; InputError where that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot make this folder ({error.strerror})") from None
    return path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; on leaving without an error it becomes `path` in one step, else it is removed."""
    check_writable(path)
    temporary = partial_path(path)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n")
