"""What the user asked for."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Job:
    """The options that all tables share."""

    root: Path
    """Sequences in OTB layout."""
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
