"""The page: everything that it shows, put into its template."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, StrictUndefined, Template
from matplotlib.figure import Figure

from cfvgg_plugin import __version__
from cfvgg_plugin.datasets.sequence import Dataset
from cfvgg_plugin.evaluation.raw import RawResults
from cfvgg_plugin.evaluation.results import TrackerResult
from cfvgg_plugin.plots.frames import TRUTH, TRUTH_STYLE
from cfvgg_plugin.plots.gallery import comparable, failures, overview, strips, title
from cfvgg_plugin.plots.save import figure_bytes
from cfvgg_plugin.plots.style import Styles, assign_styles
from cfvgg_plugin.report import tables
from cfvgg_plugin.report.facts import read_facts
from cfvgg_plugin.report.players import frames_each, make_player
from cfvgg_plugin.system.files import write_text

STRIPS = 6
FAILURES = 3
CHECKED = 5
"""Trackers whose boxes the players show at first: more hide each other."""


@dataclass(frozen=True)
class Picture:
    """An image as a data URI; the text says what is on it."""

    text: str
    uri: str


def write_report(
    path: Path, found: RawResults, folder: Path, dataset: Dataset, heading: str, frames: int | None = None
) -> None:
    """Write results as one HTML file that needs no other file and no network, whole or not at all.

    found: the results of `folder`. heading: how much of the dataset is at hand. frames: at most so many of every scored
    sequence in its player; by default 60, fewer of many sequences; 0 leaves out all frames: players, strips and failure
    cases. Raises InputError where the trackers share no scored sequence, or the file cannot be written.
    """
    best = comparable(found.trackers)
    order = [r.name for r in best] + [r.name for r in found.trackers if not r.scored]
    everything = sorted(found.trackers, key=lambda result: order.index(result.name))
    styles = assign_styles(order)
    scored = {s.name for result in everything for s, _ in result.scored}
    pictured = [s for s in dataset.sequences if s.name in scored]
    frames = frames_each(len(pictured)) if frames is None else frames
    pictured = pictured if frames else []
    page = _template().render(
        title=f"{dataset.title}: tracking results",
        heading=heading,
        version=__version__,
        shared=len(best[0].scored),
        trackers=_looks(order, styles),
        truth={"name": TRUTH, "color": TRUTH_STYLE.colour, "dashes": TRUTH_STYLE.dashes},
        checked=CHECKED,
        summary=tables.summary(best, everything),
        plots=list(_plots(best, title(dataset, best), styles)),
        calibration=tables.calibration(best),
        attributes=tables.by_attribute(best),
        sequences=tables.by_sequence(dataset.sequences, everything),
        comparisons=tables.comparisons(everything),
        facts=read_facts(folder, order),
        skipped=found.skipped,
        strips=[
            Picture(f"{name}: frames with boxes of the best trackers", _jpeg(figure))
            for name, figure in strips(pictured, best, STRIPS, styles)
        ],
        failures=[
            Picture(f"Failure cases of {name}", _jpeg(figure))
            for name, figure in failures(pictured, everything, FAILURES, styles)
        ],
        players=[p for s in pictured if (p := make_player(s, everything, frames)) is not None],
        css=_resource("report.css"),
        script=_resource("report.js"),
    )
    write_text(path, page)


def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_resource("report.html"))


def _resource(name: str) -> str:
    return files("cfvgg_plugin.report").joinpath(name).read_text(encoding="utf-8")


def _looks(names: Sequence[str], styles: Styles) -> list[dict[str, object]]:
    return [{"name": name, "color": styles[name].colour, "dashes": styles[name].dashes} for name in names]


def _plots(results: Sequence[TrackerResult], title: str, styles: Styles) -> Iterator[Picture]:
    for name, figure in overview(results, title, styles):
        scores = ", ".join(f"{result.name} {result.mean('auc'):.3f}" for result in results)
        if name == "reliability":
            errors = {result.name: found.error for result in results if (found := result.calibration)}
            scores = ", ".join(f"{tracker} {error.value:.3f}" for tracker, error in errors.items())
        text = f"Plot of {name.replace('_', ' ')}; {'ECE' if name == 'reliability' else 'AUC'}: {scores}"
        yield Picture(text, f"data:image/svg+xml;base64,{b64encode(figure_bytes(figure, 'svg')).decode()}")


def _jpeg(figure: Figure) -> str:
    return f"data:image/jpeg;base64,{b64encode(figure_bytes(figure, 'jpg', dpi=130)).decode()}"
