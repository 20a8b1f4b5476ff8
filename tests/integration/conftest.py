"""Fixtures of the hosts' tests: the command line, as in the commands' tests."""

from tests.commands.conftest import complains, run

__all__ = ["complains", "run"]
