"""What the VOT toolkit's files say: config.yaml, stacks, analyses; as much of it as is read here."""

from pathlib import Path
from typing import Any

from cfvgg_plugin.system.documents import Document, read_yaml


class Config(Document, frozen=True):
    """config.yaml of a workspace."""

    registry: tuple[str, ...] | str | None = None
    sequences: str = "sequences"
    stack: str | None = ""

    @property
    def registries(self) -> tuple[str, ...]:
        """Files, or folders, with trackers.ini."""
        return (self.registry,) if isinstance(self.registry, str) else self.registry or ()

    @property
    def stack_name(self) -> str:
        """vot2016 of vot2016.yaml, or of vot2016/baseline; empty without a stack."""
        return next(iter(Path(self.stack).with_suffix("").parts), "") if self.stack else ""


class Kind(Document, frozen=True):
    """Which analysis results are of, or which transformer an experiment has."""

    type: str


class StackAnalysis(Document, frozen=True):
    """One analysis of an experiment."""

    type: str = ""
    low: float = 0
    high: float = 0


class Experiment(Document, frozen=True):
    """One experiment of a stack."""

    type: str = ""
    analyses: tuple[StackAnalysis | str, ...] | None = None
    transformers: tuple[Kind | str, ...] | None = None


class Stack(Document, frozen=True):
    """A stack of experiments."""

    dataset: str | None = None
    experiments: dict[str, Experiment | None] | None = None

    @property
    def restarts(self) -> bool:
        """Whether any experiment starts a tracker again, for which every frame needs a box."""
        kinds = {experiment.type for experiment in (self.experiments or {}).values() if experiment}
        return not kinds or kinds != {"unsupervised"}


class Parameters(Document, frozen=True):
    """Of an experiment's analyses."""

    analyses: tuple[Kind, ...]


class Results(Document, frozen=True):
    """Of an experiment: by analysis, a list with an entry a tracker."""

    parameters: Parameters
    results: tuple[tuple[Any, ...], ...]


class Analysis(Document, frozen=True):
    """What `vot analysis` writes as JSON."""

    results: dict[str, Results]
    trackers: dict[str, dict[str, Any]]
    sequences: tuple[Any, ...] | dict[str, Any]


def read_config(workspace: Path) -> Config:
    """The settings of a workspace. Raises InputError."""
    return read_yaml(workspace / "config.yaml", Config)
