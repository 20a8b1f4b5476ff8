"""`cfvgg list`."""

import click

from cfvgg_plugin.commands.weights import print_weights
from cfvgg_plugin.registry import describe, full_names


@click.command("list")
def command() -> None:
    """Name every tracker with its settings, and the weights at hand."""
    click.echo("trackers")
    for name in full_names():
        click.echo(f"  {name:<24} {describe(name)}")
    click.echo("weights")
    print_weights()
