"""`cfvgg reproduce`."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from cfvgg_plugin.benchmark.networks import benchmark_network
from cfvgg_plugin.commands.options import InOrder, dataset_type, sequences_option, split_names, threads_option
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.extras import import_extra
from cfvgg_plugin.files import check_outputs, make_folder
from cfvgg_plugin.networks import load_weights
from cfvgg_plugin.networks.store import PAPERS, find_weights
from cfvgg_plugin.reproduce.benchmarks import OTB2015, PLAIN
from cfvgg_plugin.reproduce.by_attribute import table7, table8
from cfvgg_plugin.reproduce.exhibit import Exhibit, make_exhibit
from cfvgg_plugin.reproduce.field import FieldJob
from cfvgg_plugin.reproduce.job import Job, Report
from cfvgg_plugin.reproduce.run import reproduce
from cfvgg_plugin.reproduce.table1 import table1
from cfvgg_plugin.reproduce.table2 import figure6, table2
from cfvgg_plugin.reproduce.table3 import RATIOS, table3
from cfvgg_plugin.reproduce.table4 import TRACKERS, table4
from cfvgg_plugin.reproduce.table5 import table5
from cfvgg_plugin.reproduce.tables import Table
from cfvgg_plugin.threads import set_threads

OTB = (OTB2015, "otb2013", PLAIN)
FIGURES = {
    "figure1": (OTB, "Accuracy and speed; --timing measures ours."),
    "figure7": (OTB, "Success plots on OTB-2015."),
    "figure8": (("tc128",), "Success plots on Temple-Color-128."),
    "figure9": (("uav123",), "Precision and success plots on UAV123."),
    "figure10": (("lasot",), "Precision and success plots on the LaSOT test set."),
    "figure11": (OTB, "Success plots by attribute of OTB-2015."),
    "figure12": (OTB, "Boxes of several trackers on ten sequences of OTB-2015."),
    "figure13": (OTB, "Failure cases on OTB-2015."),
}
"""Datasets, the default first, and help of the figures that show trackers on a benchmark."""


@click.group("reproduce", cls=InOrder)
def command() -> None:
    """Make a table or figure of the paper again on the data at hand, beside what is printed there.

    Its drawings too, as files in --out; figures 2 to 5 are diagrams and have no command. Of what is not at hand, the
    paper's figures are shown alone.
    """


folder_type = click.Path(path_type=Path)
out_option = click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("cfvgg-reproduce"),
    show_default=True,
    help="Folder for what is made; a second call goes on with what is there.",
)
student_option = click.option("--weights", metavar="FILE|NAME", help="The student; default: the package's CF-VGG.")


def job_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that are the fields of Job."""
    return _with(
        function,
        click.option(
            "--dataset",
            "names",
            type=dataset_type,
            multiple=True,
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
            "--device",
            type=click.Choice(["cpu", "cuda"]),
            default="cpu",
            show_default=True,
            help="Where variants are trained; trackers always run on the processor.",
        ),
        threads_option,
    )


