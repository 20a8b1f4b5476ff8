"""`cfvgg list`."""

import click

from cfvgg_plugin.commands.weights import print_weights
from cfvgg_plugin.plugins import plugins
from cfvgg_plugin.registry import describe, find_plugin, full_names, own_names


@click.command("list")
def command() -> None:
    """Name every tracker with its settings, and the weights at hand."""
    click.echo("trackers")
    for name in full_names():
        plugin = find_plugin(name)
        click.echo(f"  {name:<24} {describe(name)}" + (f" [{plugin.package} {plugin.version}]" if plugin else ""))
    click.echo("weights")
    print_weights()
    for fault in plugins(own_names())[1]:
        click.echo(f"cfvgg: warning: {fault}", err=True)
