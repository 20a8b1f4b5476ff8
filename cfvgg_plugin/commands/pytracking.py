"""`cfvgg pytracking`."""

import importlib.util
from pathlib import Path

import click

from cfvgg_plugin.commands.options import InOrder
from cfvgg_plugin.integration.pytracking.install import find_package, install, installed, shim_files, uninstall

_NEEDS = ("matplotlib", "pandas", "jpeg4py", "visdom")
"""What pytracking imports at start beside torch, numpy, OpenCV and Pillow, which are here anyway."""

root_argument = click.argument("root", type=click.Path(path_type=Path))


@click.group("pytracking", cls=InOrder)
def command() -> None:
    """Our trackers in a checkout of visionml/pytracking: install, uninstall, status.

    ROOT is the folder that holds pytracking/ and ltr/.
    """


@command.command("install")
@root_argument
@click.option("--weights", metavar="FILE|NAME", help="Network of all of them; default: the installed student.")
def install_shims(root: Path, weights: str | None) -> None:
    """Write shim files for every tracker and setting, and `eco cfvgg`; a second call renews them."""
    paths = install(root, weights)
    click.echo(f"{len(paths)} files written below {root / 'pytracking'}:")
    _print_names(paths)
    click.echo("run: python pytracking/run_tracker.py feco default --dataset_name otb --sequence Crossing")


@command.command("uninstall")
@root_argument
def remove_shims(root: Path) -> None:
    """Remove the shim files; every other file stays."""
    click.echo(f"{len(uninstall(root))} files removed below {root / 'pytracking'}")


@command.command("status")
@root_argument
def status(root: Path) -> None:
    """Say what is installed, and what pytracking would miss in this Python."""
    paths, wanted = installed(root), shim_files()
    click.echo(f"{len(paths)} of {len(wanted)} files are installed below {root / 'pytracking'}")
    _print_names(paths)
    package = find_package(root)
    for path in wanted:
        if (package / path).exists() and path not in paths:
            click.echo(f"  in the way  {package / path} is not a file of cfvgg-plugin")
    if not (package / "evaluation" / "local.py").is_file():
        click.echo("  evaluation/local.py is missing: run a script of pytracking once, then set its paths")
    if absent := [name for name in _NEEDS if importlib.util.find_spec(name) is None]:
        click.echo(f"  not installed in this Python: {', '.join(absent)}")


def _print_names(paths: list[str]) -> None:
    """A line a tracker, with its settings."""
    settings: dict[str, list[str]] = {}
    for path in paths:
        kind, tracker, file = path.split("/")
        if kind == "parameter" and file != "__init__.py":
            settings.setdefault(tracker, []).append(file.removesuffix(".py"))
    for tracker, names in sorted(settings.items()):
        click.echo(f"  {tracker:<12} {' '.join(sorted(names))}")
