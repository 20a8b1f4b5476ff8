"""The toolkit's trackers.ini: our sections, a tracker each with the command that starts it, and its known traps.

The toolkit uses neither a shell nor the caller's folder.
"""

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks.store import find_weights, stored_weights
from cfvgg_plugin.registry import full_names, load_settings, setting_names, split_name
from cfvgg_plugin.system.files import read_text


@dataclass(frozen=True)
class Finding:
    """One known trap in a workspace."""

    where: str
    what: str
    remedy: str


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


AGAIN = "'cfvgg vot init WORKSPACE' writes our sections anew"


def examine_manifest(path: Path) -> list[Finding]:
    """Every known trap in a trackers.ini, or in that of a folder."""
    path = path / "trackers.ini" if path.is_dir() else path
    if not path.is_file():
        return [Finding(str(path), "is missing", f"{AGAIN}; or correct 'registry:' in config.yaml")]
    if path.suffix.lower() != ".ini":
        return []
    raw = configparser.RawConfigParser()
    try:
        raw.read_string(read_text(path))
    except (configparser.Error, ValueError) as error:
        return [Finding(str(path), f"cannot be read ({' '.join(str(error).split())})", "repair it")]
    findings = []
    for identifier in raw.sections():
        where = f"{path.name} [{identifier}]"
        values = dict(raw[identifier])
        faults = list(_faults(identifier, values))
        if MODULE in values.get("command", ""):
            faults += _faults_of_ours(values)
        findings += [Finding(where, what, remedy) for what, remedy in faults]
    return findings


def _faults(identifier: str, values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(what, remedy) of any tracker's section."""
    command = values.get("command", "")
    if not re.fullmatch("[a-zA-Z0-9-_]+", identifier):
        yield "the toolkit leaves out this name", "use letters, digits, '-' and '_'"
    if any(re.search(r"%(?![%(])", value.replace("%%", "")) for value in values.values()):
        yield "holds a single '%', at which the toolkit stops", "write '%%'"
    if "$" in command:
        yield (
            "a variable in the command stays as it is: there is no shell",
            "write the value; ${VAR} works in env_NAME only",
        )
    elif values.get("protocol") == "trax" and not _program(command):
        yield f"the command's program is not there: {command[:80]!r}", f"write its absolute path; {AGAIN}"


def _program(command: str) -> str | None:
    try:
        words = shlex.split(command.replace("%%", "%"), posix=os.name != "nt")
    except ValueError:
        return None
    program = words[0].strip('"') if words else ""
    return shutil.which(program) if program and (Path(program).is_absolute() or os.sep not in program) else None


def _faults_of_ours(values: dict[str, str]) -> Iterator[tuple[str, str]]:
    """(what, remedy) of a section with our server."""
    if values.get("protocol") != "trax":
        yield f"protocol {values.get('protocol')!r}; our server speaks 'trax'", "write 'protocol = trax'"
    if not values.get("timeout", "").isdecimal() or int(values["timeout"]) < 60:
        yield (
            "no timeout of a minute or more: code is compiled in the first frame of an installation",
            "write 'timeout = 120'",
        )
    if "env_omp_num_threads" not in values:
        yield "no thread limit: speeds and the realtime experiment mean little", "write 'env_OMP_NUM_THREADS = 1'"
    if os.name != "nt" and "env_ld_library_path" not in values and os.environ.get("LD_LIBRARY_PATH"):
        yield (
            "the toolkit empties LD_LIBRARY_PATH, which is set here",
            "write 'env_LD_LIBRARY_PATH = ${LD_LIBRARY_PATH}'",
        )
    weights = _option(values["command"], "--weights")
    if weights and not (Path(weights).is_absolute() and Path(weights).is_file()) and weights not in stored_weights():
        yield f"weights {weights} are not there (a relative path never is: trackers run in a temporary folder)", AGAIN
    try:
        load_settings(_option(values["command"], "--tracker") or "")
    except InputError as error:
        yield str(error), AGAIN


def tracker_of(command: str) -> str | None:
    """Which of our trackers a command starts, None for a command of others."""
    return _option(command, "--tracker") if MODULE in command else None


def _option(command: str, name: str) -> str | None:
    """The value of an option in a command line."""
    try:
        words = shlex.split(command.replace("%%", "%"), posix=os.name != "nt")
    except ValueError:
        return None
    return words[words.index(name) + 1].strip('"') if name in words[:-1] else None
