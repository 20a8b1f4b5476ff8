"""`cfvgg reproduce`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from cfvgg_plugin.commands.options import (
    Call,
    InOrder,
    dataset_type,
    sequences_option,
    split_names,
    tell,
    threads_option,
    together,
)
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.store import PAPERS, find_weights
from cfvgg_plugin.reproduce.on_networks import RATIOS, TRACKERS, figure6, table1, table2, table3, table4, table5
from cfvgg_plugin.reproduce.on_trackers import curves, figure1, figure11, figure12, figure13, table7, table8
from cfvgg_plugin.reproduce.paper import OTB2015
from cfvgg_plugin.reproduce.run import reproduce
from cfvgg_plugin.reproduce.table import PLAIN, PaperTable, Request
from cfvgg_plugin.system.extras import import_extra
from cfvgg_plugin.system.files import check_outputs, make_folder
from cfvgg_plugin.system.machine import set_threads


@click.group("reproduce", cls=InOrder)
def reproduce_command() -> None:
    """Make a table or figure of the paper again on the data at hand, beside what is printed there.

    Its drawings too, as files in --out; figures 2 to 5 are diagrams and have no command. Of what is not at hand, the
    paper's figures are shown alone.
    """


folder_type = click.Path(path_type=Path)
out_option = click.option(
    "--out", type=folder_type, default=Path("cfvgg-reproduce"), show_default=True,
    help="Folder for what is made; a second call goes on with what is there.",
)  # fmt: skip
student_option = click.option("--weights", metavar="FILE|NAME", help="The student; default: the package's CF-VGG.")
format_option = click.option(
    "--format", "ending", type=click.Choice(["svg", "png"]), default="svg", show_default=True, help="Of the pictures."
)
timing_option = click.option(
    "--timing", is_flag=True, help="Measure frames/s too: one worker, and what was not timed runs again."
)
network_options = together(
    click.option(
        "--dataset", "names", type=dataset_type, multiple=True,
        help="What the folder holds; default: otb, any sequences. May be repeated, each with its --root.",
    ),
    click.option("--root", "roots", type=folder_type, multiple=True, required=True, help="Its folder."),
    sequences_option,
    click.option("--recipe", metavar="FILE|NAME", help="Trains the variants that have no --weights."),
    click.option("--data", type=folder_type, help="Folder of the recipe's relative paths."),
    click.option("--epochs", type=int, help="Of every variant, instead of the recipe's."),
    click.option("--weights", metavar="VARIANT=FILE", multiple=True, help="A variant's network; may be repeated."),
    out_option,
    click.option("--seed", type=int, help="Of the training, instead of the recipe's."),
    click.option(
        "--workers", type=click.IntRange(min=0), default=1, show_default=True, help="Processes that load pairs."
    ),
    click.option(
        "--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True,
        help="Where variants are trained; trackers always run on the processor.",
    ),
    threads_option,
)  # fmt: skip
"""Of a table whose rows are networks."""


def tracker_options(benchmark: str) -> Callable[[Call], Call]:
    """Of a table or figure whose rows are trackers on a benchmark, or on what may stand for it."""
    otb = (OTB2015, "otb2013", PLAIN)
    datasets = tuple(dict.fromkeys((benchmark, *otb))) if benchmark in otb else (benchmark,)
    return together(
        click.option(
            "--dataset", type=click.Choice(datasets), default=benchmark, show_default=True,
            help="What the folder holds.",
        ),
        click.option("--root", type=folder_type, help="Its folder; without it, the paper's figures are shown alone."),
        sequences_option,
        click.option(
            "--tracker", "trackers", metavar="NAME[/SETTING]", multiple=True,
            help="Runs instead of the paper's own; may be repeated.",
        ),
        click.option(
            "--weights", metavar="VARIANT=FILE", multiple=True,
            help="VARIANT: student (default: the package's CF-VGG), or baseline, on which ECO and DeepSTRCF run.",
        ),
        click.option(
            "--results", type=folder_type,
            help="Raw results of other trackers, DIR/TRACKER/SEQUENCE.txt in OTB's format, for the same sequences.",
        ),
        out_option,
        click.option(
            "--workers", type=int, default=1, show_default=True, help="Sequences that are run at the same time."
        ),
        threads_option,
    )  # fmt: skip


def _on_trackers(table: PaperTable, text: str) -> None:
    """Add the command of a table or figure whose rows are trackers on a benchmark."""

    def call(dataset: str, root: Path | None, **options: Any) -> int:
        return tell(reproduce(table, _request(options, [dataset], [root] if root is not None else [])))

    own = (timing_option, format_option) if table.draw is not None else ()
    reproduce_command.command(table.name, help=text)(tracker_options(table.benchmarks[0])(together(*own)(call)))


def _request(options: dict[str, Any], names: Sequence[str], roots: Sequence[Path]) -> Request:
    sequences = split_names(options.pop("sequences"))
    request = Request(tuple(zip(names, roots, strict=False)), sequences, **options)
    set_threads(request.threads)
    return request


def _run_networks(table: PaperTable, options: dict[str, Any]) -> int:
    names, roots = options.pop("names") or (PLAIN,), options.pop("roots")
    if len(names) != len(roots):
        raise InputError(f"{len(names)} --dataset but {len(roots)} --root: each dataset needs its folder")
    return tell(reproduce(table, _request(options, names, roots)))


@reproduce_command.command("table1")
@tracker_options("otb2013")
def _table1(dataset: str, root: Path | None, **options: Any) -> int:
    """Cost of the networks; with --root also the trackers' frames/s."""
    request = _request(options | {"timing": root is not None}, [dataset], [root] if root is not None else [])
    return tell(reproduce(table1(request), request))


