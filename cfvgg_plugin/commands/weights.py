"""`cfvgg weights`, `cfvgg export` and `cfvgg list`: networks and trackers at hand."""

import json
from pathlib import Path

import click

from cfvgg_plugin.commands.options import InOrder, weights_option
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.architectures import settings_text
from cfvgg_plugin.networks.export import FORMATS, metadata
from cfvgg_plugin.networks.network import parameter_count
from cfvgg_plugin.networks.onnx_file import image_input, layers_worth_tapping, metadata_of, read_onnx, shape_text
from cfvgg_plugin.networks.onnx_import import Numbers, Preparation
from cfvgg_plugin.networks.store import DEFAULT, find_weights, import_network, import_weights, stored_weights
from cfvgg_plugin.plugins import plugins
from cfvgg_plugin.registry import describe, find_plugin, full_names, own_names
from cfvgg_plugin.system.files import check_outputs


@click.group("weights", cls=InOrder)
def weights_command() -> None:
    """Network weight files: list, inspect, import."""


@weights_command.command("list")
def weights_list() -> None:
    """Name the weights of the package and those that were imported."""
    print_weights()


def print_weights() -> None:
    """Print the stored weights, a line each."""
    for name, path in stored_weights().items():
        click.echo(f"  {name:<24} {path}")


@weights_command.command("info")
@click.argument("file", metavar="FILE|NAME")
def weights_info(file: str) -> None:
    """Say what a weight file holds; of an ONNX file, which nodes are worth tapping."""
    path = find_weights(file)
    if path.suffix.lower() == ".onnx":
        return _onnx_info(path)
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
    return None


def _onnx_info(path: Path) -> None:
    file = read_onnx(path)
    source = image_input(file)
    heading = f"input       {source.name} {shape_text(source)}"  # before sizes are freed
    outputs = {value.name: value.name for value in file.graph.output}
    outputs |= {n.input[0]: n.output[0] for n in file.graph.node if n.op_type == "Identity" and n.output[0] in outputs}
    said = dict(metadata_of(file.model))
    nodes = {output: node.name for node in file.graph.node for output in node.output}
    layers = layers_worth_tapping(file)
    click.echo(f"file        {path}\n{heading}\nsha256      {file.sha256}")
    for key, value in said.items():
        click.echo(f"{key:<11} {value}")
    click.echo("\nstride  channels  operator            node")
    deepest = {tap.stride: tensor for tensor, (_, tap) in layers.items()}
    for tensor, (operator, tap) in layers.items():
        name = nodes[tensor] or tensor
        marks = (f"  (output {outputs[tensor]})" if tensor in outputs else "") + "  (deepest of its stride)" * (
            deepest[tap.stride] == tensor
        )
        click.echo(f"{tap.stride:>6}  {tap.channels:>8}  {operator:<18}  {name}{marks}")


@weights_command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Name to store it under; default: the file's own, in lower case.")
@click.option(
    "--taps", metavar="TAP=NODE,...", multiple=True, help="ONNX: names for layers of 'weights info'; default: outputs."
)
@click.option("--bgr", is_flag=True, help="ONNX: the network wants blue, green, red.")
@click.option("--mean", metavar="R,G,B", help="ONNX: subtracted from the image of 0..255.")
@click.option("--std", metavar="R,G,B", help="ONNX: divides what is left, in units of 0..255.")
def weights_import(
    file: Path, name: str | None, taps: tuple[str, ...], bgr: bool, mean: str | None, std: str | None
) -> None:
    """Check a MatConvNet .mat, safetensors or ONNX FILE and store it for use by name."""
    if file.suffix.lower() == ".onnx":
        preparation = Preparation(
            bgr, _numbers("--mean", mean, (0.0, 0.0, 0.0)), _numbers("--std", std, (1.0, 1.0, 1.0))
        )
        found, path = import_network(file, _named(taps), preparation, name)
        shown = ", ".join(f"{tap} ({t.channels}, stride {t.stride})" for tap, t in found.items())
        click.echo(f"{path.stem}: {shown}, stored as {path}")
        click.echo(f"use it with --weights {path.stem} and a setting that names these taps")
        return
    if taps or bgr or mean or std:
        raise InputError(f"{file}: --taps, --bgr, --mean and --std are for ONNX files")
    loaded, path = import_weights(file, name)
    click.echo(f"{path.stem}: {settings_text(loaded.settings)}, stored as {path}")
    if path.stem == DEFAULT:
        click.echo(f"every tracker now takes it in place of the package's own {DEFAULT}, until that file is removed")
    else:
        click.echo(f"use it with --weights {path.stem}; under --name {DEFAULT} trackers take it by themselves")


def _named(texts: tuple[str, ...]) -> dict[str, str]:
    """{tap: node} of 'TAP=NODE,TAP=NODE', each tap once."""
    found: dict[str, str] = {}
    for text in (part for option in texts for part in option.split(",")):
        tap, equals, node = text.strip().partition("=")
        if not equals or not node or not tap.replace("_", "").isalnum():
            raise InputError(f"--taps {text}: TAP=NODE is expected, TAP of letters, digits and '_'")
        if tap in found:
            raise InputError(f"--taps {text}: tap {tap} is {found[tap]} already")
        found[tap] = node
    return found


def _numbers(option: str, text: str | None, default: Numbers) -> Numbers:
    if text is None:
        return default
    try:
        red, green, blue = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError(f"{option} {text}: three numbers R,G,B are expected") from None
    return red, green, blue


@click.command("export")
@click.option("--format", "format_", type=click.Choice(list(FORMATS)), required=True, help="Of the file.")
@weights_option
@click.argument("file", type=click.Path(path_type=Path))
def export_command(format_: str, weights: str | None, file: Path) -> None:
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


@click.command("list")
def list_command() -> None:
    """Name every tracker with its settings, and the weights at hand."""
    click.echo("trackers")
    for name in full_names():
        plugin = find_plugin(name)
        click.echo(f"  {name:<24} {describe(name)}" + (f" [{plugin.package} {plugin.version}]" if plugin else ""))
    click.echo("weights")
    print_weights()
    for fault in plugins(own_names())[1]:
        click.echo(f"cfvgg: warning: {fault}", err=True)
