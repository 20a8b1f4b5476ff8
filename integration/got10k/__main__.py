"""`python -m cfvgg_plugin.integration.got10k`: exit status as of `cfvgg`."""

from typing import TYPE_CHECKING, NoReturn

from cfvgg_plugin.cli import run_command

if TYPE_CHECKING:
    import click


def main() -> NoReturn:
    """Run the command; an error that a user can mend is one line on stderr."""
    run_command(_command, "python -m cfvgg_plugin.integration.got10k")


def _command() -> "click.Command":
    from cfvgg_plugin.commands.hosts import got10k_command  # noqa: PLC0415 (within what is guarded)

    return got10k_command


if __name__ == "__main__":
    main()
