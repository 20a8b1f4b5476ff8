"""The commands of `cfvgg`, imported only when one of them is called, and the group of them all."""

import importlib

import click

from cfvgg_plugin import __version__
from cfvgg_plugin.cli import COMMANDS, HOMES
from cfvgg_plugin.system.interrupts import importing


class LazyCommands(click.Group):
    """The group of COMMANDS, in their order; a command's module is imported when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names by order of definition."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        with importing():
            module = importlib.import_module(f"{__name__}.{HOMES.get(cmd_name, cmd_name)}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyCommands)
@click.version_option(__version__)
def cli() -> None:
    """Deep correlation-filter tracking in real time on one CPU core."""
