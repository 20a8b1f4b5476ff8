"""The known traps of trackers.ini: the toolkit uses neither a shell nor the caller's folder."""

import configparser
import os
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.vot.findings import Finding
from cfvgg_plugin.integration.vot.trackers import MODULE
from cfvgg_plugin.networks.store import stored_weights
from cfvgg_plugin.registry import load_settings
from cfvgg_plugin.system.files import read_text

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
