"""`cfvgg weights`."""

import json
from pathlib import Path

import click

from cfvgg_plugin.commands.options import InOrder
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.network import parameter_count
from cfvgg_plugin.networks.store import DEFAULT, find_weights, import_weights, stored_weights


@click.group("weights", cls=InOrder)
def command() -> None:
    """Network weight files: list, inspect, import."""


@command.command("list")
def weights_list() -> None:
    """Name the weights of the package and those that were imported."""
    print_weights()


def print_weights() -> None:
    """Print the stored weights, a line each."""
    for name, path in stored_weights().items():
        click.echo(f"  {name:<24} {path}")


@command.command("info")
@click.argument("file", metavar="FILE|NAME")
def weights_info(file: str) -> None:
    """Say what a weight file holds."""
    path = find_weights(file)
    loaded = load_weights(path)
    network = loaded.network
    count = parameter_count(network)
    click.echo(f"file        {path}")
    click.echo(
        f"network     {settings_text(loaded.settings)}: {count:,} parameters, {count * 4 / 1e6:.2f} MB as float32"
    )
    taps = loaded.geometry.taps
    click.echo("taps        " + ", ".join(f"{tap} ({taps[tap].channels})" for tap in network.taps))
    mean = loaded.mean.reshape(-1, 3).mean(0)
    click.echo(f"mean        {'x'.join(map(str, loaded.mean.shape))}, RGB {mean[0]:.3f} {mean[1]:.3f} {mean[2]:.3f}")
    click.echo(f"recipe      {json.dumps(loaded.recipe, sort_keys=True)}")
    click.echo(f"sha256      {loaded.sha256} (of the tensors)")


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Name to store it under; default: the file's own, in lower case.")
def weights_import(file: Path, name: str | None) -> None:
    """Check a MatConvNet .mat or safetensors FILE and store it for use by name."""
    loaded, path = import_weights(file, name)
    click.echo(f"{path.stem}: {settings_text(loaded.settings)}, stored as {path}")
    if path.stem != DEFAULT:
        click.echo(f"use it with --weights {path.stem}; under --name {DEFAULT} trackers take it by themselves")
