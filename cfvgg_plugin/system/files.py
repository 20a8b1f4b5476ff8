"""Files that are written whole or not at all, never over an input, and text files of users."""

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cfvgg_plugin.errors import InputError

MADE = {".json", ".html"}
"""Endings of what commands write into folders that they read."""
JSON = b"{"
"""How a JSON file of ours begins."""
NOTES = {"manifest.json", "dataset.json"}
"""Names of such files that they read again."""


def reason(error: OSError) -> str:
    """What the system says, without number and path."""
    return error.strerror or str(error) or type(error).__name__


def partial_path(path: Path) -> Path:
    """Temporary neighbour of `path` with the same ending (video writers choose the format by it)."""
    return path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")


def sweep(folder: Path) -> None:
    """Remove temporary files below `folder` that killed processes left; those of living ones stay."""
    for path in folder.rglob(".*.partial*"):
        _sweep(path)


def _sweep(path: Path) -> None:
    """Remove a temporary file or folder if the process that made it has ended."""
    owner = path.name.removesuffix(path.suffix).removesuffix(".partial").rpartition(".")[2]
    if not owner.isdecimal() or _alive(int(owner)):
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    if os.name == "nt":
        return True  # nobody can be asked there: signal 0 is Ctrl-C
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True  # somebody else's
    return True


def _sweep_partials_of(path: Path) -> None:
    for found in path.parent.iterdir():
        head, _, owner = found.name.removesuffix(path.suffix).removesuffix(".partial").rpartition(".")
        if head == f".{path.stem}" and owner.isdecimal():
            _sweep(found)


def native(path: str | Path) -> str:
    """A path as OpenCV takes it: Unicode, which it hands on as UTF-8. Raises InputError where it cannot be that.

    Other bytes, and names under a locale that does not know their letters, stand in a Python string as lone
    surrogates, at which OpenCV's bindings end the whole program.
    """
    try:
        str(path).encode("utf-8")
    except UnicodeError:
        try:
            return os.fsencode(path).decode("utf-8")
        except UnicodeError:
            shown = str(path).encode("ascii", "backslashreplace").decode()
            raise InputError(f"{shown}: a name of bytes that are not UTF-8; rename it for OpenCV") from None
    return str(path)


def exists(path: str | Path) -> bool:
    """Whether there is such a file or folder; not for what is no name at all, as one that is too long."""
    try:
        return Path(path).exists()
    except OSError:
        return False


def real(path: Path) -> Path:
    """Where a path leads, absolute; `Path.resolve` raises RuntimeError for a link that leads to itself."""
    return Path(os.path.realpath(path))


