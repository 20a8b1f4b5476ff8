"""Workspaces of the VOT toolkit: config.yaml, a stack, trackers.ini and sequences; what its files say, as read here."""

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cfvgg_plugin.datasets.images import decode
from cfvgg_plugin.errors import InputError
from cfvgg_plugin.integration.vot.manifest import merge, sections
from cfvgg_plugin.integration.vot.sequences import VOTSequence, of_dataset, read_sequences
from cfvgg_plugin.system.documents import Document, read_yaml
from cfvgg_plugin.system.files import exists, read_text, real, replacing_folder, write_bytes, write_text


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


LONGTERM = ("longterm", *(f"vot{year}/longterm" for year in range(2018, 2023)))
"""Names of one stack: the toolkit's own of these years have the same rules."""
STACKS = ("vot2016", "vot2017", "vot2018", "local", *LONGTERM)


def create_workspace(
    workspace: Path,
    stack: str,
    root: Path,
    names: list[str] | None,
    trackers: list[str] | None,
    weights: str | None,
    dataset: str | None = None,
) -> list[VOTSequence]:
    """Write a new workspace, whole or not at all, and return its sequences.

    dataset: what `root` holds, of `cfvgg data list`; None: sequences in a VOT or OTB layout. Frames are linked where
    the system allows it, else copied; those of videos are written as PNG. Raises InputError for anything that the
    toolkit would stumble over, and if `workspace` exists and is not empty.
    """
    absent = stack in LONGTERM
    stack = "longterm" if absent else stack
    if workspace.exists() and (not workspace.is_dir() or any(workspace.iterdir())):
        raise InputError(
            f"{workspace}: is there already; name a new folder, or leave out --stack to add trackers to this workspace"
        )
    ours = sections(trackers, weights)
    found = read_sequences(root, names, absent) if dataset is None else of_dataset(dataset, root, names, absent)
    with replacing_folder(workspace) as temporary:
        config = f"registry:\n- ./trackers.ini\nsequences: sequences\nstack: {stack}.yaml\n"
        write_text(temporary / "config.yaml", config)
        write_text(temporary / f"{stack}.yaml", stack_text(stack, [len(s.frames) for s in found]))
        write_text(temporary / "trackers.ini", merge("", ours, workspace))
        for sequence in found:
            _write_sequence(temporary / "sequences" / sequence.name, sequence)
        write_text(temporary / "sequences/list.txt", "".join(f"{s.name}\n" for s in found))
        (temporary / "results").mkdir()
    return found


def add_trackers(workspace: Path, trackers: list[str] | None, weights: str | None) -> list[str]:
    """Put our sections in an existing workspace's trackers.ini and return their names."""
    check_workspace(workspace)
    ours = sections(trackers, weights)
    manifest = workspace / "trackers.ini"
    write_text(manifest, merge(read_text(manifest) if exists(manifest) else "", ours, manifest))
    return list(ours)


def check_workspace(workspace: Path) -> None:
    """Raise InputError unless this is a workspace of the toolkit."""
    if not (workspace / "config.yaml").is_file():
        what = "no config.yaml in it" if workspace.is_dir() else "no such folder"
        make = f"cfvgg vot init {workspace} --stack {'|'.join(STACKS)} --sequences DIR"
        raise InputError(f"workspace {workspace}: {what}; '{make}' makes one")


def stack_text(stack: str, lengths: Sequence[int]) -> str:
    """The stack file; the local one with EAO bounds for sequences of these lengths."""
    file = "longterm" if stack in LONGTERM else stack
    text = (Path(__file__).parent / "stacks" / f"{file}.yaml").read_text(encoding="utf-8")
    low, high = eao_bounds(lengths)
    return text.replace("low: LOW", f"low: {low}").replace("high: HIGH", f"high: {high}")


def eao_bounds(lengths: Sequence[int]) -> tuple[int, int]:
    """From and to how many frames EAO averages: 0.3 and 1 times the mean length, and inside the longest sequence.

    The published bounds have these ratios to the mean lengths of their sets: 108 and 371 to 358 (VOT-2016), 100 and
    356 to 356 (VOT-2017). The toolkit's EAO is NaN where no sequence is longer than `low`.
    """
    mean, last = float(np.mean(lengths)), max(lengths) - 1
    high = max(1, min(round(mean), last))
    return max(1, min(round(0.3 * mean), high)), high


def _write_sequence(folder: Path, sequence: VOTSequence) -> None:
    """NAME/color/%08d.jpg (or .png) from 1, ground truth, attributes, and the file `sequence` that says so."""
    (folder / "color").mkdir(parents=True)
    endings = {path.suffix.lower() if isinstance(path, Path) else "" for path in sequence.frames}
    linked = endings <= {".jpg", ".jpeg"} or endings == {".png"}
    ending = ".jpg" if linked and endings != {".png"} else ".png"
    if linked and sequence.read is None:
        for number, frame in enumerate(sequence.frames, 1):
            _link(Path(str(frame)), folder / "color" / f"{number:08d}{ending}")
    else:
        ending = ".png"
        _write_images(folder / "color", sequence)
    for extra in sequence.extras:
        shutil.copyfile(extra, folder / extra.name)
    write_text(folder / "groundtruth.txt", "\n".join(sequence.groundtruth) + "\n")
    settings = {
        "channels.color": f"color/%08d{ending}",
        "format": "default",
        "fps": sequence.rate,
        "name": sequence.name,
    }
    write_text(folder / "sequence", "".join(f"{key}={value}\n" for key, value in settings.items()))


def _link(source: Path, target: Path) -> None:
    try:
        target.symlink_to(real(source))
    except OSError:  # Windows grants it to few
        shutil.copyfile(source, target)


def _write_images(folder: Path, sequence: VOTSequence) -> None:
    images = decode(sequence.frames) if sequence.read is None else sequence.read()
    with closing(images):
        for number, (frame, image) in enumerate(zip(sequence.frames, images, strict=True), 1):
            if image is None:
                raise InputError(f"{frame}: cannot be read as an image")
            coded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
            write_bytes(folder / f"{number:08d}.png", coded.tobytes())
