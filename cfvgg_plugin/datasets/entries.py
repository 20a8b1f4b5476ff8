"""The lists of the benchmarks: names, frames and attributes, as their authors publish them; lists/*.csv say where."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_LISTS = Path(__file__).parent / "lists"


@dataclass(frozen=True)
class Entry:
    """A sequence as its benchmark lists it."""

    name: str
    folder: str
    """Of its images, where several sequences share one; else the name."""
    frames: range
    """Numbers of the annotated frames, as in their file names; empty where the list does not state them."""
    attributes: tuple[str, ...] = ()
    """The benchmark's abbreviations, in its order."""


@cache
def read_list(file: str, member: str = "", rate: str = "") -> Mapping[str, Entry]:
    """Entries of lists/FILE.csv by name.

    member: a column that must say yes. rate: ending of the columns with the first and last frame ("_10fps").
    """
    lines = (_LISTS / f"{file}.csv").read_text(encoding="utf-8").splitlines()
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    return {row["name"]: _entry(row, rate) for row in rows if not member or row[member] == "yes"}


def _entry(row: dict[str, str], rate: str) -> Entry:
    first, last = row.get(f"first{rate}"), row.get(f"last{rate}")
    frames = range(int(first), int(last) + 1) if first and last else range(0)
    attributes = tuple((row.get("attributes") or "").split())
    return Entry(row["name"], row.get("folder") or row["name"], frames, attributes)
