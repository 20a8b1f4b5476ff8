"""Tables VII and VIII and figure 11: success by attribute of OTB-2015."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from cfvgg_plugin.evaluation.table import ORDER, attribute_means
from cfvgg_plugin.reproduce.paper import PAIRS, REAL_TIME, TABLE7, TABLE8
from cfvgg_plugin.reproduce.sheet import attribute_table
from cfvgg_plugin.reproduce.table import Measurements, PaperTable
from cfvgg_plugin.reproduce.trackers import paper_rows


def _draw(found: Measurements) -> Iterator[tuple[str, Any]]:
    """A plot an attribute that some sequence has, one of all sequences, and a radar where it has three spokes."""
    from cfvgg_plugin.plots.charts import (  # noqa: PLC0415 (needs matplotlib)
        LEAST,
        draw_attribute_radar,
        draw_success,
    )

    yield "overall", draw_success(found.results, f"Overall ({found.scored})")
    have = attribute_means(found.results[0])
    for name in ORDER:
        if name in have:
            chosen = [s.name for s in found.results[0].sequences if name in s.attributes]
            yield name, draw_success([result.only(chosen) for result in found.results], f"{name} ({have[name][1]})")
    if len(have) >= LEAST:
        yield "radar", draw_attribute_radar(found.results)


def table7() -> PaperTable:
    """Real-time trackers."""
    title = "Table VII: success AUC (%) of real-time trackers by attribute"
    return PaperTable("table7", title, paper_rows(TABLE7), partial(attribute_table, printed=TABLE7), paper=TABLE7)


def table8() -> PaperTable:
    """Compressed trackers, their originals and the differences."""
    title = "Table VIII: success AUC (%) by attribute: compressed trackers and their originals"
    show = partial(attribute_table, printed=TABLE8, pairs=PAIRS)
    return PaperTable("table8", title, paper_rows(TABLE8), show, paper=TABLE8)


def figure11() -> PaperTable:
    """The six best real-time trackers."""
    best = {row: TABLE7[row] for row in REAL_TIME}
    title = "Figure 11: success plots by attribute of the six best real-time trackers; AUC (%)"
    show = partial(attribute_table, printed=best)
    return PaperTable("figure11", title, paper_rows(best), show, paper=best, draw=_draw)