@reproduce_command.command("table2")
@student_option
def _table2(weights: str | None) -> None:
    """Map sizes of the networks."""
    click.echo(table2(load_weights(find_weights(weights or PAPERS)).network))


@reproduce_command.command("table3")
@click.option(
    "--tracker", metavar="NAME[/SETTING]", default="feco/cf_vgg", show_default=True, help="Tracker of all rows."
)
@click.option("--ratios", metavar="A,B", help=f"Only these of {','.join(RATIOS)}.")
@network_options
def _table3(tracker: str, ratios: str | None, **options: Any) -> int:
    """Compression ratios: accuracy, size and speed. VARIANT: baseline, 1, 16, 32, 64, 96."""
    return _run_networks(table3(tracker, split_names(ratios)), options)


@reproduce_command.command("table4")
@click.option("--tracker", "trackers", type=click.Choice(TRACKERS), multiple=True, help="Default: both.")
@network_options
def _table4(trackers: tuple[str, ...], **options: Any) -> int:
    """Training losses. VARIANT: baseline, pretrained, fidelity, tracking-single, tracking, both."""
    return _run_networks(table4(trackers or TRACKERS), options)


@reproduce_command.command("table5")
@network_options
def _table5(**options: Any) -> int:
    """Single layers in fKCF. VARIANT: baseline, student (default: the package's CF-VGG)."""
    return _run_networks(table5(), options)


@reproduce_command.command("table6")
@click.option(
    "--workspace", "workspaces", type=folder_type, multiple=True,
    help="Of the VOT toolkit, with an analysis, of stack vot2016 or vot2017; may be repeated.",
)  # fmt: skip
def _table6(workspaces: tuple[Path, ...]) -> None:
    """EAO on VOT-2016 and VOT-2017."""
    from cfvgg_plugin.reproduce.table6 import read_eao, table6  # noqa: PLC0415 (only here is a host read)

    click.echo(table6([read_eao(workspace) for workspace in workspaces]))


_on_trackers(table7(), "Real-time trackers by attribute of OTB-2015.")
_on_trackers(table8(), "Compressed trackers and their originals by attribute of OTB-2015.")
_on_trackers(figure1(), "Accuracy and speed; --timing measures ours.")


@reproduce_command.command("figure6")
@student_option
@out_option
@format_option
def _figure6(weights: str | None, out: Path, ending: str) -> None:
    """Operations of the networks."""
    import_extra("matplotlib", "report", "figures need")
    from cfvgg_plugin.plots.charts import draw_complexity  # noqa: PLC0415
    from cfvgg_plugin.plots.style import save_figure  # noqa: PLC0415 (needs matplotlib)

    student, picture = find_weights(weights or PAPERS), out / f"figure6.{ending}"
    check_outputs([picture], [student])
    text, bars = figure6(load_weights(student).network)
    make_folder(out)
    path = save_figure(draw_complexity(bars), picture)
    click.echo(f"{text}\ndrawn: {path}")


_on_trackers(curves("figure7"), "Success plots on OTB-2015.")
_on_trackers(curves("figure8"), "Success plots on Temple-Color-128.")
_on_trackers(curves("figure9"), "Precision and success plots on UAV123.")
_on_trackers(curves("figure10"), "Precision and success plots on the LaSOT test set.")
_on_trackers(figure11(), "Success plots by attribute of OTB-2015.")
_on_trackers(figure12(), "Boxes of several trackers on ten sequences of OTB-2015.")
_on_trackers(figure13(), "Failure cases on OTB-2015.")
