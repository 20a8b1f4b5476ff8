"""What the user asked for, and what a command tells him."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """The options that all tables share."""

    datasets: tuple[tuple[str, Path], ...]
    """Names and folders of the datasets at hand."""
    sequences: list[str] | None
    """Only these; None: all."""
    recipe: str | None
    """Name or file of the recipe by which variants without weights are trained; None: they are left out."""
    data: Path | None
    """Folder of the recipe's relative paths; None: its own."""
    epochs: int | None
    """Of every variant; None: the recipe's."""
    weights: tuple[str, ...]
    """VARIANT=FILE."""
    out: Path
    """Where variants are trained, and figures and boxes are written."""
    seed: int | None
    """Of the training; None: the recipe's."""
    workers: int
    """Processes that load training pairs."""
    device: str
    """Where variants are trained, "cpu" or "cuda"; the trackers run on the processor."""
    threads: int
    """Of all computations."""


@dataclass(frozen=True)
class Report:
    """What a command tells its user."""

    text: str
    warnings: list[str]
    failures: list[str]
    """A line for every sequence that failed; it is left out of the means."""
