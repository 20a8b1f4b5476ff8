"""What came of a case, and which answers are no answers."""

import hashlib
import math
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cfvgg_plugin.boxes import is_plausible
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.tracker import TrackResult
from tests.fuzz.bed import command

LONGEST = 3000
"""Characters of a message."""


class Silent(Exception):
    """Something was taken that is wrong, or given that cannot be right."""


@dataclass(frozen=True)
class Outcome:
    """Of one case."""

    kind: str
    """taken, refused, traceback or silent; the parent adds hang and crash."""
    note: str = ""


def judge(case: Callable[[], Any]) -> Outcome:
    """Run a case of the API or of a reader: it returns, or raises InputError of one line.

    An OSError with the name of a file is as good, since the command line makes a line of it.
    """
    try:
        case()
    except InputError as error:
        text = str(error)
        if "\n" in text or not text or len(text) > LONGEST:
            return Outcome("silent", f"a message that is no line: {text[:500]!r}")
        return Outcome("refused", text)
    except Silent as error:
        return Outcome("silent", str(error))
    except OSError as error:
        said = "".join(traceback.format_exception(error))[-3000:]
        return Outcome("refused", str(error)) if error.filename else Outcome("traceback", said)
    except BaseException as error:
        return Outcome("traceback", "".join(traceback.format_exception(error))[-3000:])
    return Outcome("taken")


def check_result(result: TrackResult, width: int, height: int) -> None:
    """Raise Silent for a box where no target can be, and a score that is none."""
    if not is_plausible(result.box, width, height):
        raise Silent(f"box {tuple(result.box)} in a frame of {width}x{height}")
    if not (math.isfinite(result.score) and 0 <= result.score <= 1):
        raise Silent(f"score {result.score}")


def run_command(arguments: list[object], folder: Path, wrong: bool = False) -> Outcome:
    """Run `cfvgg ARGS` on what is in `folder`.

    wrong: the input is wrong on purpose, and status 0 would be silent.
    Silent is also: an input that is another one afterwards, half a file left, and a file written by what was refused.
    """
    before, place = _state(folder), Path.cwd()
    os.chdir(folder)  # where names without a folder lead
    try:
        status, _, err = command(*arguments)
    except BaseException as error:
        return Outcome("traceback", "".join(traceback.format_exception(error))[-3000:])
    finally:
        os.chdir(place)
    after = _state(folder)
    lines = [line for line in err.splitlines() if line.strip() and not line.startswith("cfvgg: warning: ")]
    if status not in {0, 1, 2} or "Traceback" in err:
        return Outcome("traceback", f"status {status}: {err[-3000:]}")
    faults = {
        "inputs have changed": [name for name in before if after.get(name) != before[name]],
        "halves of files are left": [name for name in after if ".partial" in name],
        "refused, but written": sorted(after.keys() - before.keys()) if status == 2 else [],
        "no single line": [err[-1000:]] if status == 2 and not _is_line(lines) else [],
        "taken": arguments if status == 0 and wrong else [],
    }
    if found := [f"{what}: {', '.join(map(str, names))}" for what, names in faults.items() if names]:
        return Outcome("silent", f"status {status}; {'; '.join(found)}")
    return Outcome("refused", lines[0]) if status == 2 else Outcome("taken", f"status {status}")


def _is_line(lines: list[str]) -> bool:
    return len(lines) == 1 and lines[0].startswith("cfvgg: ") and len(lines[0]) <= LONGEST


def _state(folder: Path) -> dict[str, str]:
    """Digests of the files below a folder, but for caches."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.relative_to(folder).parts[0] not in {"cache", "home"}
    }
