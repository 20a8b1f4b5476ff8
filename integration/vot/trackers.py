"""The toolkit's trackers.ini: a section a tracker, with the command that starts it."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.registry import full_names, load_settings, setting_names, split_name

MODULE = "cfvgg_plugin.integration.vot"


def identifiers(names: list[str] | None = None) -> dict[str, str]:
    """Toolkit identifier -> tracker/setting: of those named, or of all.

    `feco` is feco/vot, or feco/default if there were no setting for VOT; any other setting is `feco-SETTING`.
    """
    chosen = {}
    for name in names or full_names():
        tracker, setting = split_name(name)
        usual = "vot" if "vot" in setting_names(tracker) else "default"
        setting = setting if "/" in name else usual
        chosen[tracker if setting == usual else f"{tracker}-{setting}"] = f"{tracker}/{setting}"
    return dict(sorted(chosen.items()))


def sections(names: list[str] | None, weights: str | None, threads: int = 1) -> dict[str, str]:
    """Identifier -> text of its section. Raises InputError for unknown trackers and missing weights."""
    if weights is not None:
        path = find_weights(weights)
        weights = str(path.resolve()) if Path(weights).exists() else weights
    return {
        identifier: _section(identifier, name, weights if load_settings(name).needs_network else None, threads)
        for identifier, name in identifiers(names).items()
    }


def _section(identifier: str, name: str, weights: str | None, threads: int) -> str:
    """The toolkit starts the command in a temporary folder, without a shell, and with its own LD_LIBRARY_PATH."""
    command = [sys.executable, "-m", MODULE, "--tracker", name, *(["--weights", weights] if weights else [])]
    command += ["--threads", str(threads)] if threads != 1 else []
    text = subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)
    values = {
        "label": name,
        "protocol": "trax",
        "command": text.replace("%", "%%"),
        "env_OMP_NUM_THREADS": str(threads),
        "timeout": "120",
    }
    if os.name != "nt":
        values["env_LD_LIBRARY_PATH"] = "${LD_LIBRARY_PATH}"
    return f"[{identifier}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())


def merge(text: str, ours: dict[str, str], path: Path) -> str:
    """A trackers.ini with our sections in place of those of the same names; everything else stays as it is.

    Raises InputError where a section of such a name is somebody else's.
    """
    parts = re.split(r"(?m)^(?=\[)", text)
    kept = []
    for part in parts:
        match = re.match(r"\[([^\]\n]*)\]", part)
        if match is None or match[1] not in ours:
            kept.append(part)
        elif MODULE not in part:
            raise InputError(
                f"{path}: [{match[1]}] is another tracker's section; rename it, or choose other --trackers"
            )
    head = "".join(kept).rstrip()
    return (head + "\n\n" if head else "") + "\n".join(ours.values())
