"""`cfvgg vot`."""

from pathlib import Path

import click

from cfvgg_plugin.commands.options import (
    InOrder,
    backend_option,
    dataset_type,
    split_names,
    threads_option,
    tracker_option,
    weights_option,
)
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.vot.doctor import examine
from cfvgg_plugin.integration.vot.scores import scores_table
from cfvgg_plugin.integration.vot.server import serve
from cfvgg_plugin.integration.vot.workspace import STACKS, add_trackers, create_workspace
from cfvgg_plugin.registry import DEFAULT_TRACKER, create_tracker
from cfvgg_plugin.system.machine import set_threads

workspace_argument = click.argument("workspace", type=click.Path(path_type=Path))


@click.group("vot", cls=InOrder)
def command() -> None:
    """Run the trackers in the VOT toolkit: workspaces, their known traps, EAO."""


@command.command("init")
@workspace_argument
@click.option("--stack", type=click.Choice(STACKS), help="Experiments; left out, trackers are added to a workspace.")
@click.option("--sequences", type=click.Path(path_type=Path), help="Folder of sequences in a VOT or OTB layout.")
@click.option("--dataset", type=dataset_type, help="What that folder holds, if another layout: see 'cfvgg data list'.")
@click.option("--names", metavar="A,B", help="Only these sequences.")
@click.option("--trackers", metavar="A,B/SETTING", help="Only these trackers; default: all, see 'cfvgg list'.")
@weights_option
def init(
    workspace: Path, stack: str | None, sequences: Path | None, dataset: str | None, names: str | None,
    trackers: str | None, weights: str | None,
) -> None:  # fmt: skip
    """Make a workspace of the VOT toolkit, or add our trackers to one."""
    for option, text in (("--names", names), ("--trackers", trackers)):
        if text is not None and not split_names(text):
            raise InputError(f"{option}: names none; leave it out for all")
    if stack is None:
        if (sequences, dataset, names) != (None, None, None):
            new = "--sequences, --dataset and --names are for a new workspace"
            raise InputError(f"{new}: add --stack {'|'.join(STACKS)}")
        added = add_trackers(workspace, split_names(trackers), weights)
        click.echo(f"{workspace / 'trackers.ini'}: {', '.join(added)}")
        return
    if sequences is None:
        raise InputError("--sequences DIR is needed, a folder of sequences in a VOT or OTB layout; none are downloaded")
    chosen = split_names(names), split_names(trackers)
    found = create_workspace(workspace, stack, sequences, *chosen, weights, dataset)
    frames = sum(len(sequence.frames) for sequence in found)
    click.echo(f"{workspace}: stack {stack}, {len(found)} sequence{'s' * (len(found) != 1)}, {frames} frames")
    click.echo(f"next: cfvgg vot doctor {workspace}; vot evaluate --workspace {workspace} TRACKER ...")


@command.command("doctor")
@workspace_argument
def doctor(workspace: Path) -> int:
    """Look for the known traps of the toolkit in a workspace, and say the remedies; status 1 if there are any."""
    findings = examine(workspace)
    for finding in findings:
        click.echo(f"{finding.where}: {finding.what}\n    {finding.remedy}")
    click.echo(f"{workspace}: {len(findings) or 'no'} known trap{'' if len(findings) == 1 else 's'}")
    return int(bool(findings))


@command.command("eao")
@workspace_argument
@click.option("--name", metavar="NAME", help="Analysis of that name; default: the newest.")
def eao(workspace: Path, name: str | None) -> None:
    """Print EAO, accuracy and robustness of an analysis beside the paper's table VI, or F of long-term tracking."""
    click.echo(scores_table(workspace, name))


@command.command("serve")
@tracker_option
@weights_option
@backend_option("torch")
@threads_option
def serve_command(name: str | None, weights: str | None, backend: str, threads: int) -> None:
    """Answer the toolkit by TraX on standard input and output; trackers.ini calls this."""
    set_threads(threads)
    name = name or DEFAULT_TRACKER
    serve(create_tracker(name, weights=weights, backend=backend), name)
