"""`cfvgg export`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import weights_option
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.export import FORMATS, metadata
from cfvgg_plugin.networks.store import find_weights
from cfvgg_plugin.system.files import check_outputs


@click.command("export")
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), required=True, help="Of the file.")
@weights_option
@click.argument("file", type=click.Path(path_type=Path))
def command(format_: str, weights: str | None, file: Path) -> None:
    """Write a network for other programs: an ONNX file, or OpenVINO's pair of .xml and .bin.

    Input rgb: N x 3 x H x W float, 0..255; outputs: the network's layers, conv1 ... conv5 of CF-VGG.
    """
    found = find_weights(weights)
    check_outputs([file, *([file.with_suffix(".bin")] if format_ == "openvino" and file.name else [])], [found])
    loaded = load_weights(found)
    FORMATS[format_](loaded, file)
    files = f"{file} and {file.with_suffix('.bin')}" if format_ == "openvino" else str(file)
    mean = metadata(loaded)["mean"]
    taps = ", ".join(loaded.network.taps)
    click.echo(f"written: {files}; input rgb N x 3 x H x W float 0..255, outputs {taps}; mean inside: {mean}")
