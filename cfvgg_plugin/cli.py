"""The command line: finds the command and reports what goes wrong. The commands themselves are in `commands/`.

Exit status: 0 done; 1 ended before its time or with failed sequences, what was done is kept;
2 bad input, nothing written; 130 interrupted, what was done is kept.
"""

import importlib
import sys
from typing import NoReturn

import click

from cfvgg_plugin import __version__
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.interrupts import asked

COMMANDS = {
    "track": "Follow one target through SOURCE: a video file, a folder of frames, a camera number or a URL.",
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
"""Every command, which is `command` in `commands/NAME.py`, and the first line of its help.

The line stands here too, so that `cfvgg --help` need not import what the commands need.
"""


class LazyCommands(click.Group):
    """The group of COMMANDS, in their order; a command's module is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names by order of definition."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"cfvgg_plugin.commands.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyCommands)
@click.version_option(__version__)
def cli() -> None:
    """Deep correlation-filter tracking in real time on one CPU core."""


def main() -> NoReturn:
    """Entry point of `cfvgg`."""
    run_command(cli, "cfvgg")


def run_command(command: click.Command, name: str) -> NoReturn:
    """Run a command line under `name`: every error a user can mend is one line on stderr."""
    try:
        status = command.main(prog_name=name, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message())
        status = 2
    except click.ClickException as error:
        status = _complain(error.format_message())
    except InputError as error:
        status = _complain(str(error))
    except (KeyboardInterrupt, click.Abort):
        status = 130
    except Exception:
        if not asked():
            raise
        status = 130  # what a library made of the interruption
    sys.exit(status or 0)


def _complain(message: str) -> int:
    print("cfvgg: " + " ".join(message.split()), file=sys.stderr)
    return 2