def check_regular(path: Path) -> None:
    """Raise InputError for a pipe, a socket or a device, which may block for ever or never end."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return  # whoever opens it tells
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        kind = "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
        raise InputError(f"{path}: is {kind}; a file is needed")


def check_readable(path: Path) -> None:
    """Raise InputError, with what the system says, unless it is a file that can be opened."""
    check_regular(path)
    try:
        with path.open("rb"):
            return
    except (OSError, ValueError) as error:
        said = reason(error) if isinstance(error, OSError) else str(error)
        raise InputError(f"{path}: cannot be read ({said})") from None


def read_text(path: Path, what: str = "text") -> str:
    """A text file of a user: UTF-8, with a byte order mark or without one.

    what: it should hold, for the message. Raises InputError that names the file, and the line of bytes that are no
    UTF-8.
    """
    check_regular(path)
    try:
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        said = reason(error) if isinstance(error, OSError) else str(error)
        raise InputError(f"{path}: cannot be read as {what} ({said})") from None
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}: line {line}: bytes that are not UTF-8; save the file as UTF-8") from None


def read_lines(path: Path, what: str = "text") -> list[str]:
    """The lines of such a file, ended by line feeds alone, as editors count them."""
    lines = read_text(path, what).split("\n")
    return lines if lines[-1] else lines[:-1]


def check_writable(path: Path | None, begins: bytes = b"") -> None:
    """Raise InputError unless a file can be created at `path`, if there is one; call it before hours of work.

    begins: how a file of the kind begins, if a file of another kind is not to be replaced.
    """
    if path is None:
        return
    folder = path.parent
    try:
        if not folder.is_dir():
            raise InputError(f"{path}: the folder {folder} does not exist")
        if path.is_dir():
            raise InputError(f"{path}: is a folder, a file name is needed")
        check_regular(path)  # a device would be replaced by a file
        with contextlib.suppress(FileNotFoundError):
            partial_path(path).lstat()  # its name is the longest
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({reason(error)})") from None
    if not os.access(folder, os.W_OK):
        raise InputError(f"{path}: no permission to write in {folder}")
    if begins and path.is_file():
        with path.open("rb") as file:
            head = file.read(1024).lstrip()
        if head and not head.lower().startswith(begins):
            raise InputError(f"{path}: is there already and holds something else, which stays; give another name")


def check_name(name: str, what: str, taken: Iterable[str] = ()) -> str:
    """The name, if it can be that of a file in any folder. Raises InputError for a path, and for one of `taken`.

    what: it is the name of, for messages.
    """
    usual = all(c.isalnum() or c in "_-. +@()" for c in name)
    if not name or not usual or name.startswith((".", " ")) or name.endswith((".", " ")) or len(name.encode()) > 100:
        shown = name if len(name) <= 100 else f"{name[:60]}..."
        raise InputError(f"{what} {shown!r}: use letters, digits, '_', '-' and '.', at most 100 and no '.' at the ends")
    if name in taken:
        raise InputError(f"{what} {name!r}: a file of that name is written beside it; choose another")
    return name


def make_folder(path: Path) -> Path:
    """Create a folder for results, parents included; InputError where that is not possible."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot make this folder ({reason(error)})") from None
    return path


def check_outputs(
    outputs: Iterable[Path | None], files: Iterable[Path | None] = (), folders: Iterable[Path | None] = ()
) -> None:
    """Raise InputError for an output that is one of the inputs, under whatever name or link; call it first of all.

    files: that are read. folders: of which any file may be read; what lies there and is not of MADE stays.
    """
    inputs = [path for path in files if path is not None]
    roots = [path for path in folders if path is not None and path.is_dir()]
    for output in (path for path in outputs if path is not None and exists(path)):
        check_regular(output)
        if same := next((path for path in inputs if exists(path) and path.samefile(output)), None):
            raise InputError(f"{output}: would replace the input {same}; give another name")
        if output.suffix.lower() in MADE and output.name not in NOTES:
            continue
        if root := next((path for path in roots if _lies_in(output, path)), None):
            raise InputError(f"{output}: is a file of the input {root}, which stays as it is; give another name")


def _lies_in(file: Path, folder: Path) -> bool:
    """Whether a file is below a folder, by itself or through a link to or from elsewhere."""
    root = folder.resolve()
    if root in file.resolve().parents or root in (file.parent.resolve() / file.name).parents:
        return True
    state = file.stat()
    return state.st_nlink > 1 and any(path.is_file() and path.samefile(file) for path in folder.rglob("*"))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path; on leaving without an error it becomes `path` in one step, else it is removed.

    What killed processes left of the same file is removed, too. An OSError of another file keeps that file's name.
    """
    check_writable(path)
    temporary = partial_path(path)
    _sweep_partials_of(path)
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        failed = error.filename if isinstance(error.filename, str | os.PathLike) else None
        if failed is not None and Path(failed) not in {temporary, path}:
            raise InputError(f"{failed}: {reason(error)}") from None
        raise InputError(f"{path}: cannot be written ({reason(error)})") from None
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """Yield a temporary folder; on leaving without an error it becomes `path`, which is absent or empty."""
    make_folder(path.parent)
    _sweep_partials_of(path)
    temporary = make_folder(partial_path(path))
    try:
        yield temporary
        if path.exists():
            path.rmdir()
        temporary.rename(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error})") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8, whatever the locale; bytes of file names that are no UTF-8 stay those bytes."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(content, indent=2) + "\n")
