"""The command line: finds the command and reports what goes wrong. The commands themselves are in `commands/`.

Exit status: 0 done; 1 ended before its time or with failed sequences, what was done is kept;
2 bad input, nothing written; 130 interrupted, what was done is kept.

Nothing is imported here that takes time: an interruption from the first moment on is to end with 130 and no word.
"""

import sys

try:
    import os
    import traceback
    from collections.abc import Callable
    from pathlib import Path
    from typing import TYPE_CHECKING, NoReturn

    from cfvgg_plugin.errors import InputError
    from cfvgg_plugin.system.interrupts import INTERRUPTED, asked, importing, interruptible
except KeyboardInterrupt:
    sys.exit(130)

if TYPE_CHECKING:
    import click

COMMANDS = {
    "track": "Follow one target or several through SOURCE: a video file, a folder of frames, a camera number or a URL.",
    "demo": "Track a rendered sequence with exact ground truth; needs no data, network or display.",
    "list": "Name every tracker with its settings, and the weights at hand.",
    "weights": "Network weight files: list, inspect, import.",
    "export": "Write a network for other programs: an ONNX file, or OpenVINO's pair of .xml and .bin.",
    "train": "Train a student network for the trackers.",
    "reproduce": "Make a table or figure of the paper again on the data at hand, beside what is printed there.",
    "evaluate": "Score trackers: success AUC, precision at 20 pixels, normalised precision.",
    "score": "Score raw results, anybody's: DIR/SEQUENCE.txt of one tracker, or DIR/TRACKER/SEQUENCE.txt.",
    "compare": "Tell whether one tracker is better than another: paired bootstrap over sequences, wins and losses.",
    "data": "Datasets: which are known, and whether a copy is whole.",
    "plot": "Draw results: success and precision, attributes, speed, strips of frames, failure cases.",
    "report": "Write results as one HTML page: tables, plots, and a player for every sequence.",
    "benchmark": "Measure speed on this machine.",
    "vot": "Run the trackers in the VOT toolkit: workspaces, their known traps, EAO.",
    "pytracking": "Our trackers in a checkout of visionml/pytracking: install, uninstall, status.",
}
"""Every command and the first line of its help, so that `cfvgg --help` need not import what the commands need."""
HOMES = {
    "demo": "track",
    "list": "weights",
    "export": "weights",
    **dict.fromkeys(("evaluate", "score", "compare", "plot", "report"), "results"),
    "vot": "hosts",
    "pytracking": "hosts",
}
"""The module in `commands/` with a command's function `NAME_command`, where that is not the one of its name."""


def main() -> NoReturn:
    """Entry point of `cfvgg`."""
    run_command(_group, "cfvgg")


def _group() -> "click.Command":
    from cfvgg_plugin.commands import cli  # noqa: PLC0415 (within what is guarded)

    return cli


def run_command(find: "Callable[[], click.Command] | click.Command", name: str) -> NoReturn:
    """Run a command line under `name`: every error a user can mend is one line on stderr.

    find: the command, or what imports it.
    """
    try:
        interruptible()
        for stream in (sys.stdout, sys.stderr):  # names of files may have letters that the locale has not
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")
        status = _run(find, name)
        sys.stdout.flush()
    except KeyboardInterrupt:
        status = INTERRUPTED
    except OSError as error:
        _drop_output()
        status = _complain(f"standard output: {error.strerror}")
    sys.exit(status)


def _run(find: "Callable[[], click.Command] | click.Command", name: str) -> int:
    with importing():
        import click  # noqa: PLC0415 (within what is guarded)

    try:
        with importing():
            command = find if isinstance(find, click.Command) else find()
        return int(command.main(prog_name=name, standalone_mode=False) or 0)
    except click.ClickException as error:
        helps = isinstance(error, click.exceptions.NoArgsIsHelpError)
        return _complain(error.format_message(), raw=helps)
    except InputError as error:
        return _complain(str(error))
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except Exception as error:
        if asked():
            return INTERRUPTED  # what a library made of the interruption
        if (message := _system_says(error)) is None:
            raise
        return _complain(message)


def _system_says(error: Exception) -> str | None:
    """What the system refused, in a line; None for any other fault."""
    if isinstance(error, OSError) and error.errno is not None:
        place = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
        if not place and "click" in Path(traceback.extract_tb(error.__traceback__)[-1].filename).parts:
            _drop_output()
            place = "standard output"
        return f"{place}: {error.strerror}" if place else str(error.strerror)
    text = str(error)
    short = ("not enough memory", "can't allocate memory", "out of memory", "Insufficient memory", "bad_alloc")
    if isinstance(error, MemoryError) or any(word in text for word in short):
        return f"there is not enough memory for this ({text.splitlines()[0][:200]})" if text else "not enough memory"
    return None


def _drop_output() -> None:
    """Let standard output take anything: Python flushes it once more at its own end, and would complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(message: str, raw: bool = False) -> int:
    """One line on stderr; raw: the help of a command as it stands, on stdout."""
    print(message if raw else "cfvgg: " + " ".join(message.split()), file=sys.stdout if raw else sys.stderr)
    return 2


def __getattr__(name: str) -> "click.Command":
    """`cli`, the group of all commands, for who asks for it here."""
    if name == "cli":
        return _group()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
