"""`cfvgg vot`, `cfvgg pytracking` and the command of `python -m cfvgg_plugin.integration.got10k`."""

import importlib.util
from pathlib import Path

import click

from cfvgg_plugin.commands import options
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.evaluation.raw import choose
from cfvgg_plugin.integration.pytracking.install import find_package, install, installed, shim_files, uninstall
from cfvgg_plugin.integration.vot.doctor import examine
from cfvgg_plugin.integration.vot.scores import scores_table
from cfvgg_plugin.integration.vot.server import serve
from cfvgg_plugin.integration.vot.workspace import STACKS, add_trackers, create_workspace
from cfvgg_plugin.registry import DEFAULT_TRACKER, create_tracker
from cfvgg_plugin.system.machine import set_threads

workspace_argument = click.argument("workspace", type=click.Path(path_type=Path))


@click.group("vot", cls=options.InOrder)
def vot_command() -> None:
    """Run the trackers in the VOT toolkit: workspaces, their known traps, EAO."""


@vot_command.command("init")
@workspace_argument
@click.option("--stack", type=click.Choice(STACKS), help="Experiments; left out, trackers are added to a workspace.")
@click.option("--sequences", type=click.Path(path_type=Path), help="Folder of sequences in a VOT or OTB layout.")
@click.option(
    "--dataset", type=options.dataset_type, help="What that folder holds, if another layout: see 'cfvgg data list'."
)
@click.option("--names", metavar="A,B", help="Only these sequences.")
@click.option("--trackers", metavar="A,B/SETTING", help="Only these trackers; default: all, see 'cfvgg list'.")
@options.weights_option
def init(
    workspace: Path, stack: str | None, sequences: Path | None, dataset: str | None, names: str | None,
    trackers: str | None, weights: str | None,
) -> None:  # fmt: skip
    """Make a workspace of the VOT toolkit, or add our trackers to one."""
    for option, text in (("--names", names), ("--trackers", trackers)):
        if text is not None and not options.split_names(text):
            raise InputError(f"{option}: names none; leave it out for all")
    if stack is None:
        if (sequences, dataset, names) != (None, None, None):
            new = "--sequences, --dataset and --names are for a new workspace"
            raise InputError(f"{new}: add --stack {'|'.join(STACKS)}")
        added = add_trackers(workspace, options.split_names(trackers), weights)
        click.echo(f"{workspace / 'trackers.ini'}: {', '.join(added)}")
        return
    if sequences is None:
        raise InputError("--sequences DIR is needed, a folder of sequences in a VOT or OTB layout; none are downloaded")
    chosen = options.split_names(names), options.split_names(trackers)
    found = create_workspace(workspace, stack, sequences, *chosen, weights, dataset)
    frames = sum(len(sequence.frames) for sequence in found)
    click.echo(f"{workspace}: stack {stack}, {len(found)} sequence{'s' * (len(found) != 1)}, {frames} frames")
    click.echo(f"next: cfvgg vot doctor {workspace}; vot evaluate --workspace {workspace} TRACKER ...")


@vot_command.command("doctor")
@workspace_argument
def doctor(workspace: Path) -> int:
    """Look for the known traps of the toolkit in a workspace, and say the remedies; status 1 if there are any."""
    findings = examine(workspace)
    for finding in findings:
        click.echo(f"{finding.where}: {finding.what}\n    {finding.remedy}")
    click.echo(f"{workspace}: {len(findings) or 'no'} known trap{'' if len(findings) == 1 else 's'}")
    return int(bool(findings))


@vot_command.command("eao")
@workspace_argument
@click.option("--name", metavar="NAME", help="Analysis of that name; default: the newest.")
def eao(workspace: Path, name: str | None) -> None:
    """Print EAO, accuracy and robustness of an analysis beside the paper's table VI, or F of long-term tracking."""
    click.echo(scores_table(workspace, name))


@vot_command.command("serve")
@options.tracker_option
@options.weights_option
@options.backend_option("torch")
@options.threads_option
def serve_command(name: str | None, weights: str | None, backend: str, threads: int) -> None:
    """Answer the toolkit by TraX on standard input and output; trackers.ini calls this."""
    set_threads(threads)
    name = name or DEFAULT_TRACKER
    serve(create_tracker(name, weights=weights, backend=backend), name)


_NEEDS = ("matplotlib", "pandas", "jpeg4py", "visdom")
"""What pytracking imports at start beside torch, numpy, OpenCV and Pillow, which are here anyway."""

root_argument = click.argument("root", type=click.Path(path_type=Path))


@click.group("pytracking", cls=options.InOrder)
def pytracking_command() -> None:
    """Our trackers in a checkout of visionml/pytracking: install, uninstall, status.

    ROOT is the folder that holds pytracking/ and ltr/.
    """


@pytracking_command.command("install")
@root_argument
@click.option("--weights", metavar="FILE|NAME", help="Network of all of them; default: the installed student.")
def install_shims(root: Path, weights: str | None) -> None:
    """Write shim files for every tracker and setting, and `eco cfvgg`; a second call renews them."""
    paths = install(root, weights)
    click.echo(f"{len(paths)} files written below {root / 'pytracking'}:")
    _print_names(paths)
    click.echo("run: python pytracking/run_tracker.py feco default --dataset_name otb --sequence Crossing")


@pytracking_command.command("uninstall")
@root_argument
def remove_shims(root: Path) -> None:
    """Remove the shim files; every other file stays."""
    click.echo(f"{len(uninstall(root))} files removed below {root / 'pytracking'}")


@pytracking_command.command("status")
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


GOT10K = ("otb2013", "otb2015", "tc128", "uav123", "lasot", "nfs", "dtb70", "got10k", "vot2016", "vot2017")


@click.command("got10k")
@click.option("--dataset", type=click.Choice(GOT10K), required=True, help="nfs: at 30 frames/s; got10k: val or test.")
@click.option("--root", type=click.Path(path_type=Path), required=True, help="Folder of the dataset, as got10k has it.")
@options.sequences_option
@options.trackers_option(required=True)
@options.weights_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("cfvgg-got10k"),
    show_default=True,
    help="Folder for got10k's results and reports; a second call goes on with what is there.",
)
@options.threads_option
def got10k_command(
    dataset: str, root: Path, sequences: str | None, trackers: tuple[str, ...], weights: str | None, out: Path,
    threads: int,
) -> int:  # fmt: skip
    """Run trackers in the got10k toolkit's own experiment on a dataset; nothing is ever downloaded."""
    from cfvgg_plugin.integration.got10k.run import run  # noqa: PLC0415 (needs got10k)

    set_threads(threads)
    chosen, names = choose(trackers, weights), options.split_names(sequences)
    text, failures = run(dataset, root, chosen, names, out, lambda line: click.echo(line, err=True))
    click.echo(text)
    for failure in failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    return int(bool(failures))