def field_options(datasets: Sequence[str]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The options that are the fields of FieldJob; the first of `datasets` is the default."""
    dataset = click.Choice(datasets)
    return lambda function: _with(
        function,
        click.option("--dataset", type=dataset, default=datasets[0], show_default=True, help="What the folder holds."),
        click.option("--root", type=folder_type, help="Its folder; without it, the paper's figures are shown alone."),
        sequences_option,
        click.option(
            "--tracker",
            "trackers",
            metavar="NAME[/SETTING]",
            multiple=True,
            help="Runs instead of the paper's own; may be repeated.",
        ),
        click.option(
            "--weights",
            metavar="VARIANT=FILE",
            multiple=True,
            help="VARIANT: student (default: the package's CF-VGG), or baseline, on which ECO and DeepSTRCF run.",
        ),
        click.option(
            "--results",
            type=folder_type,
            help="Raw results of other trackers, DIR/TRACKER/SEQUENCE.txt in OTB's format, for the same sequences.",
        ),
        out_option,
        click.option(
            "--workers", type=int, default=1, show_default=True, help="Sequences that are run at the same time."
        ),
        threads_option,
    )


def _with(function: Callable[..., Any], *options: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function


@command.command("table1")
@field_options(("otb2013", OTB2015, PLAIN))
def _table1(**options: Any) -> int:
    """Cost of the networks; with --root also the trackers' frames/s."""
    set_threads(options["threads"])
    job = _field_job(options, timing=options["root"] is not None)
    student = load_weights(find_weights(job.networks.get("student", PAPERS)))
    return _tell(make_exhibit(table1(lambda: benchmark_network(student), job.threads), job))


@command.command("table2")
@student_option
def _table2(weights: str | None) -> None:
    """Map sizes of the networks."""
    click.echo(table2(load_weights(find_weights(weights or PAPERS)).network))


@command.command("table3")
@click.option(
    "--tracker", metavar="NAME[/SETTING]", default="feco/cf_vgg", show_default=True, help="Tracker of all rows."
)
@click.option("--ratios", metavar="A,B", help=f"Only these of {','.join(map(str, RATIOS))}.")
@job_options
def _table3(tracker: str, ratios: str | None, **options: Any) -> int:
    """Compression ratios: accuracy, size and speed. VARIANT: baseline, 1, 16, 32, 64, 96."""
    return _run(table3(tracker, split_names(ratios)), options)


@command.command("table4")
@click.option("--tracker", "trackers", type=click.Choice(TRACKERS), multiple=True, help="Default: both.")
@job_options
def _table4(trackers: tuple[str, ...], **options: Any) -> int:
    """Training losses. VARIANT: baseline, pretrained, fidelity, tracking-single, tracking, both."""
    return _run(table4(trackers or TRACKERS), options)


@command.command("table5")
@job_options
def _table5(**options: Any) -> int:
    """Single layers in fKCF. VARIANT: baseline, student (default: the package's CF-VGG)."""
    return _run(table5(), options)


@command.command("table6")
@click.option(
    "--workspace", "workspaces", type=folder_type, multiple=True,
    help="Of the VOT toolkit, with an analysis, of stack vot2016 or vot2017; may be repeated.",
)  # fmt: skip
def _table6(workspaces: tuple[Path, ...]) -> None:
    """EAO on VOT-2016 and VOT-2017."""
    from cfvgg_plugin.reproduce.table6 import read_eao, table6  # noqa: PLC0415 (only here is a host read)

    click.echo(table6([read_eao(workspace) for workspace in workspaces]))


@command.command("table7")
@field_options(OTB)
def _table7(**options: Any) -> int:
    """Real-time trackers by attribute of OTB-2015."""
    return _exhibit(table7(), options)


@command.command("table8")
@field_options(OTB)
def _table8(**options: Any) -> int:
    """Compressed trackers and their originals by attribute of OTB-2015."""
    return _exhibit(table8(), options)


format_option = click.option(
    "--format", "ending", type=click.Choice(["svg", "png"]), default="svg", show_default=True, help="Of the pictures."
)


def _add_figure(name: str) -> None:
    datasets, text = FIGURES[name]

    @command.command(name, help=text)
    @field_options(datasets)
    @click.option("--timing", is_flag=True, help="Measure frames/s too: one worker, and what was not timed runs again.")
    @format_option
    def _figure(**options: Any) -> int:
        import_extra("matplotlib", "report", "figures need")
        from cfvgg_plugin.reproduce.figures import figure  # noqa: PLC0415 (needs matplotlib)

        return _exhibit(figure(name), options)


_add_figure("figure1")


@command.command("figure6")
@student_option
@out_option
@format_option
def _figure6(weights: str | None, out: Path, ending: str) -> None:
    """Operations of the networks."""
    import_extra("matplotlib", "report", "figures need")
    from cfvgg_plugin.plots.save import save_figure  # noqa: PLC0415 (needs matplotlib)
    from cfvgg_plugin.plots.speed import draw_complexity  # noqa: PLC0415

    student, picture = find_weights(weights or PAPERS), out / f"figure6.{ending}"
    check_outputs([picture], [student])
    text, bars = figure6(load_weights(student).network)
    make_folder(out)
    path = save_figure(draw_complexity(bars), picture)
    click.echo(f"{text}\ndrawn: {path}")


for _name in list(FIGURES)[1:]:
    _add_figure(_name)


def _run(table: Table, options: dict[str, Any]) -> int:
    names, roots = options.pop("names") or (PLAIN,), options.pop("roots")
    if len(names) != len(roots):
        raise InputError(f"{len(names)} --dataset but {len(roots)} --root: each dataset needs its folder")
    chosen = {"datasets": tuple(zip(names, roots, strict=True)), "sequences": split_names(options["sequences"])}
    job = Job(**options | chosen)
    set_threads(job.threads)
    return _tell(reproduce(table, job))


def _exhibit(exhibit: Exhibit, options: dict[str, Any]) -> int:
    ending = options.pop("ending", "svg")
    job = _field_job(options, options.pop("timing", False))
    set_threads(job.threads)
    return _tell(make_exhibit(exhibit, job, ending))


def _field_job(options: dict[str, Any], timing: bool) -> FieldJob:
    return FieldJob(**options | {"sequences": split_names(options["sequences"]), "timing": timing})


def _tell(report: Report) -> int:
    for warning in report.warnings:
        click.echo(f"cfvgg: warning: {warning}", err=True)
    click.echo(report.text)
    for failure in report.failures:
        click.echo(f"cfvgg: failed: {failure}", err=True)
    return int(bool(report.failures))
